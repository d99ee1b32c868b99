//! Files at `/`: what is served, and what is not.

use std::path::PathBuf;

use evertoken_mock::{MockServer, Options};

use crate::socket::{ask, get};

/// A folder of this test run's own.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
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

    pub async fn serve(&self) -> MockServer {
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
            answer.contains("cache-control: no-cache")
                && answer.contains("x-content-type-options: nosniff"),
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

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_followed_inside_of_the_folder_and_not_out_of_it() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("links");
    let site = folder.0.join("site");
    for (to, link) in [
        ("app.js", "inside.js"),
        ("../site/sub", "within"),
        ("../secret.txt", "out.txt"),
        ("..", "above"),
        ("../site-2", "beside"),
        ("nowhere", "dangling"),
    ] {
        symlink(to, site.join(link)).unwrap();
    }
    std::fs::create_dir(folder.0.join("site-2")).unwrap();
    std::fs::write(folder.0.join("site-2/index.html"), "secret").unwrap();
    // What is served may be such a link itself.
    symlink("site", folder.0.join("newest")).unwrap();
    let server = MockServer::start(Options {
        static_dir: Some(folder.0.join("newest")),
        ..Options::default()
    })
    .await
    .unwrap();
    for path in ["/inside.js", "/within/", "/within/index.html"] {
        let answer = get(&server, path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    for path in [
        "/out.txt",
        "/above/secret.txt",
        "/above",
        "/above/site/app.js/../../secret.txt",
        "/beside/",
        "/beside/index.html",
        "/dangling",
    ] {
        let answer = get(&server, path).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_no_file() {
    let folder = Folder::new("pipe");
    let pipe = folder.0.join("site/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    // Somebody is at its other end, so that whoever opens it fails this test and does not keep it.
    let mut end = std::fs::OpenOptions::new();
    let _end = end.read(true).write(true).open(&pipe).unwrap();
    let server = folder.serve().await;
    let answer = get(&server, "/pipe").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[tokio::test]
async fn a_name_that_no_file_can_have_is_not_found() {
    let folder = Folder::new("names");
    let server = folder.serve().await;
    let long = format!("/{}", "a".repeat(300));
    for path in [&long, "/%00", "/app.js%00", "/app.js/x", "/%ff"] {
        let answer = get(&server, path).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(
            answer.contains("\"error\":\"not_found\""),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn the_way_to_a_folder_never_leads_to_another_host() {
    let folder = Folder::new("slashes");
    let server = folder.serve().await;
    for (path, location) in [
        ("//sub", "/sub/"),
        ("///sub", "/sub/"),
        ("/t/run//sub", "/t/run"),
    ] {
        let answer = get(&server, path).await;
        let (_, to) = answer.split_once("location: ").unwrap_or_default();
        assert!(
            to.is_empty() || to.starts_with(location) && !to.starts_with("//"),
            "{path}: {answer}"
        );
    }
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
