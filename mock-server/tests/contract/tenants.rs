use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use evertoken_mock::{Do, Rule};
use serde_json::json;

use crate::rig::{Browser, Mock, claims};

fn browser(mock: &Mock, tenant: &str) -> Browser {
    Browser {
        prefix: format!("/t/{tenant}"),
        ..mock.browser()
    }
}

#[tokio::test]
async fn a_tenant_has_sessions_clock_counters_and_faults_of_its_own() {
    let mock = Mock::new();
    let (a, b) = (
        mock.state.tenant("a").unwrap(),
        mock.state.tenant("b").unwrap(),
    );
    a.faults()
        .set([Rule::new("/auth/refresh", Do::Garbage).count(1)]);
    let (mut in_a, mut in_b) = (browser(&mock, "a"), browser(&mock, "b"));
    in_a.login("user@example.com").await;
    in_b.login("user@example.com").await;
    in_a.refresh().await;
    assert_eq!(in_b.refresh().await.status, 200);
    assert_eq!(
        (
            a.counters().rotations,
            b.counters().rotations,
            mock.root().counters().login.ok
        ),
        (0, 1, 0)
    );
    a.clock().advance(Duration::from_secs(604_800));
    in_a.refresh()
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_grant", Some("expired"));
    assert_eq!(in_b.refresh().await.status, 200);
    mock.json(Method::POST, "/t/b/__mock/reset", json!({}))
        .await;
    assert_eq!((a.counters().login.ok, b.counters().login.ok), (1, 0));
}

#[tokio::test]
async fn the_cookie_and_the_issuer_have_the_tenants_prefix() {
    let mock = Mock::new();
    let answer = browser(&mock, "a").login("user@example.com").await;
    assert!(answer.set_cookie().unwrap().contains("; Path=/t/a/auth;"));
    assert_eq!(claims(&answer.access())["iss"], "http://127.0.0.1:4000/t/a");
    assert_eq!(
        mock.state.tenant("a").unwrap().url(),
        "http://127.0.0.1:4000/t/a"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_tenant_without_its_slash_leads_to_itself_with_one() {
    let mock = Mock::new();
    for (method, path, location) in [
        ("GET", "/t/a", "/t/a/"),
        ("HEAD", "/t/a", "/t/a/"),
        ("GET", "/t/a?x=/1", "/t/a/?x=/1"),
    ] {
        let answer = mock.ask((method, path), &[], "").await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (307, Some(location)),
            "{method} {path}"
        );
    }
    assert_eq!(mock.get("/t/a/").await.status, 200);
    assert_eq!(mock.ask(("POST", "/t/a"), &[], "").await.status, 404);
    assert_eq!(mock.get("/t/A").await.status, 404);
}

#[tokio::test]
async fn tenants_refuse_each_others_tokens() {
    let mock = Mock::new();
    let mut in_a = browser(&mock, "a");
    let login = in_a.login("user@example.com").await;
    for prefix in ["", "/t/b"] {
        let answer = Browser {
            prefix: prefix.to_owned(),
            ..in_a.clone()
        }
        .refresh()
        .await;
        answer.refuses(StatusCode::UNAUTHORIZED, "invalid_grant", None);
        let me = Request::get(format!("{prefix}/auth/me"))
            .header("authorization", format!("Bearer {}", login.access()));
        assert_eq!(mock.send(me.body(Body::empty()).unwrap()).await.status, 401);
    }
    assert_eq!(in_a.refresh().await.status, 200);
}

#[tokio::test]
async fn a_name_is_1_to_64_small_letters_digits_and_dashes() {
    let mock = Mock::new();
    let longest = "a".repeat(64);
    for good in ["a", "run-42", "0", &longest] {
        assert_eq!(
            mock.get(&format!("/t/{good}/health")).await.status,
            200,
            "{good}"
        );
    }
    let longer = "a".repeat(65);
    for bad in ["", "A", "a.b", "a_b", "%61", "..", &longer] {
        mock.get(&format!("/t/{bad}/health")).await.refuses(
            StatusCode::NOT_FOUND,
            "not_found",
            None,
        );
        assert!(mock.state.tenant(bad).is_none());
    }
    assert_eq!(
        mock.get("/t/a/t/b/health").await.status,
        404,
        "there are no tenants of tenants"
    );
}

#[tokio::test]
async fn of_ten_thousand_the_longest_idle_goes_first() {
    let mock = Mock::new();
    for n in 0..10_000 {
        mock.state
            .tenant(&format!("t{n}"))
            .unwrap()
            .clock()
            .advance(Duration::from_secs(1));
    }
    mock.state.tenant("t0").unwrap();
    mock.state.tenant("one-more").unwrap();
    let offset = |name: &str| mock.state.tenant(name).unwrap().clock().offset().as_secs();
    assert_eq!((offset("t0"), offset("t9999")), (1, 1));
    assert_eq!(offset("t1"), 0, "forgotten, and made anew");
}

#[tokio::test]
async fn a_page_can_read_that_it_named_its_tenant_wrongly() {
    let mock = Mock::new();
    let page = ("origin", "http://localhost:5173");
    let wanted = ("access-control-request-method", "POST");
    let asked = mock
        .ask(("OPTIONS", "/t/A/auth/login"), &[page, wanted], "")
        .await;
    let told = mock.ask(("POST", "/t/A/auth/login"), &[page], "").await;
    told.refuses(StatusCode::NOT_FOUND, "not_found", None);
    for answer in [&asked, &told] {
        assert_eq!(answer.header("access-control-allow-origin"), Some(page.1));
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
    assert_eq!(asked.status, 204);
    let foreign = mock
        .ask(
            ("GET", "/t/A/health"),
            &[("origin", "https://evil.test")],
            "",
        )
        .await;
    assert_eq!(foreign.header("access-control-allow-origin"), None);
}
