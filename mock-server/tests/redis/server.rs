//! A real `redis-server`, started for one test and ended with it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use redis::FromRedisValue;
use tempfile::TempDir;

/// How many ports are tried: between finding a free one and listening on it, somebody else may take it.
const PORTS: usize = 20;

pub struct Redis {
    folder: TempDir,
    port: u16,
    durable: bool,
    in_a_cluster: bool,
    child: Option<Child>,
}

impl Redis {
    /// One that keeps nothing on disk.
    pub fn start() -> Self {
        Self::on_a_free_port(false, false)
    }

    /// One that has on disk whatever it said it wrote.
    pub fn durable() -> Self {
        Self::on_a_free_port(true, false)
    }

    /// One that thinks it is part of a cluster.
    pub fn in_a_cluster() -> Self {
        Self::on_a_free_port(false, true)
    }

    fn on_a_free_port(durable: bool, in_a_cluster: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut redis = Self {
            folder,
            port: 0,
            durable,
            in_a_cluster,
            child: None,
        };
        for _ in 0..PORTS {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            redis.port = free.local_addr().unwrap().port();
            drop(free);
            if redis.listens() {
                return redis;
            }
        }
        panic!("redis-server found no free port in {PORTS} tries");
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Brings it back, with its data.
    pub fn bring_back(&mut self) {
        assert!(self.listens(), "port {} was taken", self.port);
    }

    /// Asks it something, past the mock server.
    pub fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_connection().unwrap();
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(word);
        }
        command.query(&mut connection).unwrap()
    }

    /// Starts it, and waits until it takes connections or ends because it cannot.
    fn listens(&mut self) -> bool {
        let said = |yes| if yes { "yes" } else { "no" };
        let mut child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args([
                "--save",
                "",
                "--appendonly",
                said(self.durable),
                "--appendfsync",
                "always",
                "--cluster-enabled",
                said(self.in_a_cluster),
            ])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is needed: install it (on Debian: `apt install redis-server`)");
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        let ready = lines.any(|line| line.contains("Ready to accept connections"));
        if ready {
            self.child = Some(child);
        } else {
            child.wait().unwrap();
        }
        ready
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
