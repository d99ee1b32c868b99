//! The command: what it says, where, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evertoken-mock"));
    for (name, _) in std::env::vars() {
        if name.starts_with("EVERTOKEN_MOCK_") || name.starts_with("JWT_") {
            command.env_remove(name);
        }
    }
    command
}

fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    command()
        .args(args)
        .envs(env.iter().copied())
        .output()
        .unwrap()
}

struct Running {
    child: Child,
    ready: serde_json::Value,
}

impl Running {
    fn start(args: &[&str], env: &[(&str, &str)]) -> Self {
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
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    fn ask(&self, request: &str) -> String {
        use std::io::Write;
        let mut stream =
            std::net::TcpStream::connect(self.url().strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn login(&self) -> String {
        let body = r#"{"email":"user@example.com","password":"password"}"#;
        self.ask(&format!(
            "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
    }

    fn stop(mut self, signal: &str) -> (Option<i32>, String, String) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        let (mut out, mut err) = (String::new(), String::new());
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        (self.child.wait().unwrap().code(), out, err)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn it_says_that_it_is_ready_in_its_only_line_and_ends_with_0_at_either_signal() {
    for signal in ["-INT", "-TERM"] {
        let server = Running::start(&[], &[]);
        assert_eq!(server.ready["event"], "ready");
        assert!(server.url().starts_with("http://127.0.0.1:"));
        let (code, rest, _) = server.stop(signal);
        assert_eq!((code, rest.as_str()), (Some(0), ""), "{signal}");
    }
}

#[test]
fn it_logs_a_line_a_request_on_stderr_without_a_secret() {
    for (format, expected) in [
        ("text", "path=\"/auth/login\""),
        ("json", "\"path\":\"/auth/login\""),
    ] {
        let secret = "a secret for tests, of 32 bytes or more";
        let server = Running::start(&["--log", format], &[("JWT_ACCESS_SECRET", secret)]);
        let answer = server.login();
        let token = answer
            .split("\"accessToken\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let (_, _, log) = server.stop("-TERM");
        assert!(log.contains(expected), "{log}");
        for hidden in [token.as_str(), secret, "eyJ", "password"] {
            assert!(!log.contains(hidden), "{hidden}: {log}");
        }
    }
}

#[test]
fn flags_beat_the_environment_and_its_own_names_beat_the_backends() {
    let both = [
        ("EVERTOKEN_MOCK_ACCESS_TTL", "2m"),
        ("JWT_ACCESS_EXPIRES", "3m"),
    ];
    for (args, env, seconds) in [
        (&["--access-ttl", "1m"][..], &both[..], 60),
        (&[][..], &both[..], 120),
        (&[][..], &both[1..], 180),
        (&[][..], &[][..], 900),
    ] {
        let answer = Running::start(args, env).login();
        assert!(
            answer.contains(&format!("\"expiresIn\":{seconds},")),
            "{answer}"
        );
    }
    let answer = Running::start(
        &[],
        &[
            ("JWT_REFRESH_EXPIRES", "1h"),
            ("EVERTOKEN_MOCK_COOKIE_SECURE", "yes"),
        ],
    )
    .login();
    assert!(
        answer.contains("; Secure;") && answer.contains("Max-Age=3600"),
        "{answer}"
    );
}

#[test]
fn what_must_be_changed_is_one_sentence_and_exit_code_2() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (args, env, expected) in [
        (&["--port", port.as_str()][..], &[][..], "--port"),
        (&["--colour"], &[], "--colour"),
        (&["serve"], &[], "serve"),
        (&["--access-ttl", "15 minutes"], &[], "--access-ttl"),
        (&["--grace", "-1s"], &[], "--grace"),
        (&["--port", "70000"], &[], "--port"),
        (&["--host"], &[], "--host"),
        (&["--host", "0.0.0.0"], &[], "--no-control"),
        (&["--host", "no such host"], &[], "--host"),
        (&["--static", "/no/such/folder"], &[], "--static"),
        (&["--allow-origin", "example.com"], &[], "scheme://host"),
        (&["--cookie-samesite", "loose"], &[], "--cookie-samesite"),
        (&["--reuse-revokes", "all"], &[], "--reuse-revokes"),
        (&[], &[("JWT_ACCESS_EXPIRES", "soon")], "JWT_ACCESS_EXPIRES"),
        (
            &[],
            &[("JWT_REFRESH_SECRET", "short")],
            "JWT_REFRESH_SECRET",
        ),
        (&[], &[("EVERTOKEN_MOCK_PORT", "http")], "--port"),
        (
            &[],
            &[("EVERTOKEN_MOCK_NO_CONTROL", "maybe")],
            "--no-control",
        ),
    ] {
        let output = run(args, env);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.len()),
            (Some(2), 0),
            "{args:?} {env:?} {text}"
        );
        assert!(
            text.contains(expected) && text.trim_end().lines().count() == 1,
            "{args:?} {env:?} {text}"
        );
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    let help = run(&["--help"], &[]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert_eq!((help.status.code(), help.stderr.len()), (Some(0), 0));
    for flag in [
        "--access-ttl",
        "EVERTOKEN_MOCK_GRACE",
        "--static",
        "JWT_ACCESS_SECRET",
        "user@example.com",
    ] {
        assert!(text.contains(flag), "{flag}: {text}");
    }
    let version = run(&["--version"], &[]);
    assert_eq!(
        version.stdout,
        format!("evertoken-mock {}\n", env!("CARGO_PKG_VERSION")).into_bytes()
    );
}
