//! The real command, and as much of HTTP as it takes to talk to it: requests may be sent one after the
//! other before any is answered.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One process of several on a Redis.
pub struct Process {
    child: Child,
    url: String,
}

impl Process {
    pub fn start(redis: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evertoken-mock"));
        for (name, _) in std::env::vars() {
            if name.starts_with("EVERTOKEN_MOCK_") || name.starts_with("JWT_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(["--port", "0", "--refresh-rate", "off", "--log", "text"])
            .args(["--issuer", "https://auth.example.com"])
            .env("EVERTOKEN_MOCK_STORE", redis)
            .env("JWT_ACCESS_SECRET", "a secret for access tokens, and long")
            .env(
                "JWT_REFRESH_SECRET",
                "a secret for refresh tokens, and long",
            )
            .stdout(Stdio::piped())
            // A line a request: nobody reads them here.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.as_mut().unwrap());
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("it is ready");
        let url = ready["url"].as_str().unwrap().to_owned();
        Self { child, url }
    }

    pub async fn connect(&self) -> Wire {
        let address = self.url.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Wire {
            stream,
            unread: Vec::new(),
        }
    }

    pub async fn ask(&self, request: &str) -> Reply {
        self.connect().await.ask(request).await
    }

    pub async fn counters(&self) -> Value {
        self.ask(&get("/__mock/counters")).await.json()
    }

    /// Signs in as this user.
    pub async fn login(&self, email: &str) -> Reply {
        let reply = self.ask(&login(email)).await;
        assert_eq!(reply.status, 200);
        reply
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A connection that is kept, and what came on it that is not read yet.
pub struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Wire {
    pub async fn ask(&mut self, request: &str) -> Reply {
        self.send(request).await;
        self.reply().await
    }

    pub async fn send(&mut self, requests: &str) {
        self.stream.write_all(requests.as_bytes()).await.unwrap();
    }

    pub async fn reply(&mut self) -> Reply {
        loop {
            if let Some((reply, length)) = Reply::read(&self.unread) {
                self.unread.drain(..length);
                return reply;
            }
            let read = self.stream.read_buf(&mut self.unread).await.unwrap();
            assert!(read > 0, "the connection ended before its answer did");
        }
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    /// The first of these bytes, and how many of them it is. `None`: it is not all there yet.
    fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let text = String::from_utf8_lossy(bytes);
        let (head, _) = text.split_once("\r\n\r\n")?;
        let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
        let begin = head.len() + 4;
        let body = bytes.get(begin..begin + length)?.to_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let reply = Self {
            status,
            head: head.to_owned(),
            body,
        };
        Some((reply, begin + length))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The refresh token it sets.
    pub fn cookie(&self) -> String {
        let cookie = self.header("set-cookie").expect("it sets a cookie");
        let (_, rest) = cookie.split_once('=').unwrap();
        rest.split(';').next().unwrap().to_owned()
    }

    pub fn key(&self) -> String {
        self.json()["refreshKey"].as_str().unwrap().to_owned()
    }

    /// Whether it says that the store is down, as it is to be said.
    pub fn is_unavailable(&self) -> bool {
        let wait = self.header("retry-after").map(|wait| wait.parse::<u64>());
        self.status == 503
            && self.json()["error"] == "temporarily_unavailable"
            && matches!(wait, Some(Ok(1..)))
            && self.header("set-cookie").is_none()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

pub fn send(method: &str, path: &str, cookie: Option<&str>, body: &Value) -> String {
    let cookie = cookie.map_or_else(String::new, |cookie| {
        format!("Cookie: refresh_token={cookie}\r\n")
    });
    let body = body.to_string();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{cookie}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub fn login(email: &str) -> String {
    send(
        "POST",
        "/auth/login",
        None,
        &json!({ "email": email, "password": "password" }),
    )
}

pub fn refresh(cookie: &str, key: Option<&str>) -> String {
    let key = key.map_or_else(String::new, |key| format!("Idempotency-Key: {key}\r\n"));
    format!(
        "POST /auth/refresh HTTP/1.1\r\nHost: localhost\r\nCookie: refresh_token={cookie}\r\n{key}Content-Length: 0\r\n\r\n"
    )
}

/// So many users of this name: `name-0@example.com` and so on.
pub fn users(name: &str, count: usize) -> Value {
    (0..count)
        .map(|n| {
            let id = format!("{name}-{n}");
            json!({ "id": id, "email": format!("{id}@example.com"), "password": "password" })
        })
        .collect()
}

/// Tells every process of these users.
pub async fn introduce(processes: &[Process], name: &str, count: usize) {
    for process in processes {
        let request = send("PUT", "/__mock/users", None, &users(name, count));
        assert_eq!(process.ask(&request).await.status, 200);
    }
}
