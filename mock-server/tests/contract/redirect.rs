//! `fixed-cookie`'s login by redirect, through the mock's consent page.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use evertoken_mock::Options;
use serde_json::json;

use crate::rig::{Answer, Mock};

const START: &str = "/api/v1/auth/google?return_to=http%3A%2F%2Flocalhost%3A5173%2Fapp%3Fa%3D1";
const BAD: StatusCode = StatusCode::BAD_REQUEST;

async fn begin(mock: &Mock, start: &str) -> String {
    // A page of another site navigates here.
    let answer = mock
        .ask(("GET", start), &[("sec-fetch-site", "cross-site")], "")
        .await;
    assert_eq!(answer.status, 200, "{start}");
    state_in(&answer)
}

fn state_in(consent: &Answer) -> String {
    let page = String::from_utf8(consent.body.to_vec()).unwrap();
    let state = page.split("name=\"state\" value=\"").nth(1).unwrap();
    state.split('"').next().unwrap().to_owned()
}

async fn choose(mock: &Mock, state: &str, user: &str) -> Answer {
    let path = format!("/api/v1/auth/google/callback?state={state}{user}");
    mock.ask(("GET", &path), &[("sec-fetch-site", "same-origin")], "")
        .await
}

#[tokio::test]
async fn whoever_chooses_an_account_comes_back_with_the_cookie_and_the_app_restores() {
    let mock = Mock::new();
    let state = begin(&mock, START).await;
    let back = choose(&mock, &state, "&user=user%40example.com").await;
    assert_eq!(
        (back.status, back.header("location")),
        (303, Some("http://localhost:5173/app?a=1"))
    );
    assert!(
        back.set_cookie()
            .unwrap()
            .contains("; Path=/api/v1/auth; Max-Age=604800")
    );
    let cookie = format!("refreshToken={}", back.cookie().unwrap());
    let restored = mock
        .ask(
            ("POST", "/api/v1/auth/refresh-token"),
            &[("cookie", &cookie)],
            "",
        )
        .await;
    assert_eq!((restored.status, mock.root().counters().login.ok), (200, 1));
}

#[tokio::test]
async fn a_state_is_good_once_for_ten_minutes_and_only_if_we_made_it() {
    let mock = Mock::new();
    let state = begin(&mock, START).await;
    assert_eq!(
        choose(&mock, &state, "&user=user@example.com").await.status,
        303
    );
    for state in [state.as_str(), "made-up", ""] {
        let refused = choose(&mock, state, "&user=user@example.com").await;
        assert_eq!(
            refused.refuses(BAD, "invalid_request", None).set_cookie(),
            None
        );
    }
    let late = begin(&mock, START).await;
    mock.root().clock().advance(Duration::from_secs(600));
    choose(&mock, &late, "&user=user@example.com")
        .await
        .refuses(BAD, "invalid_request", None);
    assert_eq!(mock.root().families().await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_cancels_or_may_not_sign_in_comes_back_without_a_session() {
    let mock = Mock::new();
    for user in ["", "&user=inactive@example.com", "&user=nobody@example.com"] {
        let state = begin(&mock, START).await;
        let back = choose(&mock, &state, user).await;
        assert_eq!(
            (back.status, back.header("location"), back.set_cookie()),
            (
                303,
                Some("http://localhost:5173/app?a=1&error=access_denied"),
                None
            )
        );
    }
    assert_eq!(
        mock.root().counters().login.denied,
        2,
        "to cancel is no login"
    );
}

#[tokio::test]
async fn the_way_back_is_on_the_list_of_origins_or_there_is_no_way() {
    let mock = Mock::new();
    for bad in [
        "",
        "?return_to=",
        "?return_to=https://evil.test/",
        "?return_to=//evil.test",
        "?return_to=%5C%5Cevil.test",
        "?return_to=http://localhost@evil.test",
        "?return_to=http://me@localhost/",
        "?return_to=http://localhost.evil.test",
        "?return_to=javascript:alert(1)",
        "?return_to=data:text/html,x",
        "?return_to=blob:http://localhost:4000/x",
        "?return_to=http://",
        "?return_to=%ff",
        "?return_to=/&return_to=/",
    ] {
        mock.get(&format!("/api/v1/auth/google{bad}"))
            .await
            .refuses(BAD, "invalid_request", None);
    }
    for (good, location) in [
        ("/demo?x=1", "http://127.0.0.1:4000/demo?x=1"),
        ("http://127.0.0.1:4000/", "http://127.0.0.1:4000/"),
        (
            "http://localhost:3000/%250d%250aSet-Cookie:x=1",
            "http://localhost:3000/%0d%0aSet-Cookie:x=1",
        ),
        (
            "http://localhost:3000/%0d%0aSet-Cookie:x=1",
            "http://localhost:3000/Set-Cookie:x=1",
        ),
    ] {
        let state = begin(&mock, &format!("/api/v1/auth/google?return_to={good}")).await;
        assert_eq!(
            choose(&mock, &state, "&user=user@example.com")
                .await
                .header("location"),
            Some(location)
        );
    }
    let listed = Mock::with(Options {
        allow_origins: vec!["https://app.example.com".into()],
        ..Options::default()
    });
    listed
        .get(START)
        .await
        .refuses(BAD, "invalid_request", None);
    begin(
        &listed,
        "/api/v1/auth/google?return_to=https://app.example.com/in",
    )
    .await;
}

#[tokio::test]
async fn a_path_alone_leads_back_to_the_page_that_asked_or_to_the_name_we_were_called_by() {
    let mock = Mock::new();
    let (page, foreign) = ("http://localhost:5173/sign/in", "http://app.test/");
    for (start, headers, location) in [
        // A development server that hands /api on to us.
        (
            "/app?x=1",
            &[("referer", page)][..],
            "http://localhost:5173/app?x=1",
        ),
        ("app", &[("referer", page)], "http://localhost:5173/app"),
        // The browser says nothing of the page: 127.0.0.1 would be another site than localhost.
        (
            "/app",
            &[("host", "localhost:4000")],
            "http://localhost:4000/app",
        ),
        (
            "/app",
            &[("host", "localhost:4000"), ("referer", page)],
            "http://localhost:5173/app",
        ),
        (
            "http://localhost:3000/",
            &[("referer", foreign)],
            "http://localhost:3000/",
        ),
        (
            "/app",
            &[("referer", "no URL")],
            "http://127.0.0.1:4000/app",
        ),
    ] {
        for prefix in ["", "/t/a"] {
            let path = format!("{prefix}/api/v1/auth/google?return_to={start}");
            let answer = mock.ask(("GET", &path), headers, "").await;
            let state = state_in(&answer);
            let back = "user=user@example.com";
            let path = format!("{prefix}/api/v1/auth/google/callback?state={state}&{back}");
            let back = mock.ask(("GET", &path), &[], "").await;
            assert_eq!(
                back.header("location"),
                Some(location),
                "{start} {headers:?}"
            );
        }
    }
    let path = "/api/v1/auth/google?return_to=/app";
    let lost = mock.ask(("GET", path), &[("referer", foreign)], "").await;
    lost.refuses(BAD, "invalid_request", None);
}

#[tokio::test]
async fn a_way_back_is_no_longer_than_four_kilobytes() {
    let mock = Mock::new();
    for (length, status) in [(4_096, 200), (4_097, 400)] {
        let path = "a".repeat(length - 1);
        let start = format!("/api/v1/auth/google?return_to=/{path}");
        assert_eq!(mock.get(&start).await.status, status, "{length}");
    }
}

#[tokio::test]
async fn whoever_only_looks_at_the_callback_is_not_signed_in_and_spends_nothing() {
    let mock = Mock::new();
    let state = begin(&mock, START).await;
    let path = format!("/api/v1/auth/google/callback?state={state}&user=user@example.com");
    let looked = mock.ask(("HEAD", &path), &[], "").await;
    assert_eq!(
        (looked.status, looked.header("allow"), looked.set_cookie()),
        (405, Some("GET"), None)
    );
    assert_eq!(mock.root().counters().login.ok, 0);
    let back = choose(&mock, &state, "&user=user@example.com").await;
    assert_eq!(back.status, 303);
}

#[tokio::test]
async fn nobody_is_signed_in_by_a_link_on_another_site() {
    let mock = Mock::new();
    let state = begin(&mock, START).await;
    let path = format!("/api/v1/auth/google/callback?state={state}&user=user@example.com");
    let answer = mock
        .ask(("GET", &path), &[("sec-fetch-site", "cross-site")], "")
        .await;
    assert_eq!(
        answer
            .refuses(StatusCode::FORBIDDEN, "csrf_rejected", None)
            .set_cookie(),
        None
    );
}

#[tokio::test]
async fn the_page_is_markup_whatever_the_accounts_are_called() {
    let mock = Mock::new();
    let users = json!([{ "email": "\"><script>alert(1)</script>", "password": "p" }]);
    mock.json(Method::PUT, "/__mock/users", users).await;
    let answer = mock.get(START).await;
    let page = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(
        !page.contains("<script>") && page.contains("&lt;script&gt;"),
        "{page}"
    );
    assert!(
        answer
            .header("content-security-policy")
            .unwrap()
            .contains("default-src 'none'")
    );
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
}

#[tokio::test]
async fn it_asks_for_no_password_so_it_is_there_only_where_the_controls_are() {
    let off = Mock::with(Options {
        control: false,
        ..Options::default()
    });
    for path in [START, "/api/v1/auth/google/callback?state=x"] {
        off.get(path)
            .await
            .refuses(StatusCode::NOT_FOUND, "not_found", None);
    }
    let mock = Mock::new();
    let rebound = mock.ask(("GET", START), &[("host", "evil.test")], "").await;
    rebound.refuses(StatusCode::FORBIDDEN, "control_forbidden", None);
}

#[tokio::test]
async fn a_tenants_page_leads_to_that_tenants_callback() {
    let mock = Mock::new();
    let answer = mock.get(&format!("/t/a{START}")).await;
    let page = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(
        page.contains("action=\"/t/a/api/v1/auth/google/callback\""),
        "{page}"
    );
    let state = begin(&mock, &format!("/t/a{START}")).await;
    choose(&mock, &state, "&user=user@example.com")
        .await
        .refuses(BAD, "invalid_request", None);
}
