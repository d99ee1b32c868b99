//! The command, running: a process of its own on a port of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// The command, whatever the environment of the tests says.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evertoken-mock"));
    for (name, _) in std::env::vars() {
        if name.starts_with("EVERTOKEN_MOCK_") || name.starts_with("JWT_") {
            command.env_remove(name);
        }
    }
    command
}

/// One that is ready.
pub struct Running {
    child: Child,
    /// Reads what it logs, from the beginning.
    log: Option<JoinHandle<String>>,
    pub ready: serde_json::Value,
}

impl Running {
    pub fn start(args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut server = Self::unread(args, env);
        server.read();
        server
    }

    /// One whose log nobody reads.
    pub fn unread(args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = command()
            .args(["--port", "0"])
            .args(args)
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::with_capacity(1, stdout)
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            log: None,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    /// Its log from the beginning, from now on.
    pub fn read(&mut self) {
        let stderr = self.child.stderr.take().unwrap();
        self.log = Some(thread::spawn(move || {
            std::io::read_to_string(stderr).unwrap()
        }));
    }

    pub fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    pub fn ask(&self, request: &str) -> String {
        use std::io::Write;
        let mut stream =
            std::net::TcpStream::connect(self.url().strip_prefix("http://").unwrap()).unwrap();
        // A server that stands still fails the test, and does not keep it.
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub fn login(&self) -> String {
        let body = r#"{"email":"user@example.com","password":"password"}"#;
        self.ask(&format!(
            "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
    }

    /// Its exit code, what it still wrote to stdout, and what was read of its log.
    pub fn stop(mut self, signal: &str) -> (Option<i32>, String, String) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        let out = std::io::read_to_string(self.child.stdout.take().unwrap()).unwrap();
        let log = self.log.take();
        let err = log.map_or_else(String::new, |log| log.join().unwrap());
        (self.child.wait().unwrap().code(), out, err)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
