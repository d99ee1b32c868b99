//! How many refreshes a second this server answers, how quickly it starts, and how much memory it takes; and the
//! same of the npm packages that people use in its place (`peers/`). `cargo xtask bench server` runs this with the
//! path of the server, once it is built and the packages are installed.
//!
//! All of them are started alike, each says in its first line where it is, and all get the same load from the same
//! client: [`CLIENTS`] connections that are kept open, each of which renews a session of its own, one refresh after
//! the other, until [`REFRESHES`] are done together. What differs is said where a server is started, and by
//! `peers/*.mjs`. One JSON array leaves on stdout.

#![allow(clippy::print_stdout, reason = "the figures are its output")]

mod client;

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use client::Client;

/// As many as keep every core of a small server busy; with more, only the time in the queue grows.
const CLIENTS: usize = 32;

/// After so many a leak of a hundred bytes each is ten megabytes. A second argument asks for fewer.
const REFRESHES: usize = 100_000;

/// Before the clock runs: until caches are warm and just-in-time compilers are done.
const WARM_UP: usize = 3_000;

/// How often each is started; the median counts.
const STARTS: usize = 9;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Something that renews sessions.
struct Server {
    name: &'static str,
    /// The algorithm of its access tokens.
    alg: &'static str,
    program: PathBuf,
    args: Vec<String>,
    /// Its token endpoint (RFC 6749 §3.2).
    token: &'static str,
}

#[derive(Serialize)]
struct Figures {
    name: &'static str,
    alg: &'static str,
    per_second: f64,
    /// Of the server's processor time a refresh, in microseconds; where the system does not say, nothing.
    cpu_us: Option<f64>,
    p50_ms: f64,
    p99_ms: f64,
    start_ms: f64,
    idle_bytes: u64,
    after_bytes: u64,
}

fn servers(ours: &Path) -> Vec<Server> {
    // As it ships, with its log, which goes nowhere here; but for the limit, which is what it would measure.
    let own = |alg| Server {
        name: "evertoken-mock",
        alg,
        program: ours.to_owned(),
        args: ["--port", "0", "--refresh-rate", "off", "--alg", alg]
            .map(str::to_owned)
            .into(),
        token: "/auth/token",
    };
    let peer = |name, alg: &'static str| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("peers")
            .join(name)
            .with_extension("mjs");
        Server {
            name,
            alg,
            program: "node".into(),
            args: vec![script.display().to_string(), alg.to_owned()],
            token: "/token",
        }
    };
    vec![
        own("HS256"),
        own("ES256"),
        peer("oidc-provider", "HS256"),
        peer("oidc-provider", "ES256"),
        // It knows no HS256.
        peer("oauth2-mock-server", "ES256"),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1);
    let ours = PathBuf::from(args.next().ok_or("Which server?")?);
    let refreshes = match args.next() {
        Some(number) => number.to_str().ok_or("How many?")?.parse()?,
        None => REFRESHES,
    };
    let mut figures = Vec::new();
    for server in servers(&ours) {
        eprintln!("{} with {}", server.name, server.alg);
        figures.push(server.measure(refreshes).await?);
    }
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

impl Server {
    async fn measure(&self, refreshes: usize) -> Result<Figures> {
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            let began = Instant::now();
            let _running = self.start()?;
            starts.push(began.elapsed());
        }
        starts.sort_unstable();

        let running = self.start()?;
        let idle_bytes = running.memory()?;
        let clients = Client::all(&running.address, self.token).await?;
        let (clients, _) = renew(clients, WARM_UP.min(refreshes)).await?;
        let before = running.processor_time();
        let began = Instant::now();
        let (_, mut times) = renew(clients, refreshes).await?;
        let took = began.elapsed();
        let after = running.processor_time();
        times.sort_unstable();
        let spent = after.zip(before).map(|(after, before)| after - before);
        Ok(Figures {
            name: self.name,
            alg: self.alg,
            per_second: times.len() as f64 / took.as_secs_f64(),
            cpu_us: spent.map(|spent| spent.as_secs_f64() * 1e6 / times.len() as f64),
            p50_ms: milliseconds(&times, 50),
            p99_ms: milliseconds(&times, 99),
            start_ms: milliseconds(&starts, 50),
            idle_bytes,
            after_bytes: running.memory()?,
        })
    }

    /// Starts it and waits until it says where it is.
    fn start(&self) -> Result<Running> {
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .env("NODE_ENV", "production")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("it has no stdout")?;
        // From here on it ends with this.
        let mut running = Running {
            child,
            stdout: BufReader::new(stdout),
            address: String::new(),
        };
        let mut line = String::new();
        running.stdout.read_line(&mut line)?;
        let ready: Ready = serde_json::from_str(&line)
            .map_err(|_| format!("{} did not start: \"{}\"", self.name, line.trim()))?;
        let address = ready.url.strip_prefix("http://").ok_or("it is no URL")?;
        address.clone_into(&mut running.address);
        Ok(running)
    }
}

/// The first line.
#[derive(Deserialize)]
struct Ready {
    url: String,
}

struct Running {
    child: Child,
    /// Held open: what it still says must not fail.
    stdout: BufReader<ChildStdout>,
    address: String,
}

impl Running {
    /// What it occupies, in bytes (resident set size).
    fn memory(&self) -> Result<u64> {
        let pid = self.child.id().to_string();
        let output = Command::new("ps")
            .args(["-o", "rss=", "-p", &pid])
            .output()?;
        let kib: u64 = String::from_utf8(output.stdout)?.trim().parse()?;
        Ok(kib * 1024)
    }

    /// What it has spent so far, by itself and in the kernel: Linux says it, in hundredths of a second (proc(5),
    /// fields 14 and 15).
    fn processor_time(&self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The second field is a name in parentheses, with whatever in it; what follows begins with the third.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut next = || fields.next()?.parse::<u64>().ok();
        Some(Duration::from_millis((next()? + next()?) * 10))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// So many refreshes in all, and how long each took.
async fn renew(clients: Vec<Client>, refreshes: usize) -> Result<(Vec<Client>, Vec<Duration>)> {
    let each = refreshes / clients.len();
    let mut tasks = JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move {
            let mut times = Vec::with_capacity(each);
            for _ in 0..each {
                let began = Instant::now();
                client.refresh().await?;
                times.push(began.elapsed());
            }
            Result::Ok((client, times))
        });
    }
    let (mut clients, mut all) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (client, times) = done??;
        clients.push(client);
        all.extend(times);
    }
    Ok((clients, all))
}

/// The percentile of times that are sorted.
fn milliseconds(times: &[Duration], percentile: usize) -> f64 {
    let at = times.len() * percentile / 100;
    let time = times.get(at).copied().unwrap_or_default();
    time.as_secs_f64() * 1_000.0
}
