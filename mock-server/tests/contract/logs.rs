//! The log of a real process, at the level at which everything that has something to say says it: no secret
//! that went over the wire or was given at the start is in it.

use serde_json::{Value, json};

use crate::spied::{PASSWORD, Spied, WRONG};

/// Every contract, what goes well in it and what goes wrong, and the controls.
fn everything(spied: &mut Spied) {
    controls(spied);
    rotation(spied, "");
    rotation(spied, "/t/other");
    oauth2(spied);
    fixed_cookie(spied);
    gateway(spied);
    code_exchange(spied);
    mistakes(spied);
}

fn controls(spied: &mut Spied) {
    let user = json!({ "email": "user@example.com", "password": PASSWORD });
    let admin =
        json!({ "email": "admin@example.com", "password": "for-admins-Tz4nQ9", "role": "admin" });
    for prefix in ["", "/t/other"] {
        let path = format!("{prefix}/__mock/users");
        let users = spied.json(("PUT", &path), &[], &json!([user, admin]));
        assert_eq!(users.status, 200);
        spied.ask(("GET", &path), &[], "");
    }
    for path in ["clock", "faults", "counters", "requests", "families"] {
        let told = spied.ask(("GET", &format!("/__mock/{path}")), &[], "");
        assert_eq!(told.status, 200, "{path}");
    }
    let twice = spied.json(("PUT", "/__mock/users"), &[], &json!([user, user]));
    let wrong = spied.json(
        ("PUT", "/__mock/users"),
        &[],
        &json!([{ "password": PASSWORD, "email": 7 }]),
    );
    assert_eq!((twice.status, wrong.status), (422, 422));
}

fn credentials(password: &str) -> Value {
    json!({ "email": "user@example.com", "password": password })
}

fn rotation(spied: &mut Spied, prefix: &str) {
    let at = |path: &str| format!("{prefix}{path}");
    let wrong = spied.json(("POST", &at("/auth/login")), &[], &credentials(WRONG));
    assert_eq!(wrong.status, 401);
    let login = spied.json(("POST", &at("/auth/login")), &[], &credentials(PASSWORD));
    let first = format!("refresh_token={}", login.cookie.clone().unwrap());
    let key = login.field("refreshKey");
    for _ in 0..2 {
        let headers = [("cookie", first.as_str()), ("idempotency-key", &key)];
        let renewed = spied.ask(("POST", &at("/auth/refresh")), &headers, "");
        assert_eq!(renewed.status, 200, "the second is a replay");
        spied.bearer(&at("/auth/me"), &renewed.field("accessToken"));
        let admin = spied.bearer(&at("/auth/admin"), &renewed.field("accessToken"));
        assert_eq!(admin.status, 403);
    }
    let text = [
        ("cookie", first.as_str()),
        ("idempotency-key", "a-text-of-the-clients-own"),
    ];
    let reuse = spied.ask(("POST", &at("/auth/refresh")), &text, "");
    assert_eq!(reuse.status, 401);
    let login = spied.json(
        ("POST", &at("/auth/login")),
        &[("cookie", &first)],
        &credentials(PASSWORD),
    );
    let cookie = format!("refresh_token={}", login.cookie.unwrap());
    let out = spied.ask(("POST", &at("/auth/logout")), &[("cookie", &cookie)], "");
    assert_eq!(out.status, 200);
}

fn oauth2(spied: &mut Spied) {
    let form = |password: &str| {
        format!("grant_type=password&username=user@example.com&password={password}")
    };
    let wrong = spied.form_post("/auth/token", &[], &form(WRONG));
    assert_eq!(wrong.status, 400);
    let login = spied.form_post("/auth/token", &[], &form(PASSWORD));
    let refresh = format!(
        "grant_type=refresh_token&refresh_token={}",
        login.field("refresh_token")
    );
    let key = login.field("refresh_key");
    let renewed = spied.form_post("/auth/token", &[("idempotency-key", &key)], &refresh);
    assert_eq!(renewed.status, 200);
    let revoke = format!("token={}", renewed.field("refresh_token"));
    assert_eq!(spied.form_post("/auth/revoke", &[], &revoke).status, 200);
    let late = format!(
        "grant_type=refresh_token&refresh_token={}",
        renewed.field("refresh_token")
    );
    assert_eq!(spied.form_post("/auth/token", &[], &late).status, 400);
}

fn fixed_cookie(spied: &mut Spied) {
    let login = spied.json(("POST", "/api/v1/auth/login"), &[], &credentials(PASSWORD));
    spied.bearer("/api/v1/bookings", &login.field("accessToken"));
    let cookie = format!("refreshToken={}", login.cookie.unwrap());
    for path in [
        "/api/v1/auth/refresh-token",
        "/api/v1/auth/logout",
        "/api/v1/auth/refresh-token",
    ] {
        spied.ask(("POST", path), &[("cookie", &cookie)], "");
    }
    let page = spied.ask(("GET", "/api/v1/auth/google?return_to=/"), &[], "");
    let (_, rest) = page.body.split_once("name=\"state\" value=\"").unwrap();
    let state = rest.split('"').next().unwrap();
    let back = format!("/api/v1/auth/google/callback?state={state}&user=user@example.com");
    let told = spied.ask(("GET", &back), &[], "");
    assert!(told.status == 303 && told.cookie.is_some(), "{}", told.body);
}

fn gateway(spied: &mut Spied) {
    let login = spied.json(("POST", "/gateway/login"), &[], &credentials(PASSWORD));
    let token = format!("Bearer {}", login.field("accessToken"));
    let cookie = format!("refreshToken={}", login.cookie.unwrap());
    spied.json(
        ("POST", "/__mock/expire"),
        &[],
        &json!({ "tokens": "access" }),
    );
    let headers = [("authorization", token.as_str()), ("cookie", &cookie)];
    let before = spied.secrets.len();
    let served = spied.ask(("GET", "/gateway/api/me"), &headers, "");
    assert_eq!(served.status, 200);
    assert!(spied.secrets.len() > before, "a new token came along");
    spied.ask(("POST", "/gateway/api/anything"), &headers, PASSWORD);
    spied.ask(("POST", "/gateway/logout"), &[("cookie", &cookie)], "");
    let refused = spied.ask(("GET", "/gateway/api/me"), &headers, "");
    assert_eq!(refused.status, 403);
}

fn code_exchange(spied: &mut Spied) {
    let minted = spied.json(
        ("POST", "/wx/code"),
        &[],
        &json!({ "email": "user@example.com" }),
    );
    let code = json!({ "code": minted.field("code") });
    let login = spied.json(("POST", "/wx/auth/login"), &[], &code);
    let spent = spied.json(("POST", "/wx/auth/login"), &[], &code);
    assert_eq!((login.status, spent.status), (200, 401));
    spied.bearer("/wx/api/profile", &login.field("accessToken"));
    let key = login.field("refreshKey");
    let token = json!({ "refreshToken": login.field("refreshToken") });
    let renewed = spied.json(
        ("POST", "/wx/auth/refresh"),
        &[("idempotency-key", &key)],
        &token,
    );
    assert_eq!(renewed.status, 200);
    let token = json!({ "refreshToken": renewed.field("refreshToken") });
    spied.json(("POST", "/wx/auth/logout"), &[], &token);
    spied.json(("POST", "/wx/auth/refresh"), &[], &token);
}

/// Secrets where they do not belong, and answers that are spoiled.
fn mistakes(spied: &mut Spied) {
    let login = spied.json(("POST", "/auth/login"), &[], &credentials(PASSWORD));
    let (token, cookie) = (login.field("accessToken"), login.cookie.unwrap());
    for path in [
        "/auth/me",
        "/auth/refresh",
        "/nowhere",
        "/gateway/api/x",
        "/__mock/clock",
    ] {
        spied.ask(
            (
                "GET",
                &format!("{path}?access_token={token}&password={PASSWORD}"),
            ),
            &[],
            "",
        );
    }
    let doubled = format!("refresh_token={cookie}; refresh_token={cookie}");
    spied.ask(("POST", "/auth/refresh"), &[("cookie", &doubled)], "");
    spied.form_post("/auth/login", &[], &format!("password={PASSWORD}"));
    for body in [
        format!("{{\"password\":\"{PASSWORD}\",\"email\":7}}"),
        format!("\"{PASSWORD}\""),
    ] {
        spied.ask(
            ("POST", "/auth/login"),
            &[("content-type", "application/json")],
            &body,
        );
        spied.ask(
            ("POST", "/wx/auth/refresh"),
            &[("content-type", "application/json")],
            &body,
        );
    }
    let foreign = [
        ("origin", "https://evil.test"),
        ("cookie", doubled.as_str()),
    ];
    spied.json(("POST", "/auth/login"), &foreign, &credentials(PASSWORD));
    let rule = |path: &str, what: Value| json!({ "path": path, "when": "after", "do": what });
    let rules = json!([
        rule("/auth/login", json!("truncate")),
        rule("/auth/refresh", json!({ "status": 503 })),
        rule("/wx/auth/refresh", json!("garbage")),
    ]);
    assert_eq!(
        spied.json(("PUT", "/__mock/faults"), &[], &rules).status,
        200
    );
    spied.json(("POST", "/auth/login"), &[], &credentials(PASSWORD));
    let once = format!("refresh_token={cookie}");
    spied.ask(("POST", "/auth/refresh"), &[("cookie", &once)], "");
    spied.json(
        ("POST", "/wx/auth/refresh"),
        &[],
        &json!({ "refreshToken": cookie }),
    );
    spied.ask(("POST", "/__mock/reset"), &[], "");
}

#[test]
fn no_secret_of_a_whole_run_is_in_the_log_as_text() {
    let mut spied = Spied::start(&[]);
    everything(&mut spied);
    spied.read();
}

#[test]
fn no_secret_of_a_whole_run_is_in_the_log_as_json_nor_is_the_key_of_es256() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let pem = p256::SecretKey::from_slice(&[9; 32])
        .unwrap()
        .to_sec1_pem(p256::pkcs8::LineEnding::LF)
        .unwrap();
    std::fs::write(&file, pem.as_bytes()).unwrap();
    let args = ["--log", "json", "--alg", "ES256", "--es256-key"];
    let args: Vec<_> = args.into_iter().chain(file.to_str()).collect();
    let mut spied = Spied::start(&args);
    for line in pem.lines().filter(|line| !line.starts_with('-')) {
        spied.hide(line);
    }
    everything(&mut spied);
    for line in spied.read() {
        let line: Value = serde_json::from_str(&line).unwrap();
        assert!(line["level"].is_string(), "{line}");
    }
}
