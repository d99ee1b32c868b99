use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use evertoken_mock::world::Still;
use evertoken_mock::{Counters, Options};
use serde_json::{Value, json};

use crate::rig::{Mock, claims};

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

async fn post(mock: &Mock, path: &str, body: Value) -> crate::rig::Answer {
    mock.json(Method::POST, path, body).await
}

#[tokio::test]
async fn the_clock_is_moved_forward_and_says_where_it_is() {
    let mock = Mock::new();
    let answer = mock.get("/__mock/clock").await;
    assert_eq!(answer.json(), json!({ "now": Still::NOW, "offset": 0 }));
    let answer = post(&mock, "/__mock/clock", json!({ "advance": 90 })).await;
    assert_eq!(
        answer.json(),
        json!({ "now": Still::NOW + 90, "offset": 90 })
    );
    post(&mock, "/__mock/clock", json!({ "advance": 0.5 })).await;
    assert_eq!(mock.root().clock().offset(), Duration::from_millis(90_500));
}

#[tokio::test]
async fn the_date_header_goes_by_the_clock_and_can_be_skewed() {
    let mock = Mock::new();
    assert_eq!(
        mock.get("/health").await.header("date"),
        Some("Thu, 01 Jan 2026 00:00:00 GMT")
    );
    post(&mock, "/__mock/clock", json!({ "advance": 3600 })).await;
    assert_eq!(
        mock.get("/health").await.header("date"),
        Some("Thu, 01 Jan 2026 01:00:00 GMT")
    );
    let skewed = post(&mock, "/__mock/clock", json!({ "skew_date_header": -7200 })).await;
    assert_eq!(
        skewed.json()["now"],
        Still::NOW + 3600,
        "the clock itself is not moved"
    );
    assert_eq!(
        mock.get("/health").await.header("date"),
        Some("Wed, 31 Dec 2025 23:00:00 GMT")
    );
}

#[tokio::test]
async fn a_wrong_movement_is_told_which_field_and_moves_nothing() {
    let mock = Mock::new();
    for (body, field) in [
        (json!({ "advance": -1 }), "advance"),
        (json!({ "advance": 1e300 }), "advance"),
        (json!({ "advance": "1h" }), "advance"),
        (json!({ "skew_date_header": 0.5 }), "skew_date_header"),
        (json!({ "advanse": 1 }), "advanse"),
    ] {
        let answer = post(&mock, "/__mock/clock", body).await;
        answer.refuses(WRONG, "invalid_control", None);
        assert!(
            answer.text("error_description").contains(field),
            "{:?}",
            answer.json()
        );
    }
    assert_eq!(mock.root().clock().offset(), Duration::ZERO);
    for _ in 0..20 {
        post(
            &mock,
            "/__mock/clock",
            json!({ "advance": 3_000_000_000_u64, "skew_date_header": i64::MAX }),
        )
        .await;
    }
    assert_eq!(
        mock.get("/health").await.status,
        200,
        "a clock at its end still tells a date"
    );
}

#[tokio::test]
async fn reset_forgets_everything_and_tokens_from_before_are_no_longer_good() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    post(&mock, "/__mock/clock", json!({ "advance": 60 })).await;
    mock.json(Method::PUT, "/__mock/users", json!([])).await;
    mock.json(
        Method::PUT,
        "/__mock/faults",
        json!([{ "path": "/health", "do": "hang" }]),
    )
    .await;
    assert_eq!(
        mock.send(Request::post("/__mock/reset").body(Body::empty()).unwrap())
            .await
            .status,
        200
    );
    assert_eq!(mock.root().counters(), Counters::default());
    assert!(mock.root().families().await.unwrap().is_empty() && mock.root().requests().is_empty());
    assert!(mock.root().faults().rules().is_empty());
    assert_eq!(mock.root().clock().offset(), Duration::ZERO);
    assert_eq!(
        (
            mock.me(&login.access()).await.status,
            browser.refresh().await.status
        ),
        (401, 401)
    );
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    assert_eq!(
        (
            mock.me(&login.access()).await.status,
            browser.refresh().await.status
        ),
        (200, 200)
    );
}

#[tokio::test]
async fn requests_say_which_token_came_and_never_show_one() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let first = browser.jar.clone().unwrap();
    browser.refresh().await;
    mock.me(&login.access()).await;
    let request = Request::get("/auth/me?secret=1").header("origin", "http://localhost:1");
    mock.send(request.body(Body::empty()).unwrap()).await;
    let answer = mock.get("/__mock/requests").await;
    let sid = claims(&first)["fid"].clone();
    let jti = claims(&login.access())["jti"].clone();
    let tokens = [
        Value::Null,
        json!({ "sub": "usr_1", "sid": sid, "seq": 1 }),
        json!({ "sub": "usr_1", "sid": sid, "jti": jti }),
        Value::Null,
    ];
    let entries = answer.json();
    for (entry, token) in entries.as_array().unwrap().iter().zip(tokens) {
        assert_eq!(entry["token"], token, "{entry}");
    }
    assert_eq!(
        entries[3],
        json!({ "n": 4, "at": Still::NOW, "method": "GET", "path": "/auth/me", "origin": "http://localhost:1", "status": 401, "token": null, "faulted": false })
    );
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    for secret in [
        &first,
        &login.access(),
        &login.key(),
        "password\"",
        "secret",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_last_thousand_requests_are_kept() {
    let mock = Mock::new();
    for n in 0..1_010 {
        mock.get(&format!("/page/{n}")).await;
    }
    let requests = mock.root().requests();
    assert_eq!(
        (
            requests.len(),
            requests[0].path.as_str(),
            requests[999].status
        ),
        (1_000, "/page/10", Some(404))
    );
}

#[tokio::test]
async fn requests_are_numbered_from_one_and_neither_a_full_log_nor_a_reset_begins_anew() {
    let mock = Mock::new();
    for n in 0..1_010 {
        mock.get(&format!("/page/{n}")).await;
    }
    let numbers: Vec<u64> = mock.root().requests().iter().map(|one| one.n).collect();
    assert_eq!((numbers[0], numbers[999]), (11, 1_010));
    assert!(numbers.is_sorted_by(|one, next| one + 1 == *next));
    let reset = Request::post("/__mock/reset").body(Body::empty()).unwrap();
    mock.send(reset).await;
    mock.get("/page").await;
    assert_eq!(mock.get("/__mock/requests").await.json()[0]["n"], 1_011);
    mock.get("/t/other/page").await;
    let others = mock.get("/t/other/__mock/requests").await.json();
    assert_eq!(others[0]["n"], 1, "each tenant has numbers of its own");
}

#[tokio::test]
async fn families_say_their_state() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    browser.refresh().await;
    mock.signed_in("admin@example.com").await;
    mock.present(&login.cookie().unwrap(), None).await;
    let families = mock.get("/__mock/families").await.json();
    let sid = claims(&login.access())["sid"].clone();
    assert_eq!(
        families[0],
        json!({ "id": sid, "sub": "usr_1", "client": "spa", "contract": "rotation", "seq": 2, "status": "ended", "reason": "reuse" })
    );
    assert_eq!(
        (&families[1]["status"], &families[1]["reason"]),
        (&json!("alive"), &Value::Null)
    );
}

#[tokio::test]
async fn the_controls_are_closed_to_foreign_pages_and_foreign_names() {
    let mock = Mock::new();
    for (header, value) in [
        ("origin", "https://evil.test"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("host", "evil.test"),
        ("host", "localhost.evil.test:4000"),
        ("host", "192.168.0.7:4000"),
        ("host", "[bad"),
    ] {
        let request = Request::get("/__mock/users")
            .header(header, value)
            .body(Body::empty())
            .unwrap();
        mock.send(request)
            .await
            .refuses(StatusCode::FORBIDDEN, "control_forbidden", None);
    }
    for (header, value) in [
        ("origin", "http://localhost:5173"),
        ("host", "localhost:4000"),
        ("host", "127.0.0.1:8080"),
        ("host", "[::1]:4000"),
    ] {
        let request = Request::get("/__mock/users")
            .header(header, value)
            .body(Body::empty())
            .unwrap();
        assert_eq!(mock.send(request).await.status, 200, "{header}: {value}");
    }
}

#[tokio::test]
async fn a_form_of_a_page_cannot_be_a_control() {
    let mock = Mock::new();
    let request = Request::post("/__mock/clock").header("content-type", "text/plain");
    let answer = mock
        .send(request.body(Body::from("{\"advance\":1}")).unwrap())
        .await;
    answer.refuses(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        None,
    );
    assert_eq!(mock.root().clock().offset(), Duration::ZERO);
}

#[tokio::test]
async fn the_controls_can_be_turned_off_or_opened_to_every_name() {
    let off = Mock::with(Options {
        control: false,
        ..Options::default()
    });
    off.get("/__mock/counters")
        .await
        .refuses(StatusCode::NOT_FOUND, "not_found", None);
    let open = Mock::with(Options {
        control_anywhere: true,
        ..Options::default()
    });
    let request = Request::get("/__mock/users")
        .header("host", "mock:4000")
        .body(Body::empty())
        .unwrap();
    assert_eq!(open.send(request).await.status, 200);
    let request = Request::get("/__mock/users")
        .header("origin", "https://evil.test")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        open.send(request).await.status,
        403,
        "a foreign page stays foreign"
    );
}

#[tokio::test]
async fn the_counters_have_the_names_tests_rely_on() {
    let counters = Mock::new().get("/__mock/counters").await.json();
    assert_eq!(
        counters,
        json!({
            "login": { "ok": 0, "denied": 0 },
            "refresh": { "ok": 0, "replayed": 0, "superseded": 0, "denied": 0, "limited": 0 },
            "rotations": 0, "reuse": 0, "logout": 0,
            "resource": { "ok": 0, "unauthorized": 0, "forbidden": 0 },
        })
    );
}

#[tokio::test]
async fn nothing_a_client_sends_makes_the_log_of_requests_large() {
    let mock = Mock::new();
    let long = "X".repeat(5_000);
    let path = format!("/{long}");
    mock.ask((&long, &path), &[("origin", &long)], "").await;
    let entry = &mock.root().requests()[0];
    let lengths = [&entry.method, &entry.path, entry.origin.as_ref().unwrap()].map(String::len);
    assert!(lengths.iter().all(|length| *length < 600), "{lengths:?}");
}
