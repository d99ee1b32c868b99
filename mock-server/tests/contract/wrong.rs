//! Every endpoint, and what an honest mistake makes of a request to it: the right 4xx, and nothing has
//! changed.

use axum::http::StatusCode;
use evertoken_mock::Counters;

use crate::endpoints::{Takes, all, is_untouched};
use crate::rig::Mock;

#[tokio::test]
async fn a_wrong_method_is_405_and_told_the_right_one() {
    let mock = Mock::new();
    let all = all(&mock).await;
    for endpoint in all.iter().filter(|endpoint| !endpoint.is_echo()) {
        let path = &endpoint.path;
        let right = |method: &str| all.iter().any(|other| other.named() == (method, path));
        for wrong in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
            if right(wrong) {
                continue;
            }
            // Everything else is wrong too; the method comes first.
            let headers = [
                ("content-type", "text/plain"),
                ("origin", "https://evil.test"),
            ];
            let answer = mock.ask((wrong, path), &headers, "x".repeat(70_000)).await;
            answer.refuses(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", None);
            let allowed = answer.header("allow").unwrap();
            assert!(allowed.contains(&endpoint.method), "{wrong} {path}");
        }
    }
    assert!(is_untouched(&mock).await && mock.root().counters() == Counters::default());
}

#[tokio::test]
async fn a_body_of_another_type_is_415() {
    let mock = Mock::new();
    for endpoint in all(&mock).await {
        match endpoint.takes {
            Takes::Json | Takes::Form => {}
            Takes::Anything | Takes::Nothing => continue,
        }
        for wrong in [
            "text/plain",
            "text/html",
            "multipart/form-data; boundary=x",
            "application/json",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
        ] {
            if wrong == endpoint.kind().1 {
                continue;
            }
            let answer = mock
                .ask(endpoint.named(), &[("content-type", wrong)], "{}")
                .await;
            answer.refuses(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                None,
            );
        }
        let untyped = mock.ask(endpoint.named(), &[], "{}").await;
        untyped.refuses(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            None,
        );
    }
    assert!(is_untouched(&mock).await && mock.root().counters() == Counters::default());
}

#[tokio::test]
async fn a_body_over_64_kib_is_413_whatever_its_type_and_whether_it_says_so() {
    let mock = Mock::new();
    for endpoint in all(&mock).await {
        if endpoint.takes == Takes::Nothing {
            continue;
        }
        let kind = endpoint.kind();
        let large = mock
            .ask(endpoint.named(), &[kind], "x".repeat(65_537))
            .await;
        large.refuses(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", None);
        let promised = mock
            .ask(endpoint.named(), &[kind, ("content-length", "65537")], "")
            .await;
        promised.refuses(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", None);
        let largest = mock
            .ask(endpoint.named(), &[kind], "x".repeat(65_536))
            .await;
        assert!(
            largest.status < 500 && largest.status != 413,
            "{endpoint:?} {}",
            largest.status
        );
    }
    assert!(is_untouched(&mock).await);
}

/// These read no body that they need, and forgive what they do not read.
fn forgives(path: &str) -> bool {
    let renews = ["/auth/refresh", "/api/v1/auth/refresh-token"].contains(&path);
    renews || path.ends_with("/logout") || path == "/__mock/reset"
}

/// No faults, or nobody at all: an order that can be obeyed.
fn is_an_order(path: &str, body: &[u8]) -> bool {
    ["/__mock/faults", "/__mock/users"].contains(&path) && body == b"[]"
}

#[tokio::test]
async fn what_is_malformed_is_a_4xx_and_never_a_5xx_or_a_success() {
    let mock = Mock::new();
    let deep = "[".repeat(60_000);
    let wide = format!("{{{}}}", "\"a\":1,".repeat(9_000).trim_end_matches(','));
    let many = "a=1&".repeat(16_000);
    let bodies: [&[u8]; 18] = [
        b"{", b"}", b"\"", b"null", b"[]", b"0", b"{}{}", b"\xff\xfe", b"{\"email\":\"\xc3\x28\"}", b"\0", b"%", b"%zz=%zz", b"%ff=%ff", b"a=%c3%28",
        b"{\"email\":\"a\",\"email\":\"b\",\"password\":\"p\",\"code\":\"c\",\"code\":\"c\",\"refreshToken\":1}",
        deep.as_bytes(), wide.as_bytes(), many.as_bytes(),
    ];
    for endpoint in all(&mock).await {
        let path = endpoint.path.as_str();
        if endpoint.takes == Takes::Nothing {
            continue;
        }
        for body in bodies {
            let answer = mock
                .ask(endpoint.named(), &[endpoint.kind()], body.to_vec())
                .await;
            let label = String::from_utf8_lossy(body.get(..20).unwrap_or(body)).into_owned();
            let fine = answer.status == 200 && (forgives(path) || is_an_order(path, body));
            assert!(
                (400..=499).contains(&answer.status) || fine,
                "{endpoint:?} {label} {}",
                answer.status
            );
            if answer.status >= 400 {
                assert!(
                    answer.json()["error_description"].is_string(),
                    "{path} {label}"
                );
            }
        }
    }
    assert!(is_untouched(&mock).await);
}

/// What an empty request lacks, at each endpoint. 200: nothing.
const EMPTY: [(&str, &str, u16, &str); 33] = [
    ("POST", "/auth/login", 400, "invalid_request"),
    ("POST", "/auth/refresh", 401, "invalid_grant"),
    ("POST", "/auth/logout", 200, ""),
    ("GET", "/auth/me", 401, "missing_token"),
    ("GET", "/auth/admin", 401, "missing_token"),
    ("POST", "/auth/token", 400, "invalid_request"),
    ("POST", "/auth/revoke", 400, "invalid_request"),
    ("POST", "/api/v1/auth/login", 400, "invalid_request"),
    ("POST", "/api/v1/auth/refresh-token", 403, "invalid_grant"),
    ("POST", "/api/v1/auth/logout", 200, ""),
    ("GET", "/api/v1/auth/google", 400, "invalid_request"),
    (
        "GET",
        "/api/v1/auth/google/callback",
        400,
        "invalid_request",
    ),
    ("GET", "/api/v1/bookings", 401, "missing_token"),
    ("POST", "/gateway/login", 400, "invalid_request"),
    ("POST", "/gateway/logout", 200, ""),
    ("GET", "/gateway/api/me", 401, "missing_token"),
    ("GET", "/gateway/api/admin", 401, "missing_token"),
    ("POST", "/wx/code", 422, "invalid_control"),
    ("POST", "/wx/auth/login", 400, "invalid_request"),
    ("POST", "/wx/auth/refresh", 401, "invalid_grant"),
    ("POST", "/wx/auth/logout", 200, ""),
    ("GET", "/wx/api/profile", 401, "missing_token"),
    ("GET", "/wx/api/admin", 401, "missing_token"),
    ("POST", "/__mock/reset", 200, ""),
    ("GET", "/__mock/clock", 200, ""),
    ("POST", "/__mock/clock", 422, "invalid_control"),
    ("GET", "/__mock/faults", 200, ""),
    ("PUT", "/__mock/faults", 422, "invalid_control"),
    ("GET", "/__mock/counters", 200, ""),
    ("GET", "/__mock/requests", 200, ""),
    ("GET", "/__mock/families", 200, ""),
    ("POST", "/__mock/expire", 422, "invalid_control"),
    ("PUT", "/__mock/users", 422, "invalid_control"),
];

#[tokio::test]
async fn an_empty_request_is_refused_for_what_it_lacks() {
    let mock = Mock::new();
    for endpoint in all(&mock).await {
        let answer = mock.ask(endpoint.named(), &[], "").await;
        let row = EMPTY
            .iter()
            .find(|(method, path, ..)| endpoint.named() == (method, path));
        let (status, error) = match row {
            Some((.., status, error)) => (*status, *error),
            None if endpoint.is_echo() => (401, "missing_token"),
            None if endpoint.takes == Takes::Nothing => (200, ""),
            None => panic!("{endpoint:?} answers {}; say so above", answer.status),
        };
        if status == 200 {
            assert_eq!(answer.status, 200, "{endpoint:?}");
            continue;
        }
        let missing = (error == "invalid_grant").then_some("missing");
        answer.refuses(StatusCode::from_u16(status).unwrap(), error, missing);
    }
    assert!(is_untouched(&mock).await);
    for path in ["/gateway/api", "/gateway/api/", "/wx", "/api/v1"] {
        let answer = mock.ask(("GET", path), &[], "").await;
        answer.refuses(StatusCode::NOT_FOUND, "not_found", None);
    }
}
