//! Connections that do nothing, or hardly anything: each of them ends.

use std::time::Duration;

use evertoken_mock::{Do, MockServer, Options, Rule};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn start() -> MockServer {
    MockServer::start(Options::default()).await.unwrap()
}

async fn send(server: &MockServer, text: &str) -> TcpStream {
    let address = server.url();
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Everything that comes until the server closes the connection, and how long that took. Time stands
/// still and jumps to whatever is waited for next.
async fn until_closed(mut stream: TcpStream) -> (String, Duration) {
    let began = tokio::time::Instant::now();
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    drop(
        tokio::time::timeout(Duration::from_secs(120), read)
            .await
            .expect("it is closed"),
    );
    (
        String::from_utf8_lossy(&bytes).into_owned(),
        began.elapsed(),
    )
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_or_half_a_head_is_let_go_after_thirty_seconds() {
    let server = start().await;
    for begun in ["", "GET /hea", "GET /health HTTP/1.1\r\nHost: loc"] {
        let (_, took) = until_closed(send(&server, begun).await).await;
        assert!(took <= Duration::from_secs(31), "{begun:?} {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_sends_half_a_body_is_told_so_and_let_go() {
    let server = start().await;
    for (path, kind) in [
        ("/auth/login", "application/json"),
        ("/auth/token", "application/x-www-form-urlencoded"),
        ("/gateway/api/x", "text/plain"),
        ("/__mock/clock", "application/json"),
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 10\r\n\r\n{{"
        );
        let (answer, took) = until_closed(send(&server, &request).await).await;
        assert!(
            answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"),
            "{path} {answer}"
        );
        assert!(took <= Duration::from_secs(61), "{took:?}");
    }
    assert_eq!(server.root().clock().offset(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_kept_and_not_used_is_closed() {
    let server = start().await;
    let stream = send(&server, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let (answer, took) = until_closed(stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && took <= Duration::from_secs(61),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_nothing_of_a_large_answer_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("large.bin")).unwrap();
    file.set_len(64 * 1024 * 1024).unwrap();
    let server = MockServer::start(Options {
        static_dir: Some(folder.path().to_owned()),
        ..Options::default()
    })
    .await
    .unwrap();
    let request = "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = send(&server, request).await;
    let mut begun = [0; 12];
    stream.read_exact(&mut begun).await.unwrap();
    assert_eq!((&begun, server.connections()), (b"HTTP/1.1 200", 1));

    let began = tokio::time::Instant::now();
    while server.connections() > 0 {
        // No time passes: the clock stands still, and jumps when nobody has anything to do but wait.
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(began.elapsed() <= Duration::from_secs(61));
    }
    assert!(
        began.elapsed() >= Duration::from_secs(29),
        "{:?}",
        began.elapsed()
    );
}

/// Sends all of a large body before it looks at the answer, as many clients do.
async fn send_first(server: &MockServer, head: &str, next: &str) -> String {
    const LENGTH: usize = 20 * 1024 * 1024;
    let head = format!("{head}\r\nHost: localhost\r\nContent-Length: {LENGTH}\r\n\r\n");
    let mut stream = send(server, &head).await;
    let sent = stream.write_all(&vec![b'x'; LENGTH]).await;
    assert!(sent.is_ok(), "{head}: {sent:?}");
    stream.write_all(next.as_bytes()).await.unwrap();
    until_closed(stream).await.0
}

#[tokio::test]
async fn whoever_sends_too_much_is_not_cut_off_but_told() {
    let server = start().await;
    server.faults().set([Rule::new("/auth/token", Do::Garbage)]);
    for (head, status) in [
        ("POST /auth/login HTTP/1.1", 413),
        ("PUT /auth/login HTTP/1.1", 405),
        ("POST /nowhere HTTP/1.1", 404),
        ("POST /auth/token HTTP/1.1", 200),
    ] {
        let next = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let answers = send_first(&server, head, next).await;
        assert!(
            answers.starts_with(&format!("HTTP/1.1 {status}")),
            "{head}: {answers}"
        );
        assert!(
            answers.ends_with("{\"status\":\"ok\"}"),
            "{head}: {answers}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_before_sending_too_much_is_told_not_to() {
    let server = start().await;
    let head = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\nExpect: 100-continue\r\n\r\n";
    let (answer, took) = until_closed(send(&server, head).await).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(!answer.contains("100 Continue") && took < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_on_sending_slowly_after_the_answer_is_let_go() {
    let server = start().await;
    let head = "PUT /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx";
    let (answer, took) = until_closed(send(&server, head).await).await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert!(took <= Duration::from_secs(6), "{took:?}");
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_server_lives() {
    let server = start().await;
    for garbage in [
        "\0\0\0\0\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n".to_owned(),
        "POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"
            .to_owned(),
        "POST /auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            .to_owned(),
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
            "x".repeat(1_000_000)
        ),
        format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(1_000)),
        format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(100_000)),
    ] {
        let stream = {
            let address = server.url();
            let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap())
                .await
                .unwrap();
            // The server may hang up in the middle of it.
            drop(stream.write_all(garbage.as_bytes()).await);
            drop(stream.shutdown().await);
            stream
        };
        let (answer, _) = until_closed(stream).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
    }
    let stream = send(
        &server,
        "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(until_closed(stream).await.0.starts_with("HTTP/1.1 200"));
}
