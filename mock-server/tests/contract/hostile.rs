//! What nobody sends by mistake: cookies without number, parameters that come twice, headers in values.

use std::fmt::Write as _;

use axum::http::StatusCode;
use evertoken_mock::Counters;

use crate::endpoints::{Endpoint, all, is_untouched};
use crate::rig::{FORM, Mock};

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn two_cookies_of_one_name_are_400_wherever_that_cookie_is_read() {
    let mock = Mock::new();
    for Endpoint {
        method,
        path,
        cookie,
        ..
    } in all()
    {
        let Some(name) = cookie else { continue };
        let twice = format!("{name}=a; b=c; {name}=a");
        let once = format!("{name}=a");
        for headers in [
            &[("cookie", twice.as_str())][..],
            &[("cookie", once.as_str()), ("cookie", once.as_str())],
        ] {
            let answer = mock.ask((method, path), headers, "").await;
            answer.refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
            assert_eq!(answer.set_cookie(), None);
        }
    }
    assert!(is_untouched(&mock).await && mock.root().counters() == Counters::default());
}

#[tokio::test]
async fn ten_thousand_other_cookies_and_unreadable_ones_change_no_answer() {
    let mock = Mock::new();
    let mut many = String::new();
    for n in 0..10_000 {
        write!(many, "c{n}={n}; ").unwrap();
    }
    many.push_str(
        "=; ;;; a; \"; refresh_token2=x; refreshToken2=y; REFRESH_TOKEN=z; refreshtoken=z",
    );
    for Endpoint { method, path, .. } in all() {
        let plain = mock.ask((method, path), &[], "").await;
        let answer = mock.ask((method, path), &[("cookie", &many)], "").await;
        assert_eq!(
            (answer.status, &answer.body),
            (plain.status, &plain.body),
            "{path}"
        );
        let mut request = axum::http::Request::builder().method(*method).uri(*path);
        request = request.header("cookie", &b"\xff\xfe=\xff; x=\x80"[..]);
        let answer = mock
            .send(request.body(axum::body::Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, plain.status, "{path}");
    }
    assert!(is_untouched(&mock).await);
}

#[tokio::test]
async fn a_parameter_that_comes_twice_in_a_query_is_400() {
    let mock = Mock::new();
    for (method, path) in [
        ("POST", "/auth/logout?scope=local&scope=local"),
        ("POST", "/api/v1/auth/logout?scope=local&scope=global"),
        ("POST", "/gateway/logout?scope=x"),
        ("POST", "/wx/auth/logout?scope=&scope="),
        ("GET", "/api/v1/auth/google?return_to=/&return_to=/"),
        ("GET", "/api/v1/auth/google/callback?state=a&state=a"),
        ("GET", "/api/v1/auth/google/callback?state=%ff"),
    ] {
        mock.ask((method, path), &[], "").await.refuses(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            None,
        );
    }
    assert_eq!(mock.root().counters(), Counters::default());
}

#[tokio::test]
async fn no_header_can_be_slipped_into_an_answer() {
    let mock = Mock::new();
    let evil = "x%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a";
    let json = "x\\r\\nSet-Cookie: evil=1\\r\\n\\r\\n";
    let form = |names: &str| {
        names
            .split(' ')
            .map(|name| format!("{name}={evil}"))
            .collect::<Vec<_>>()
            .join("&")
    };
    for (method, path, kind, body) in [
        (
            "POST",
            "/auth/login",
            JSON,
            format!("{{\"email\":\"{json}\",\"password\":\"{json}\"}}"),
        ),
        (
            "POST",
            "/auth/token",
            FORM,
            format!(
                "grant_type=password&{}",
                form("username password client_id scope")
            ),
        ),
        (
            "POST",
            "/auth/token",
            FORM,
            format!("grant_type=refresh_token&{}", form("refresh_token")),
        ),
        (
            "POST",
            "/auth/token",
            FORM,
            format!(
                "grant_type=password&username=user@example.com&password=password&{}",
                form("client_id")
            ),
        ),
        ("POST", "/auth/revoke", FORM, form("token client_id")),
        (
            "POST",
            "/wx/code",
            JSON,
            format!("{{\"email\":\"{json}\"}}"),
        ),
        (
            "POST",
            "/wx/auth/login",
            JSON,
            format!("{{\"code\":\"{json}\"}}"),
        ),
        (
            "POST",
            "/wx/auth/refresh",
            JSON,
            format!("{{\"refreshToken\":\"{json}\"}}"),
        ),
        (
            "POST",
            &format!("/auth/logout?scope={evil}"),
            JSON,
            String::new(),
        ),
        (
            "GET",
            &format!("/api/v1/auth/google?return_to=/{evil}"),
            JSON,
            String::new(),
        ),
        (
            "GET",
            &format!("/api/v1/auth/google/callback?state={evil}&user={evil}"),
            JSON,
            String::new(),
        ),
        ("GET", &format!("/{evil}"), JSON, String::new()),
        ("GET", &format!("/gateway/api/{evil}"), JSON, String::new()),
        ("GET", &format!("/t/{evil}/auth/me"), JSON, String::new()),
    ] {
        let answer = mock.ask((method, path), &[kind], body).await;
        assert!(answer.status < 500, "{path}");
        for (name, value) in &answer.headers {
            let text = String::from_utf8_lossy(value.as_bytes());
            assert!(
                !text.contains("evil") || name == "location",
                "{path} {name}: {text}"
            );
            assert!(!text.contains(['\r', '\n']), "{path} {name}: {text}");
        }
        assert_eq!(
            answer.set_cookie().filter(|cookie| cookie.contains("evil")),
            None
        );
    }
}

#[tokio::test]
async fn an_idempotency_key_is_checked_wherever_a_token_is_refreshed() {
    let mock = Mock::new();
    let longest = "k".repeat(257);
    for (path, kind, body) in [
        ("/auth/refresh", JSON, ""),
        (
            "/auth/token",
            FORM,
            "grant_type=refresh_token&refresh_token=x",
        ),
        ("/api/v1/auth/refresh-token", JSON, ""),
        ("/wx/auth/refresh", JSON, ""),
    ] {
        for keys in [
            &[("idempotency-key", "")][..],
            &[("idempotency-key", longest.as_str())],
            &[("idempotency-key", "a"), ("idempotency-key", "a")],
        ] {
            let headers: Vec<_> = keys.iter().copied().chain([kind]).collect();
            let answer = mock.ask(("POST", path), &headers, body).await;
            answer.refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
        }
    }
    assert_eq!(mock.root().counters(), Counters::default());
}
