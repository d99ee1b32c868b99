//! What is answered while the store of sessions is down: 503, and no cookie is set or cleared.

use evertoken_mock::{Options, Secret, StoreAt};
use tokio::net::TcpListener;

use crate::rig::{Answer, FORM, Mock, URL};
use crate::walk::Walk;

const JSON: (&str, &str) = ("content-type", "application/json");

fn options(store: StoreAt) -> Options {
    Options {
        store,
        access_secret: Some(Secret::new("a secret for access tokens, and long")),
        refresh_secret: Some(Secret::new("a secret for refresh tokens, and long")),
        issuer: Some(URL.to_owned()),
        ..Options::default()
    }
}

/// Somebody who takes connections where Redis should be, and hangs up.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    format!("redis://{address}")
}

/// Asks everything that is said to need the store.
pub async fn walk(walk: &mut Walk) {
    let up = Mock::with(options(StoreAt::Memory));
    let down = Mock::with(options(StoreAt::Redis(Secret::new(nobody().await))));
    let user = r#"{"email":"user@example.com","password":"password"}"#;
    let signed_in = |path: &'static str| up.ask(("POST", path), &[JSON], user);
    let cookie = |name: &str, answer: &Answer| format!("{name}={}", answer.cookie().unwrap());

    let (rotating, fixed, gateway) = (
        cookie("refresh_token", &signed_in("/auth/login").await),
        cookie("refreshToken", &signed_in("/api/v1/auth/login").await),
        signed_in("/gateway/login").await,
    );
    let bearer = format!("Bearer {}", gateway.access());
    let gateway = cookie("refreshToken", &gateway);
    let password = "grant_type=password&username=user@example.com&password=password";
    let pair = up.form("/auth/token", password).await;
    let token = pair.text("refresh_token");
    let code = up
        .ask(
            ("POST", "/wx/code"),
            &[JSON],
            r#"{"email":"user@example.com"}"#,
        )
        .await;
    let code = format!(r#"{{"code":"{}"}}"#, code.text("code"));
    let login = up
        .ask(("POST", "/wx/auth/login"), &[JSON], code.clone())
        .await;
    let wx = format!(r#"{{"refreshToken":"{}"}}"#, login.text("refreshToken"));

    // The access token is too old for the gateway, which looks at the cookie then.
    down.root()
        .clock()
        .advance(std::time::Duration::from_secs(3_600));
    for (method, path, headers, body) in [
        ("POST", "/auth/login", [JSON, ("cookie", &rotating)], user),
        ("POST", "/auth/refresh", [JSON, ("cookie", &rotating)], ""),
        ("POST", "/auth/logout", [JSON, ("cookie", &rotating)], ""),
        ("POST", "/auth/token", [FORM, FORM], password),
        (
            "POST",
            "/auth/revoke",
            [FORM, FORM],
            &format!("token={token}"),
        ),
        (
            "POST",
            "/api/v1/auth/login",
            [JSON, ("cookie", &fixed)],
            user,
        ),
        (
            "POST",
            "/api/v1/auth/refresh-token",
            [JSON, ("cookie", &fixed)],
            "",
        ),
        (
            "POST",
            "/api/v1/auth/logout",
            [JSON, ("cookie", &fixed)],
            "",
        ),
        ("GET", "/api/v1/auth/google?return_to=/", [JSON, JSON], ""),
        (
            "GET",
            "/api/v1/auth/google/callback?state=x",
            [JSON, ("cookie", &fixed)],
            "",
        ),
        ("POST", "/gateway/login", [JSON, ("cookie", &gateway)], user),
        ("POST", "/gateway/logout", [JSON, ("cookie", &gateway)], ""),
        (
            "GET",
            "/gateway/api/me",
            [("authorization", &bearer), ("cookie", &gateway)],
            "",
        ),
        (
            "GET",
            "/gateway/api/admin",
            [("authorization", &bearer), ("cookie", &gateway)],
            "",
        ),
        (
            "GET",
            "/gateway/api/x",
            [("authorization", &bearer), ("cookie", &gateway)],
            "",
        ),
        (
            "POST",
            "/gateway/api/x",
            [("authorization", &bearer), ("cookie", &gateway)],
            "",
        ),
        (
            "PUT",
            "/gateway/api/x",
            [("authorization", &bearer), ("cookie", &gateway)],
            "",
        ),
        (
            "PATCH",
            "/gateway/api/x",
            [("authorization", &bearer), ("cookie", &gateway)],
            "",
        ),
        (
            "DELETE",
            "/gateway/api/x",
            [("authorization", &bearer), ("cookie", &gateway)],
            "",
        ),
        (
            "POST",
            "/wx/code",
            [JSON, JSON],
            r#"{"email":"user@example.com"}"#,
        ),
        ("POST", "/wx/auth/login", [JSON, JSON], &code),
        ("POST", "/wx/auth/refresh", [JSON, JSON], &wx),
        ("POST", "/wx/auth/logout", [JSON, JSON], &wx),
        ("POST", "/__mock/reset", [JSON, JSON], ""),
        ("GET", "/__mock/families", [JSON, JSON], ""),
        (
            "POST",
            "/__mock/expire",
            [JSON, JSON],
            r#"{"tokens":"refresh"}"#,
        ),
    ] {
        let headers = if headers[0] == headers[1] {
            &headers[..1]
        } else {
            &headers[..]
        };
        let answer = walk
            .ask(&down, (method, path), headers, body.to_owned())
            .await;
        let wait = answer
            .header("retry-after")
            .and_then(|wait| wait.parse::<u64>().ok());
        assert!(
            answer.status == 503 && wait >= Some(1) && answer.set_cookie().is_none(),
            "{method} {path} {answer:?}"
        );
        assert_eq!(answer.json()["error"], "temporarily_unavailable", "{path}");
    }
    let counters = down.root().counters();
    assert_eq!(
        (counters.login.ok, counters.rotations, counters.logout),
        (0, 0, 0)
    );
}
