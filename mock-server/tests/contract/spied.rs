//! A real process whose requests and answers are all looked through for secrets.
//!
//! One place does it (`Spied::ask`), so that no token is forgotten because a scenario forgot to name it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::running::Running;

const ACCESS: &str = "first-signing-secret-Kq7pX2mVw9ZtR4";
const REFRESH: &str = "other-signing-secret-Hn3cB8yLd6UsE1";
pub const PASSWORD: &str = "open-sesame-Wf5jT0";
pub const WRONG: &str = "not-that-one-Gr8kA6";

/// Fields of JSON and parameters of forms whose values are secrets.
const SECRET_FIELDS: [&str; 10] = [
    "accessToken",
    "access_token",
    "refreshToken",
    "refresh_token",
    "refreshKey",
    "refresh_key",
    "token",
    "code",
    "password",
    "state",
];

/// A server, and every secret that was ever exchanged with it.
pub struct Spied {
    server: Running,
    pub secrets: BTreeSet<String>,
    asked: usize,
}

pub struct Told {
    pub status: u16,
    pub cookie: Option<String>,
    pub body: String,
}

impl Told {
    pub fn field(&self, name: &str) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body[name].as_str().unwrap().to_owned()
    }
}

impl Spied {
    pub fn start(args: &[&str]) -> Self {
        let env = [
            ("RUST_LOG", "trace"),
            ("JWT_ACCESS_SECRET", ACCESS),
            ("JWT_REFRESH_SECRET", REFRESH),
        ];
        let secrets = [ACCESS, REFRESH, PASSWORD, WRONG].map(str::to_owned);
        Self {
            server: Running::start(args, &env),
            secrets: secrets.into(),
            asked: 0,
        }
    }

    pub fn ask(
        &mut self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Told {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
            self.header(name, value);
        }
        request += &format!(
            "content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        self.body(body);
        if let Some((_, query)) = path.split_once('?') {
            self.form(query);
        }

        let answer = self.server.ask(&request);
        self.asked += 1;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let mut cookie = None;
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            self.header(name, value);
            if name == "set-cookie" {
                cookie = value.split(['=', ';']).nth(1).map(str::to_owned);
            }
        }
        self.body(body);
        Told {
            status: status.parse().unwrap(),
            cookie,
            body: body.to_owned(),
        }
    }

    pub fn json(&mut self, to: (&str, &str), headers: &[(&str, &str)], body: &Value) -> Told {
        let headers: Vec<_> = headers
            .iter()
            .copied()
            .chain([("content-type", "application/json")])
            .collect();
        self.ask(to, &headers, &body.to_string())
    }

    pub fn form_post(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> Told {
        let headers: Vec<_> = headers
            .iter()
            .copied()
            .chain([("content-type", "application/x-www-form-urlencoded")])
            .collect();
        self.ask(("POST", path), &headers, body)
    }

    pub fn bearer(&mut self, path: &str, token: &str) -> Told {
        self.ask(
            ("GET", path),
            &[("authorization", &format!("Bearer {token}"))],
            "",
        )
    }

    fn header(&mut self, name: &str, value: &str) {
        match name {
            "authorization" => self.hide(value.trim_start_matches("Bearer ")),
            "idempotency-key" => self.hide(value),
            "cookie" | "set-cookie" => {
                for pair in value.split("; ") {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    if ["refresh_token", "refreshToken"].contains(&name) {
                        self.hide(value);
                    }
                }
            }
            "location" => self.form(value.split_once('?').map_or("", |(_, query)| query)),
            _ => {}
        }
    }

    fn body(&mut self, body: &str) {
        if let Some((_, rest)) = body.split_once("name=\"state\" value=\"") {
            self.hide(rest.split('"').next().unwrap());
        }
        match serde_json::from_str(body) {
            Ok(value) => self.value(&value),
            Err(_) => self.form(body),
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str() {
                        Some(text) if SECRET_FIELDS.contains(&name.as_str()) => self.hide(text),
                        Some(_) | None => self.value(value),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn form(&mut self, text: &str) {
        for pair in text.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if SECRET_FIELDS.contains(&name) {
                self.hide(value);
            }
        }
    }

    /// A JWT is hidden whole and in parts, so that half of one is found too; and a refresh key is nothing
    /// without its second half.
    pub fn hide(&mut self, secret: &str) {
        self.secrets.insert(secret.to_owned());
        if secret.contains('.') {
            self.secrets.extend(secret.split('.').map(str::to_owned));
        }
        // What is as short as a word, or a number, says nothing and is found anywhere.
        self.secrets.retain(|secret| secret.len() >= 12);
    }

    /// Ends the process; no line it wrote has a secret in it. Answers the lines.
    pub fn read(self) -> Vec<String> {
        let Self {
            server,
            secrets,
            asked,
        } = self;
        let (code, _, log) = server.stop("-TERM");
        assert_eq!(code, Some(0));
        assert!(
            secrets.len() > 100,
            "the scenario used {} secrets",
            secrets.len()
        );
        for secret in &secrets {
            assert!(!log.contains(secret), "{secret} is in {log}");
        }
        assert!(!log.contains("eyJ"), "a JWT is in {log}");
        let lines: Vec<String> = log.lines().map(str::to_owned).collect();
        let level = |line: &String, level: &str| {
            line.contains(&format!(" {level} ")) || line.contains(&format!("\"level\":\"{level}\""))
        };
        let requests = lines.iter().filter(|line| level(line, "INFO")).count();
        assert_eq!(requests, asked, "one line a request: {log}");
        assert!(
            lines.iter().any(|line| level(line, "TRACE")),
            "it was told to say everything: {log}"
        );
        lines
    }
}
