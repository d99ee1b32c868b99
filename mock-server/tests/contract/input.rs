//! Requests that are wrong: the right 4xx, and no change of state.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;

use crate::rig::{Answer, Mock};

struct Wrong<'a> {
    mock: &'a Mock,
    cookie: &'a str,
}

impl Wrong<'_> {
    async fn refresh(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.send("POST", "/auth/refresh", headers, body).await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("cookie", format!("refresh_token={}", self.cookie));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.mock.send(request.body(body.into()).unwrap()).await
    }

    async fn nothing_has_changed(&self) {
        let counters = self.mock.root().counters();
        assert_eq!(
            (counters.refresh.denied, counters.rotations, counters.logout),
            (0, 0, 0)
        );
        assert_eq!(self.refresh(&[], "").await.status, 200);
    }
}

#[tokio::test]
async fn every_wrong_request_is_refused_for_the_first_thing_that_is_wrong_with_it() {
    let mock = Mock::new();
    let (browser, _) = mock.signed_in("user@example.com").await;
    let cookie = browser.jar.unwrap();
    let wrong = Wrong {
        mock: &mock,
        cookie: &cookie,
    };
    // Each adds a flaw that comes earlier in the order.
    let foreign = ("origin", "https://evil.test");
    let empty_key = ("idempotency-key", "");
    let second = ("cookie", "refresh_token=other");
    let text = ("content-type", "text/plain");
    let large = "x".repeat(65_537);
    let answer = wrong.refresh(&[foreign], "").await;
    answer.refuses(StatusCode::FORBIDDEN, "csrf_rejected", None);
    for flaws in [&[foreign, empty_key][..], &[foreign, second][..]] {
        wrong
            .refresh(flaws, "")
            .await
            .refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
    }
    let answer = wrong
        .refresh(&[foreign, empty_key, second, text], "x")
        .await;
    answer.refuses(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        None,
    );
    let answer = wrong
        .refresh(&[foreign, empty_key, second, text], large.clone())
        .await;
    answer.refuses(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", None);
    let answer = wrong
        .send(
            "PUT",
            "/auth/refresh",
            &[foreign, empty_key, second, text],
            large,
        )
        .await;
    answer.refuses(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", None);
    wrong.nothing_has_changed().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let mock = Mock::new();
    for (method, path, allow) in [
        ("GET", "/auth/login", "POST"),
        ("DELETE", "/auth/refresh", "POST"),
        ("PUT", "/auth/logout", "POST"),
        ("POST", "/auth/me", "GET,HEAD"),
        ("GET", "/__mock/reset", "POST"),
    ] {
        let answer = mock
            .send(
                Request::builder()
                    .method(method)
                    .uri(path)
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        answer.refuses(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", None);
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
    }
}

#[tokio::test]
async fn a_body_is_json_or_empty_and_at_most_64_kib() {
    let mock = Mock::new();
    let (browser, _) = mock.signed_in("user@example.com").await;
    let cookie = browser.jar.unwrap();
    let wrong = Wrong {
        mock: &mock,
        cookie: &cookie,
    };
    for path in ["/auth/login", "/auth/refresh", "/auth/logout"] {
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/jsonp",
        ] {
            let answer = wrong
                .send("POST", path, &[("content-type", kind)], "{}")
                .await;
            answer.refuses(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                None,
            );
        }
        wrong.send("POST", path, &[], "{}").await.refuses(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            None,
        );
        let lying = wrong
            .send("POST", path, &[("content-length", "70000")], "")
            .await;
        lying.refuses(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", None);
    }
    let longest = format!("{{\"pad\":\"{}\"}}", "x".repeat(65_526));
    assert_eq!(longest.len(), 65_536);
    let json = [("content-type", "application/json; charset=utf-8")];
    assert_eq!(
        wrong
            .send("POST", "/auth/login", &json, longest)
            .await
            .status,
        400
    );
    wrong.nothing_has_changed().await;
}

#[tokio::test]
async fn an_empty_body_needs_no_content_type_and_any_is_forgiven() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    assert_eq!(browser.refresh().await.status, 200);
    for headers in [
        &[("content-type", "text/plain")],
        &[("content-type", "application/json")],
    ] {
        let cookie = browser.jar.clone().unwrap();
        let answer = Wrong {
            mock: &mock,
            cookie: &cookie,
        }
        .refresh(headers, "")
        .await;
        assert_eq!(answer.status, 200);
        browser.jar = answer.cookie();
    }
}

#[tokio::test]
async fn malformed_json_is_a_mistake_of_the_request() {
    let mock = Mock::new();
    for body in [
        &b""[..],
        b"{",
        b"{} {}",
        b"\xff\xfe",
        b"null",
        b"\"",
        b"{\"email\":\"\xc3\x28\",\"password\":\"\"}",
    ] {
        let request = Request::post("/auth/login").header("content-type", "application/json");
        let answer = mock.send(request.body(Body::from(body)).unwrap()).await;
        answer.refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
    }
}

#[tokio::test]
async fn other_cookies_in_any_number_and_shape_do_not_matter() {
    let mock = Mock::new();
    let (browser, _) = mock.signed_in("user@example.com").await;
    let many = (0..10_000)
        .map(|n| format!("c{n}={n}; "))
        .collect::<String>();
    let header = format!(
        "{many}=; ;;; a; refresh_token2=x; refresh_token={}",
        browser.jar.unwrap()
    );
    let request = Request::post("/auth/refresh")
        .header("cookie", header)
        .body(Body::empty())
        .unwrap();
    assert_eq!(mock.send(request).await.status, 200);
}

#[tokio::test]
async fn an_idempotency_key_is_one_header_of_1_to_256_bytes() {
    let mock = Mock::new();
    let (browser, _) = mock.signed_in("user@example.com").await;
    let cookie = browser.jar.unwrap();
    let wrong = Wrong {
        mock: &mock,
        cookie: &cookie,
    };
    let (longest, longer) = ("k".repeat(256), "k".repeat(257));
    let key = "idempotency-key";
    for headers in [
        &[(key, "")][..],
        &[(key, longer.as_str())][..],
        &[(key, "a"), (key, "a")][..],
    ] {
        wrong
            .refresh(headers, "")
            .await
            .refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
    }
    assert_eq!(wrong.refresh(&[(key, &longest)], "").await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_in_json() {
    let mock = Mock::new();
    for path in [
        "/auth",
        "/auth/",
        "/auth/login/",
        "/nowhere",
        "/__mock/nothing",
    ] {
        mock.get(path)
            .await
            .refuses(StatusCode::NOT_FOUND, "not_found", None);
    }
    assert_eq!(mock.get("/health").await.status, 200);
    assert_eq!(
        mock.get("/.well-known/jwks.json").await.json(),
        serde_json::json!({ "keys": [] })
    );
}

#[tokio::test]
async fn nothing_under_auth_is_stored_by_a_cache() {
    let mock = Mock::new();
    for path in ["/auth/login", "/auth/refresh", "/auth/me", "/auth/nowhere"] {
        assert_eq!(
            mock.get(path).await.header("cache-control"),
            Some("no-store"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_without_what_was_in_it() {
    let mock = Mock::new();
    let twice = json!(json!({ "email": "user@example.com", "password": "hunter2" }).to_string());
    for (path, body) in [
        ("/auth/login", twice.clone()),
        (
            "/auth/login",
            json!({ "email": "user@example.com", "password": 271_828 }),
        ),
        ("/gateway/login", twice),
        ("/wx/auth/login", json!("hunter2, expected")),
        ("/wx/auth/refresh", json!("hunter2")),
        ("/wx/auth/refresh", json!({ "refreshToken": 271_828 })),
        ("/wx/auth/logout", json!("hunter2")),
    ] {
        let answer = mock.json(Method::POST, path, body).await;
        answer.refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
        let text = answer.text("error_description");
        assert!(text.contains("expected"), "{path}: {text}");
        assert!(
            !text.contains("hunter2") && !text.contains("271828"),
            "{path}: {text}"
        );
    }
}

#[tokio::test]
async fn what_has_names_is_an_object_and_no_list_of_their_values() {
    let mock = Mock::new();
    let code = mock
        .json(
            Method::POST,
            "/wx/code",
            json!({ "email": "user@example.com" }),
        )
        .await
        .text("code");
    let counters = mock.root().counters();
    for (path, body, status) in [
        ("/auth/login", json!(["user@example.com", "password"]), 400),
        (
            "/api/v1/auth/login",
            json!(["user@example.com", "password"]),
            400,
        ),
        (
            "/gateway/login",
            json!(["user@example.com", "password"]),
            400,
        ),
        ("/wx/auth/login", json!([code]), 400),
        ("/wx/auth/refresh", json!(["x.y.z"]), 400),
        ("/wx/auth/logout", json!(["x.y.z"]), 400),
        ("/wx/code", json!(["user@example.com"]), 422),
        ("/__mock/clock", json!([60, null]), 422),
        ("/__mock/expire", json!(["access", null]), 422),
    ] {
        let answer = mock.json(Method::POST, path, body).await;
        assert_eq!(answer.status, status, "{path}: {:?}", answer.json());
    }
    for (path, body) in [
        (
            "/__mock/users",
            json!([["usr_9", "a@example.com", "a", "user", true]]),
        ),
        (
            "/__mock/faults",
            json!([["/health", 1, null, 1.0, "before", "hang"]]),
        ),
    ] {
        let answer = mock.json(Method::PUT, path, body).await;
        assert_eq!(answer.status, 422, "{path}: {:?}", answer.json());
    }
    assert_eq!(mock.root().counters(), counters);
    assert_eq!(mock.root().clock().offset(), std::time::Duration::ZERO);
}
