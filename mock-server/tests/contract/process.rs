//! The command: what it says, where, and how it ends.

use std::process::Output;

use crate::running::{Running, command};

fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    command()
        .args(args)
        .envs(env.iter().copied())
        .output()
        .unwrap()
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
        (&["--host", "0.0.0.0", "--port", "0"], &[], "--no-control"),
        (&["--host", "no such host"], &[], "--host"),
        (&["--static", "/no/such/folder"], &[], "--static"),
        (&["--allow-origin", "example.com"], &[], "scheme://host"),
        (
            &[],
            &[("EVERTOKEN_MOCK_ALLOW_ORIGIN", " ")],
            "scheme://host",
        ),
        (&["--cookie-samesite", "loose"], &[], "--cookie-samesite"),
        (&["--reuse-revokes", "all"], &[], "--reuse-revokes"),
        (&[], &[("JWT_ACCESS_EXPIRES", "soon")], "JWT_ACCESS_EXPIRES"),
        (
            &[],
            &[("JWT_REFRESH_SECRET", "short")],
            "JWT_REFRESH_SECRET",
        ),
        (&[], &[("EVERTOKEN_MOCK_PORT", "http")], "--port"),
        (&["--alg", "none"], &[], "--alg"),
        (&["--es256-key", "/no/such/file"], &[], "--es256-key"),
        (
            &["--es256-key", "Cargo.toml", "--alg", "ES256"],
            &[],
            "openssl",
        ),
        (&["--es256-key", "Cargo.toml"], &[], "--alg ES256"),
        (&["--store", "disk"], &[], "--store memory"),
        (&["--refresh-rate", "600"], &[], "600/min"),
        (&["--refresh-rate", "-1/s"], &[], "--refresh-rate"),
        (&["--issuer", "me"], &[], "--issuer"),
        (
            &[],
            &[("EVERTOKEN_MOCK_REFRESH_RATE", "")],
            "--refresh-rate",
        ),
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
#[cfg(unix)]
fn a_secret_that_is_no_text_is_not_taken_for_none() {
    use std::os::unix::ffi::OsStrExt;
    for name in [
        "JWT_ACCESS_SECRET",
        "JWT_REFRESH_SECRET",
        "JWT_ACCESS_EXPIRES",
    ] {
        // Without the last argument a server that forgives it would run on.
        let output = command()
            .env(name, std::ffi::OsStr::from_bytes(&[0xff; 40]))
            .args(["--port", "0", "--static", "/no/such/folder"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(
            text.contains(name) && text.trim_end().lines().count() == 1,
            "{text}"
        );
    }
}

/// What several processes on one store must have in common.
const SHARED: [(&str, &str); 4] = [
    ("EVERTOKEN_MOCK_STORE", "redis://:hidden@127.0.0.1:1"),
    ("JWT_ACCESS_SECRET", "a secret for access tokens, and long"),
    (
        "JWT_REFRESH_SECRET",
        "a secret for refresh tokens, and long",
    ),
    ("EVERTOKEN_MOCK_ISSUER", "https://auth.example.com"),
];

#[test]
#[cfg(feature = "redis")]
fn a_shared_store_wants_what_each_process_would_make_of_its_own() {
    for (missing, args, expected) in [
        ("JWT_ACCESS_SECRET", &[][..], "JWT_ACCESS_SECRET"),
        ("JWT_REFRESH_SECRET", &[], "JWT_REFRESH_SECRET"),
        ("EVERTOKEN_MOCK_ISSUER", &[], "--issuer"),
        ("JWT_ACCESS_SECRET", &["--alg", "ES256"], "--es256-key"),
        ("", &["--store", "rediss://:hidden@localhost"], "stunnel"),
        (
            "",
            &["--store", "redis-cluster://:hidden@localhost"],
            "no cluster",
        ),
        ("", &["--store", "redis://:hidden@"], "redis://host:port"),
        ("", &["--store", "redis:hidden"], "redis://host:port"),
    ] {
        let env: Vec<_> = SHARED
            .into_iter()
            .filter(|(name, _)| *name != missing)
            .collect();
        let output = run(args, &env);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.len()),
            (Some(2), 0),
            "{missing} {args:?} {text}"
        );
        assert!(
            text.contains(expected) && text.trim_end().lines().count() == 1,
            "{missing} {args:?} {text}"
        );
        assert!(!text.contains("hidden"), "{text}");
    }
}

#[test]
#[cfg(not(feature = "redis"))]
fn a_build_without_redis_says_so() {
    let output = run(&[], &SHARED);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text.contains("--features redis") && !text.contains("hidden"),
        "{text}"
    );
}

#[test]
#[cfg(feature = "redis")]
fn a_store_that_does_not_answer_is_logged_without_its_password() {
    let server = Running::start(&[], &SHARED);
    assert!(server.login().starts_with("HTTP/1.1 503"));
    let (code, _, log) = server.stop("-TERM");
    assert_eq!(code, Some(0));
    assert!(
        log.contains("Redis did not answer") && !log.contains("hidden"),
        "{log}"
    );
}

#[test]
fn help_and_version_go_to_stdout() {
    let help = run(&["--help"], &[]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert_eq!((help.status.code(), help.stderr.len()), (Some(0), 0));
    for flag in [
        "--host",
        "--port",
        "--access-ttl",
        "--refresh-ttl",
        "--absolute-ttl",
        "--grace",
        "--reuse-revokes",
        "--alg",
        "--store",
        "--refresh-rate",
        "--allow-origin",
        "--issuer",
        "--es256-key",
        "--cookie-secure",
        "--cookie-samesite",
        "--static",
        "--no-control",
        "--control-anywhere",
        "--log",
        "EVERTOKEN_MOCK_GRACE",
        "JWT_ACCESS_SECRET",
        "JWT_REFRESH_SECRET",
        "JWT_ACCESS_EXPIRES",
        "JWT_REFRESH_EXPIRES",
        "user@example.com",
        "milliseconds",
        "redis://",
        "--appendfsync always",
    ] {
        assert!(text.contains(flag), "{flag}: {text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 130),
        "{text}"
    );
    let version = run(&["--version"], &[]);
    assert_eq!(
        version.stdout,
        format!("evertoken-mock {}\n", env!("CARGO_PKG_VERSION")).into_bytes()
    );
}

#[test]
fn a_key_and_a_rate_are_as_they_were_given() {
    let file = std::env::temp_dir().join(format!("evertoken-mock-{}.pem", std::process::id()));
    let pem = p256::SecretKey::from_slice(&[9; 32])
        .unwrap()
        .to_sec1_pem(p256::pkcs8::LineEnding::LF)
        .unwrap();
    std::fs::write(&file, pem.as_bytes()).unwrap();
    let key = file.to_str().unwrap();
    let args = [
        "--alg",
        "ES256",
        "--es256-key",
        key,
        "--refresh-rate",
        "1/h",
    ];
    let ask = |server: &Running, path: &str| {
        server.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ))
    };
    let keys = || {
        let server = Running::start(&args, &[("EVERTOKEN_MOCK_ALG", "HS256")]);
        assert!(server.login().starts_with("HTTP/1.1 200"));
        assert!(server.login().starts_with("HTTP/1.1 429"));
        let answer = ask(&server, "/.well-known/jwks.json");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let (first, second) = (keys(), keys());
    std::fs::remove_file(&file).unwrap();
    assert!(first.contains("\"ES256\""), "{first}");
    assert_eq!(first, second, "the key is the file's");
}

#[test]
fn every_flag_has_a_name_in_the_environment() {
    let server = Running::start(
        &[],
        &[
            ("EVERTOKEN_MOCK_HOST", "127.0.0.1"),
            ("EVERTOKEN_MOCK_REFRESH_TTL", "2h"),
            ("EVERTOKEN_MOCK_ABSOLUTE_TTL", "1h"),
            ("EVERTOKEN_MOCK_GRACE", "5s"),
            ("EVERTOKEN_MOCK_REUSE_REVOKES", "family"),
            ("EVERTOKEN_MOCK_STORE", "memory"),
            ("EVERTOKEN_MOCK_REFRESH_RATE", "off"),
            (
                "EVERTOKEN_MOCK_ALLOW_ORIGIN",
                "https://a.example,https://b.example https://c.example",
            ),
            ("EVERTOKEN_MOCK_ISSUER", "https://auth.example.com"),
            ("EVERTOKEN_MOCK_COOKIE_SAMESITE", "none"),
            ("EVERTOKEN_MOCK_NO_CONTROL", "1"),
            ("EVERTOKEN_MOCK_CONTROL_ANYWHERE", "false"),
            ("EVERTOKEN_MOCK_LOG", "json"),
        ],
    );
    let answer = server.login();
    assert!(answer.contains("SameSite=None; Secure;"), "{answer}");
    assert!(answer.contains("Max-Age=3600"), "{answer}");
    for page in [
        "https://a.example",
        "https://b.example",
        "https://c.example",
    ] {
        let controls = server.ask(&format!(
            "GET /__mock/clock HTTP/1.1\r\nHost: localhost\r\nOrigin: {page}\r\nConnection: close\r\n\r\n"
        ));
        assert!(controls.contains("not_found"), "{controls}");
        let allowed = format!("access-control-allow-origin: {page}\r\n");
        assert!(controls.contains(&allowed), "{controls}");
    }
}
