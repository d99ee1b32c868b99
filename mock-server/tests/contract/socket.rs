//! What needs a connection: dropped and broken answers, files, stopping.

use std::path::PathBuf;
use std::time::Duration;

use evertoken_mock::{Do, MockServer, Options, Rule, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Far longer than anything here takes; what hangs fails instead of hanging the run.
const PATIENCE: Duration = Duration::from_secs(30);

async fn start() -> MockServer {
    MockServer::start(Options::default()).await.unwrap()
}

async fn connect(server: &MockServer) -> TcpStream {
    TcpStream::connect(server.url().strip_prefix("http://").unwrap())
        .await
        .unwrap()
}

/// Everything the server says until it closes the connection.
async fn ask(server: &MockServer, request: &str) -> String {
    let mut stream = connect(server).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

async fn get(server: &MockServer, path: &str) -> String {
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

/// A folder of this test run's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("evertoken-mock-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("site/sub")).unwrap();
        for (file, text) in [
            ("site/index.html", "<!doctype html>home"),
            ("site/sub/index.html", "<!doctype html>sub"),
            ("site/app.js", "export {}"),
            ("site/engine.wasm", "\0asm"),
            ("site/style.css", "a{}"),
            ("secret.txt", "secret"),
        ] {
            std::fs::write(folder.join(file), text).unwrap();
        }
        Self(folder)
    }

    async fn serve(&self) -> MockServer {
        MockServer::start(Options {
            static_dir: Some(self.0.join("site")),
            ..Options::default()
        })
        .await
        .unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn files_are_served_beside_the_endpoints_with_their_types() {
    let folder = Folder::new("types");
    let server = folder.serve().await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/index.html", "text/html"),
        ("/sub/", "text/html"),
        ("/app.js", "text/javascript"),
        ("/engine.wasm", "application/wasm"),
        ("/style.css", "text/css"),
        ("/t/run/app.js", "text/javascript"),
        ("/t/run/", "text/html"),
    ] {
        let answer = get(&server, path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(
            answer.contains(&format!("content-type: {kind}")),
            "{path}: {answer}"
        );
        assert!(
            answer.contains("cache-control: no-cache"),
            "{path}: {answer}"
        );
    }
    assert!(
        get(&server, "/t/run/sub")
            .await
            .contains("location: /t/run/sub/")
    );
    assert!(get(&server, "/auth/me").await.contains("missing_token"));
    assert!(
        get(&server, "/nowhere.js")
            .await
            .contains("\"error\":\"not_found\"")
    );
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let folder = Folder::new("outside");
    let server = folder.serve().await;
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/sub/../../secret.txt",
        "/sub/%2e%2e/%2e%2e/secret.txt",
        "/..\\secret.txt",
        "/%5c..%5c..%5csecret.txt",
        "//secret.txt",
        "/t/run/../../../secret.txt",
        "/%00",
    ] {
        let answer = get(&server, path).await;
        assert!(
            !answer.starts_with("HTTP/1.1 200") && !answer.ends_with("secret"),
            "{path}: {answer}"
        );
    }
    let post = ask(
        &server,
        "POST /app.js HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    assert!(post.await.starts_with("HTTP/1.1 405"));
}

#[tokio::test]
async fn a_folder_that_is_none_says_so() {
    let options = Options {
        static_dir: Some("no/such/folder".into()),
        ..Options::default()
    };
    let error = MockServer::start(options).await.unwrap_err();
    assert!(error.to_string().contains("--static"), "{error}");
}
