//! Every endpoint, and what an honest mistake makes of a request to it: the right 4xx, and nothing has
//! changed.

use axum::http::StatusCode;
use evertoken_mock::Counters;

use crate::endpoints::{ENDPOINTS, Endpoint, Takes, all, is_untouched};
use crate::rig::{FORM, Mock};

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_wrong_method_is_405_and_told_the_right_one() {
    let mock = Mock::new();
    for Endpoint { method, path, .. } in &ENDPOINTS {
        for wrong in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
            let right = wrong == *method || (*path == "/__mock/clock" && wrong == "GET");
            if right {
                continue;
            }
            // Everything else is wrong too; the method comes first.
            let headers = [
                ("content-type", "text/plain"),
                ("origin", "https://evil.test"),
            ];
            let answer = mock.ask((wrong, path), &headers, "x".repeat(70_000)).await;
            answer.refuses(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", None);
            assert!(
                answer.header("allow").unwrap().contains(method),
                "{wrong} {path}"
            );
        }
    }
    assert!(is_untouched(&mock).await && mock.root().counters() == Counters::default());
}

#[tokio::test]
async fn a_body_of_another_type_is_415() {
    let mock = Mock::new();
    for Endpoint {
        method,
        path,
        takes,
        ..
    } in all()
    {
        let right = match takes {
            Takes::Json => "application/json",
            Takes::Form => "application/x-www-form-urlencoded",
            Takes::Anything => continue,
        };
        for wrong in [
            "text/plain",
            "text/html",
            "multipart/form-data; boundary=x",
            "application/json",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
        ] {
            if wrong == right {
                continue;
            }
            let answer = mock
                .ask((method, path), &[("content-type", wrong)], "{}")
                .await;
            answer.refuses(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                None,
            );
        }
        let untyped = mock.ask((method, path), &[], "{}").await;
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
    for Endpoint {
        method,
        path,
        takes,
        ..
    } in all()
    {
        let kind = match takes {
            Takes::Json => JSON,
            Takes::Form => FORM,
            Takes::Anything => ("content-type", "text/plain"),
        };
        let large = mock.ask((method, path), &[kind], "x".repeat(65_537)).await;
        large.refuses(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", None);
        let promised = mock
            .ask((method, path), &[kind, ("content-length", "65537")], "")
            .await;
        promised.refuses(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", None);
        let largest = mock.ask((method, path), &[kind], "x".repeat(65_536)).await;
        assert!(
            largest.status < 500 && largest.status != 413,
            "{path} {}",
            largest.status
        );
    }
    assert!(is_untouched(&mock).await);
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
    for Endpoint {
        method,
        path,
        takes,
        ..
    } in ENDPOINTS.iter()
    {
        // These two take no parameters, and forgive what they do not read; a Bearer resource says 401.
        let forgives = matches!(*path, "/auth/refresh" | "/api/v1/auth/refresh-token")
            || path.ends_with("/logout");
        let kind = if *takes == Takes::Form { FORM } else { JSON };
        for body in bodies {
            let answer = mock.ask((method, path), &[kind], body.to_vec()).await;
            let label = String::from_utf8_lossy(body.get(..20).unwrap_or(body)).into_owned();
            assert!(
                (400..=499).contains(&answer.status) || (forgives && answer.status == 200),
                "{path} {label} {}",
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

#[tokio::test]
async fn an_empty_request_is_refused_for_what_it_lacks() {
    let mock = Mock::new();
    for (method, path, status, error, reason) in [
        ("POST", "/auth/login", 400, "invalid_request", None),
        (
            "POST",
            "/auth/refresh",
            401,
            "invalid_grant",
            Some("missing"),
        ),
        ("GET", "/auth/me", 401, "missing_token", None),
        ("POST", "/auth/token", 400, "invalid_request", None),
        ("POST", "/auth/revoke", 400, "invalid_request", None),
        ("POST", "/api/v1/auth/login", 400, "invalid_request", None),
        (
            "POST",
            "/api/v1/auth/refresh-token",
            403,
            "invalid_grant",
            Some("missing"),
        ),
        ("GET", "/api/v1/auth/google", 400, "invalid_request", None),
        (
            "GET",
            "/api/v1/auth/google/callback",
            400,
            "invalid_request",
            None,
        ),
        ("GET", "/api/v1/bookings", 401, "missing_token", None),
        ("POST", "/gateway/login", 400, "invalid_request", None),
        ("GET", "/gateway/api/me", 401, "missing_token", None),
        ("PUT", "/gateway/api/anything", 401, "missing_token", None),
        ("POST", "/wx/code", 422, "invalid_control", None),
        ("POST", "/wx/auth/login", 400, "invalid_request", None),
        (
            "POST",
            "/wx/auth/refresh",
            401,
            "invalid_grant",
            Some("missing"),
        ),
        ("GET", "/wx/api/profile", 401, "missing_token", None),
        ("POST", "/__mock/clock", 422, "invalid_control", None),
        ("GET", "/gateway/api", 404, "not_found", None),
        ("GET", "/gateway/api/", 404, "not_found", None),
        ("GET", "/wx", 404, "not_found", None),
        ("GET", "/api/v1", 404, "not_found", None),
    ] {
        let answer = mock.ask((method, path), &[], "").await;
        answer.refuses(StatusCode::from_u16(status).unwrap(), error, reason);
    }
    assert!(is_untouched(&mock).await);
}
