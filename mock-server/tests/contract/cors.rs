//! Which pages may call, and which may read the answers.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use evertoken_mock::{Do, Options, Rule};

use crate::rig::{Answer, Mock, URL};

const PAGE: &str = "http://localhost:5173";
const CREDENTIALS: &str = r#"{"email":"user@example.com","password":"password"}"#;

async fn ask(mock: &Mock, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if path == "/auth/login" {
        CREDENTIALS
    } else {
        ""
    };
    mock.send(
        request
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap(),
    )
    .await
}

fn is_shared(answer: &Answer, origin: &str) -> bool {
    answer.header("access-control-allow-origin") == Some(origin)
        && answer.header("access-control-allow-credentials") == Some("true")
        && answer.header("access-control-expose-headers")
            == Some("Retry-After, WWW-Authenticate, Authorization, Date")
        && answer.header("vary") == Some("Origin")
}

fn is_unshared(answer: &Answer) -> bool {
    !answer
        .headers
        .keys()
        .any(|name| name.as_str().starts_with("access-control-"))
}

#[tokio::test]
async fn a_loopback_page_may_call_and_read_everything_errors_and_faulted_answers_too() {
    let mock = Mock::new();
    mock.root().faults().set([Rule::new(
        "/health",
        Do::Status {
            status: 503,
            retry_after: Some(2),
        },
    )]);
    for (method, path, status) in [
        (Method::POST, "/auth/login", 200),
        (Method::POST, "/auth/refresh", 401),
        (Method::GET, "/auth/me", 401),
        (Method::GET, "/auth/login", 405),
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/health", 503),
        (Method::GET, "/__mock/counters", 200),
    ] {
        let answer = ask(&mock, method, path, &[("origin", PAGE)]).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(is_shared(&answer, PAGE), "{path} {answer:?}");
    }
}

#[tokio::test]
async fn a_preflight_names_what_is_allowed_and_lasts_ten_minutes() {
    let mock = Mock::new();
    let asked = [("origin", PAGE), ("access-control-request-method", "POST")];
    let answer = ask(&mock, Method::OPTIONS, "/auth/refresh", &asked).await;
    assert_eq!(answer.status, 204);
    assert!(is_shared(&answer, PAGE));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("Authorization, Content-Type, Idempotency-Key")
    );
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    assert!(
        answer
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );
}

#[tokio::test]
async fn a_foreign_page_is_rejected_where_cookies_are_read_or_set_and_reads_nothing_anywhere() {
    for origin in ["https://evil.test", "null", "http://localhost.evil.test"] {
        let mock = Mock::new();
        for path in ["/auth/login", "/auth/refresh", "/auth/logout"] {
            let answer = ask(&mock, Method::POST, path, &[("origin", origin)]).await;
            answer.refuses(StatusCode::FORBIDDEN, "csrf_rejected", None);
            assert!(answer.text("error_description").contains("--allow-origin"));
            assert!(is_unshared(&answer) && answer.set_cookie().is_none());
        }
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
        ];
        assert!(is_unshared(
            &ask(&mock, Method::OPTIONS, "/auth/login", &asked).await
        ));
        let resource = ask(&mock, Method::GET, "/auth/me", &[("origin", origin)]).await;
        assert!(
            resource.status == 401 && is_unshared(&resource),
            "a Bearer resource has no cookie to protect"
        );
        assert_eq!(
            mock.root().counters(),
            evertoken_mock::Counters {
                resource: evertoken_mock::Resources {
                    unauthorized: 1,
                    ..Default::default()
                },
                ..Default::default()
            }
        );
    }
}

#[tokio::test]
async fn a_foreign_page_cannot_use_the_cookie_it_makes_the_browser_send() {
    let mock = Mock::new();
    let (browser, _) = mock.signed_in("user@example.com").await;
    let cookie = format!("refresh_token={}", browser.jar.clone().unwrap());
    for path in ["/auth/refresh", "/auth/logout"] {
        let answer = ask(
            &mock,
            Method::POST,
            path,
            &[("origin", "https://evil.test"), ("cookie", &cookie)],
        )
        .await;
        assert_eq!((answer.status, answer.set_cookie()), (403, None));
    }
    assert_eq!(mock.present(&browser.jar.unwrap(), None).await.status, 200);
}

#[tokio::test]
async fn two_origins_or_an_unreadable_one_are_foreign() {
    let mock = Mock::new();
    let two = [("origin", PAGE), ("origin", PAGE)];
    ask(&mock, Method::POST, "/auth/login", &two).await.refuses(
        StatusCode::FORBIDDEN,
        "csrf_rejected",
        None,
    );
    let request = Request::post("/auth/login").header("origin", &b"http://localhost\xff"[..]);
    let request = request
        .header("content-type", "application/json")
        .body(Body::from(CREDENTIALS))
        .unwrap();
    mock.send(request)
        .await
        .refuses(StatusCode::FORBIDDEN, "csrf_rejected", None);
}

#[tokio::test]
async fn without_an_origin_only_what_says_that_it_is_cross_site_is_rejected() {
    let mock = Mock::new();
    for (site, status) in [
        ("cross-site", 403),
        ("same-site", 200),
        ("same-origin", 200),
        ("none", 200),
    ] {
        let answer = ask(
            &mock,
            Method::POST,
            "/auth/login",
            &[("sec-fetch-site", site)],
        )
        .await;
        assert_eq!(answer.status, status, "{site}");
    }
    assert_eq!(
        ask(&mock, Method::POST, "/auth/login", &[]).await.status,
        200
    );
}

#[tokio::test]
async fn a_list_of_origins_replaces_the_loopback_ones_but_not_our_own() {
    let listed = "https://app.example.com";
    let mock = Mock::with(Options {
        allow_origins: vec![listed.to_owned()],
        ..Options::default()
    });
    for (origin, status) in [
        (listed, 200),
        (URL, 200),
        ("http://localhost:4000", 200),
        (PAGE, 403),
    ] {
        let answer = ask(
            &mock,
            Method::POST,
            "/auth/login",
            &[("origin", origin), ("host", "app.example.com")],
        )
        .await;
        assert_eq!(answer.status, status, "{origin}");
    }
}
