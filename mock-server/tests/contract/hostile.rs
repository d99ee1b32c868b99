//! What nobody sends by mistake: cookies without number, parameters that come twice, headers in values.

use std::fmt::Write as _;

use axum::http::StatusCode;
use evertoken_mock::Counters;

use crate::endpoints::{JSON, Takes, all, is_untouched, stuffed};
use crate::rig::{Answer, FORM, Mock};

#[tokio::test]
async fn two_cookies_of_one_name_are_400_wherever_that_cookie_is_read() {
    let mock = Mock::new();
    for endpoint in all(&mock).await {
        let Some(name) = endpoint.cookie else {
            continue;
        };
        let twice = format!("{name}=a; b=c; {name}=a");
        let once = format!("{name}=a");
        for headers in [
            &[("cookie", twice.as_str())][..],
            &[("cookie", once.as_str()), ("cookie", once.as_str())],
        ] {
            let answer = mock.ask(endpoint.named(), headers, "").await;
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
    for endpoint in all(&mock).await {
        if endpoint.path == "/__mock/requests" {
            // It shows the requests of this very test.
            continue;
        }
        let plain = mock.ask(endpoint.named(), &[], "").await;
        let answer = mock.ask(endpoint.named(), &[("cookie", &many)], "").await;
        assert_eq!(
            (answer.status, &answer.body),
            (plain.status, &plain.body),
            "{endpoint:?}"
        );
        let mut request = axum::http::Request::builder()
            .method(endpoint.method.as_str())
            .uri(&endpoint.path);
        request = request.header("cookie", &b"\xff\xfe=\xff; x=\x80"[..]);
        let answer = mock
            .send(request.body(axum::body::Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, plain.status, "{endpoint:?}");
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

const EVIL: &str = "x%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a";

fn has_nothing_slipped_in(answer: &Answer, label: &str) {
    assert!(answer.status < 500, "{label}");
    for (name, value) in &answer.headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        assert!(
            !text.contains("evil") || name == "location",
            "{label} {name}: {text}"
        );
        assert!(!text.contains(['\r', '\n']), "{label} {name}: {text}");
    }
    assert_eq!(
        answer.set_cookie().filter(|cookie| cookie.contains("evil")),
        None,
        "{label}"
    );
}

#[tokio::test]
async fn no_header_can_be_slipped_into_an_answer() {
    let mock = Mock::new();
    let (json, _) = stuffed("x\r\nSet-Cookie: evil=1\r\n\r\n");
    let (_, form) = stuffed(EVIL);
    let query = format!("?{form}&return_to=/{EVIL}");
    for endpoint in all(&mock).await {
        let body = match endpoint.takes {
            Takes::Json => &json,
            Takes::Form => &form,
            Takes::Anything | Takes::Nothing => "",
        };
        let path = format!("{}{query}", endpoint.path);
        let to = (endpoint.method.as_str(), path.as_str());
        let answer = mock.ask(to, &[endpoint.kind()], body.to_owned()).await;
        has_nothing_slipped_in(&answer, &endpoint.path);
    }
    let login =
        format!("grant_type=password&username=user@example.com&password=password&client_id={EVIL}");
    let granted = mock.form("/auth/token", &login).await;
    assert_eq!(granted.status, 200);
    has_nothing_slipped_in(&granted, "a client's name");
    let refresh = format!("grant_type=refresh_token&refresh_token={EVIL}");
    for (method, path, body) in [
        ("POST", "/auth/token".to_owned(), refresh),
        (
            "GET",
            format!("/api/v1/auth/google?return_to=/{EVIL}"),
            String::new(),
        ),
        ("GET", format!("/{EVIL}"), String::new()),
        ("GET", format!("/gateway/api/{EVIL}"), String::new()),
        ("GET", format!("/t/{EVIL}/auth/me"), String::new()),
    ] {
        let answer = mock.ask((method, &path), &[FORM], body).await;
        has_nothing_slipped_in(&answer, &path);
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
