//! Misbehaving on command. What needs a connection is in `socket`.

use axum::http::{Method, StatusCode};
use evertoken_mock::{Counters, Do, Rule};
use serde_json::{Value, json};

use crate::rig::{Mock, claims};

const REFRESH: &str = "/auth/refresh";
const LATER: Do = Do::Status {
    status: 503,
    retry_after: Some(2),
};

async fn put(mock: &Mock, rules: Value) -> crate::rig::Answer {
    mock.json(Method::PUT, "/__mock/faults", rules).await
}

#[tokio::test]
async fn a_rule_spoils_its_path_and_no_other_until_it_is_gone() {
    let mock = Mock::new();
    put(
        &mock,
        json!([{ "path": REFRESH, "do": { "status": 503, "retry_after": 2 } }]),
    )
    .await;
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    for _ in 0..3 {
        let answer = browser.refresh().await;
        answer.refuses(StatusCode::SERVICE_UNAVAILABLE, "fault_injected", None);
        assert_eq!(
            (answer.header("retry-after"), answer.set_cookie()),
            (Some("2"), None)
        );
    }
    put(&mock, json!([])).await;
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn before_nothing_is_changed_or_counted_and_after_everything_is() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let before = mock.root().counters();
    mock.root().faults().set([Rule::new(REFRESH, LATER)]);
    browser.refresh_with(&login.key()).await;
    assert_eq!(
        (
            mock.root().counters(),
            mock.root().families().await.unwrap()[0].seq
        ),
        (before, 1)
    );
    mock.root()
        .faults()
        .set([Rule::new(REFRESH, LATER).after()]);
    let lost = browser.refresh_with(&login.key()).await;
    assert_eq!((lost.status, lost.set_cookie()), (503, None));
    assert_eq!(
        (
            mock.root().counters().rotations,
            mock.root().families().await.unwrap()[0].seq
        ),
        (1, 2)
    );
    mock.root().faults().clear();
    let repeat = browser.refresh_with(&login.key()).await;
    assert_eq!(
        (
            repeat.status,
            claims(&repeat.cookie().unwrap())["seq"].clone()
        ),
        (200, json!(2))
    );
}

#[tokio::test]
async fn nth_counts_the_requests_to_the_path_and_count_how_often_a_rule_acts() {
    let mock = Mock::new();
    mock.root()
        .faults()
        .set([Rule::new("/health", LATER).nth(2).count(2)]);
    let mut seen = Vec::new();
    for path in ["/health", "/auth/me", "/health", "/health", "/health"] {
        seen.push(mock.get(path).await.status);
    }
    assert_eq!(seen, [200, 401, 503, 503, 200]);
}

#[tokio::test]
async fn the_first_rule_that_is_due_acts_and_the_others_go_on_counting() {
    let mock = Mock::new();
    let status = |status| Do::Status {
        status,
        retry_after: None,
    };
    mock.root().faults().set([
        Rule::new("/health", status(501)).count(1),
        Rule::new("/health", status(502)).nth(2).count(1),
        Rule::new("/health", status(504)).nth(3),
    ]);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(mock.get("/health").await.status);
    }
    assert_eq!(seen, [501, 502, 504, 504]);
}

#[tokio::test]
async fn a_rate_is_a_matter_of_chance_and_0_and_1_are_not() {
    let mock = Mock::new();
    for (rate, expected) in [(0.0, 0..1), (0.5, 350..650), (1.0, 1_000..1_001)] {
        mock.root()
            .faults()
            .set([Rule::new("/health", LATER).rate(rate)]);
        let mut spoiled = 0;
        for _ in 0..1_000 {
            spoiled += usize::from(mock.get("/health").await.status == 503);
        }
        assert!(expected.contains(&spoiled), "{rate}: {spoiled}");
    }
}

#[tokio::test]
async fn preflights_and_controls_are_never_spoiled_nor_counted() {
    let mock = Mock::new();
    mock.root().faults().set([
        Rule::new(REFRESH, LATER).count(1),
        Rule::new("/__mock/clock", LATER),
    ]);
    let request = axum::http::Request::builder()
        .method("OPTIONS")
        .uri(REFRESH)
        .header("origin", "http://localhost:1")
        .header("access-control-request-method", "POST");
    assert_eq!(
        mock.send(request.body(axum::body::Body::empty()).unwrap())
            .await
            .status,
        204
    );
    assert_eq!(mock.get("/__mock/clock").await.status, 200);
    assert_eq!(mock.browser().refresh().await.status, 503);
    assert_eq!(mock.root().requests().len(), 1);
}

#[tokio::test]
async fn a_delayed_request_is_served_and_counted_as_usual() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    for rule in [
        Rule::new(REFRESH, Do::Delay(60_000)),
        Rule::new(REFRESH, Do::Delay(60_000)).after(),
    ] {
        mock.root().faults().set([rule]);
        assert_eq!(browser.refresh().await.status, 200);
    }
    assert_eq!(mock.root().counters().refresh.ok, 2);
}

#[tokio::test]
async fn garbage_is_200_and_means_nothing_and_sets_no_cookie() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    for rule in [
        Rule::new(REFRESH, Do::Garbage),
        Rule::new(REFRESH, Do::Garbage).after(),
    ] {
        mock.root().faults().set([rule]);
        let answer = browser.refresh().await;
        assert_eq!((answer.status, answer.set_cookie()), (200, None));
        assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
    }
    assert_eq!(mock.root().counters().rotations, 1);
}

#[tokio::test]
async fn a_truncated_answer_keeps_its_head_and_breaks_off_in_its_body() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    mock.root()
        .faults()
        .set([Rule::new(REFRESH, Do::Truncate).after()]);
    let answer = browser.refresh().await;
    assert!(answer.status == 200 && answer.broken);
    assert_eq!(
        claims(&answer.cookie().unwrap())["seq"],
        2,
        "the headers landed"
    );
    assert!(
        answer
            .header("content-length")
            .unwrap()
            .parse::<usize>()
            .unwrap()
            > 100
    );
}

#[tokio::test]
async fn another_content_type_keeps_everything_else() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    put(
        &mock,
        json!([{ "path": REFRESH, "when": "after", "do": { "content_type": "text/html" } }]),
    )
    .await;
    let answer = browser.refresh().await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("text/html"))
    );
    assert!(answer.cookie().is_some() && !answer.access().is_empty());
}

#[tokio::test]
async fn a_reset_answers_nothing() {
    let mock = Mock::new();
    mock.root().faults().set([Rule::new("/health", Do::Reset)]);
    assert!(mock.get("/health").await.dropped);
    assert_eq!(mock.root().requests()[0].status, None);
}

#[tokio::test]
async fn a_hang_ends_when_the_server_stops_and_not_before() {
    let mock = Mock::new();
    let (browser, _) = mock.signed_in("user@example.com").await;
    mock.root()
        .faults()
        .set([Rule::new(REFRESH, Do::Hang).after()]);
    let mut hanging = Box::pin(async {
        let mut browser = browser.clone();
        browser.refresh().await
    });
    // Until the change is committed, however long the store takes.
    while mock.root().counters().rotations == 0 {
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(hanging.as_mut().poll(context)))
                .await;
        assert!(polled.is_pending());
        tokio::task::yield_now().await;
    }
    assert_eq!(
        (
            mock.root().requests()[1].status,
            mock.root().requests()[1].faulted
        ),
        (None, true)
    );
    mock.state.stop();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), hanging).await;
    assert!(ended.expect("it ends").dropped);
}

#[tokio::test]
async fn a_401_carries_a_challenge_and_an_empty_status_no_body() {
    let mock = Mock::new();
    put(
        &mock,
        json!([{ "path": "/health", "do": { "status": 401 } }]),
    )
    .await;
    mock.get("/health")
        .await
        .refuses(StatusCode::UNAUTHORIZED, "fault_injected", None);
    put(
        &mock,
        json!([{ "path": "/health", "do": { "status": 204 } }]),
    )
    .await;
    let answer = mock.get("/health").await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
}

#[tokio::test]
async fn rules_are_read_back_as_they_were_set_with_what_they_left_out() {
    let mock = Mock::new();
    let rules = json!([
        { "path": "/a", "do": "hang" },
        { "path": "/b", "nth": 2, "count": 3, "rate": 0.5, "when": "after", "do": { "delay_ms": 500 } },
        { "path": "/c", "do": { "status": 429, "retry_after": 0 } },
    ]);
    let answer = put(&mock, rules).await;
    let whole = json!([
        { "path": "/a", "nth": 1, "count": null, "rate": 1.0, "when": "before", "do": "hang" },
        { "path": "/b", "nth": 2, "count": 3, "rate": 0.5, "when": "after", "do": { "delay_ms": 500 } },
        { "path": "/c", "nth": 1, "count": null, "rate": 1.0, "when": "before", "do": { "status": 429, "retry_after": 0 } },
    ]);
    assert_eq!((answer.status, answer.json()), (200, whole.clone()));
    assert_eq!(put(&mock, whole.clone()).await.json(), whole);
}

#[tokio::test]
async fn a_wrong_rule_is_told_which_field_and_leaves_the_rules_as_they_were() {
    let mock = Mock::new();
    mock.root().faults().set([Rule::new("/health", LATER)]);
    for (rule, field) in [
        (json!({ "do": "hang" }), "path"),
        (json!({ "path": "health", "do": "hang" }), "path"),
        (json!({ "path": "/a?b=c", "do": "hang" }), "path"),
        (json!({ "path": "/a#b", "do": "hang" }), "path"),
        (json!({ "path": "/a b", "do": "hang" }), "path"),
        (json!({ "path": "/__mock/clock", "do": "hang" }), "path"),
        (json!({ "path": "/t/a/auth/me", "do": "hang" }), "path"),
        (json!({ "path": "/a" }), "do"),
        (json!({ "path": "/a", "do": "explode" }), "do"),
        (json!({ "path": "/a", "do": 503 }), "do"),
        (json!({ "path": "/a", "do": {} }), "do"),
        (json!({ "path": "/a", "do": { "status": 99 } }), "status"),
        (json!({ "path": "/a", "do": { "status": "503" } }), "status"),
        (json!({ "path": "/a", "do": { "retry_after": 1 } }), "do"),
        (
            json!({ "path": "/a", "do": { "status": 503, "delay_ms": 1 } }),
            "do",
        ),
        (
            json!({ "path": "/a", "do": { "delay_ms": -1 } }),
            "delay_ms",
        ),
        (
            json!({ "path": "/a", "do": { "delay_ms": 3_600_001 } }),
            "delay_ms",
        ),
        (
            json!({ "path": "/a", "do": { "content_type": "a\nb" } }),
            "content_type",
        ),
        (json!({ "path": "/a", "do": { "sleep": 1 } }), "sleep"),
        (json!({ "path": "/a", "do": "hang", "nth": 0 }), "nth"),
        (json!({ "path": "/a", "do": "hang", "count": -1 }), "count"),
        (json!({ "path": "/a", "do": "hang", "count": 0 }), "count"),
        (json!({ "path": "/a", "do": "hang", "rate": 1.5 }), "rate"),
        (
            json!({ "path": "/a", "do": "hang", "when": "during" }),
            "when",
        ),
        (json!({ "path": "/a", "do": "hang", "times": 3 }), "times"),
    ] {
        let answer = put(&mock, json!([rule])).await;
        answer.refuses(StatusCode::UNPROCESSABLE_ENTITY, "invalid_control", None);
        assert!(
            answer.text("error_description").contains(field),
            "{field}: {:?}",
            answer.json()
        );
    }
    let alone = put(&mock, json!({ "path": "/a", "do": "hang" })).await;
    alone.refuses(StatusCode::UNPROCESSABLE_ENTITY, "invalid_control", None);
    assert!(alone.text("error_description").contains("as in [{…}]"));
    assert_eq!(mock.root().faults().rules(), [Rule::new("/health", LATER)]);
    assert_eq!(mock.root().counters(), Counters::default());
}
