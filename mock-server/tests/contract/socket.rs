//! What needs a connection: dropped and broken answers, stopping.

use std::time::Duration;

use evertoken_mock::{Do, MockServer, Options, Rule, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::files::Folder;

/// Far longer than anything here takes; what hangs fails instead of hanging the run.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn start() -> MockServer {
    MockServer::start(Options::default()).await.unwrap()
}

async fn connect(server: &MockServer) -> TcpStream {
    TcpStream::connect(server.url().strip_prefix("http://").unwrap())
        .await
        .unwrap()
}

/// Everything the server says until it closes the connection.
pub async fn ask(server: &MockServer, request: &str) -> String {
    let mut stream = connect(server).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

pub async fn get(server: &MockServer, path: &str) -> String {
    ask(
        server,
        &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    )
    .await
}

/// What still comes; a connection that breaks counts as closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    drop(read.expect("the connection is closed in the end"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Lets the server's tasks run until this holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect(what);
}

#[tokio::test]
async fn a_started_server_answers_at_its_url_until_it_is_dropped() {
    let server = start().await;
    assert!(
        get(&server, "/health")
            .await
            .ends_with("{\"status\":\"ok\"}")
    );
    let mut idle = connect(&server).await;
    let address = idle.peer_addr().unwrap();
    drop(server);
    assert_eq!(rest(&mut idle).await, "");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_dropped_servers_port_is_free_at_once() {
    let server = start().await;
    let idle = connect(&server).await;
    let port = idle.peer_addr().unwrap().port();
    drop(server);
    let options = Options {
        port,
        ..Options::default()
    };
    let next = MockServer::start(options).await.unwrap();
    assert!(get(&next, "/health").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_reset_drops_the_connection_without_a_byte() {
    let server = start().await;
    server.faults().set([Rule::new("/health", Do::Reset)]);
    assert_eq!(get(&server, "/health").await, "");
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_brings() {
    let server = start().await;
    server
        .faults()
        .set([Rule::new("/health", Do::Truncate).after()]);
    let answer = get(&server, "/health").await;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .expect("the head and the first half went out");
    assert!(head.contains("content-length: 15"), "{head}");
    assert_eq!(body, "{\"statu");
}

#[tokio::test]
async fn a_truncated_answer_promises_what_it_always_did_without_a_body_and_with_a_huge_one() {
    let folder = Folder::new("huge");
    let huge = std::fs::File::create(folder.0.join("site/huge.bin")).unwrap();
    huge.set_len(17 * 1024 * 1024).unwrap();
    let server = folder.serve().await;
    let cut = |path| Rule::new(path, Do::Truncate).after();
    server.faults().set([cut("/health"), cut("/huge.bin")]);
    let head = "HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = ask(&server, head).await;
    assert!(answer.contains("content-length: 15\r\n"), "{answer}");
    let answer = get(&server, "/huge.bin").await;
    assert!(answer.contains("content-length: 17825792\r\n"), "{answer}");
    assert!(answer.len() < 1_000, "{}", answer.len());
}

#[tokio::test]
async fn a_hang_ends_when_the_client_goes_away() {
    let server = start().await;
    server.faults().set([Rule::new("/health", Do::Hang)]);
    let mut stream = connect(&server).await;
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    until("the request arrives", || {
        !server.root().requests().is_empty()
    })
    .await;
    assert_eq!(server.connections(), 1);
    drop(stream);
    until("the request is let go", || server.connections() == 0).await;
}

#[tokio::test]
async fn a_hang_ends_when_the_server_stops_and_a_request_in_flight_is_answered_first() {
    let server = start().await;
    server.faults().set([
        Rule::new("/health", Do::Hang),
        Rule::new("/auth/me", Do::Delay(50)),
    ]);
    let (mut hanging, mut slow) = (connect(&server).await, connect(&server).await);
    hanging
        .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    slow.write_all(b"GET /auth/me HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    until("both arrive", || server.root().requests().len() == 2).await;
    tokio::time::timeout(PATIENCE, server.stop())
        .await
        .expect("it stops");
    assert_eq!(rest(&mut hanging).await, "");
    assert!(rest(&mut slow).await.starts_with("HTTP/1.1 401"));
}

#[tokio::test(start_paused = true)]
async fn draining_ends_after_five_seconds_whatever_is_stuck() {
    let server = start().await;
    server
        .faults()
        .set([Rule::new("/health", Do::Delay(3_600_000))]);
    let mut stream = connect(&server).await;
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    until("the request arrives", || {
        !server.root().requests().is_empty()
    })
    .await;
    let began = tokio::time::Instant::now();
    server.stop().await;
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn a_port_in_use_says_what_to_change() {
    let server = start().await;
    let port = server.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let error = MockServer::start(Options {
        port,
        ..Options::default()
    })
    .await
    .unwrap_err();
    assert!(matches!(error, StartError::Bind { .. }));
    assert!(error.to_string().contains("--port"), "{error}");
}

#[tokio::test]
async fn on_an_address_others_can_reach_the_controls_must_be_meant() {
    let open = || Options {
        host: "0.0.0.0".to_owned(),
        ..Options::default()
    };
    let error = MockServer::start(open()).await.unwrap_err();
    assert!(error.to_string().contains("--no-control"), "{error}");
    for options in [
        Options {
            control: false,
            ..open()
        },
        Options {
            control_anywhere: true,
            ..open()
        },
    ] {
        let server = MockServer::start(options).await.unwrap();
        assert!(
            server.url().starts_with("http://127.0.0.1:"),
            "{}",
            server.url()
        );
    }
}
