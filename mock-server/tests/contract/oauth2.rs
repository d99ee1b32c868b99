//! The contract `oauth2`: RFC 6749's token endpoint, and RFC 7009.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use evertoken_mock::{Do, Logins, Refreshes, Rule};
use serde_json::json;

use crate::rig::{Answer, FORM, Mock, claims};

pub const BAD: StatusCode = StatusCode::BAD_REQUEST;
const LOGIN: &str = "grant_type=password&username=user%40example.com&password=password";

pub async fn login(mock: &Mock) -> Answer {
    let answer = mock.form("/auth/token", LOGIN).await;
    assert_eq!(answer.status, 200);
    answer
}

pub async fn refresh(mock: &Mock, token: &str, key: Option<&str>) -> Answer {
    let body = format!("grant_type=refresh_token&refresh_token={token}");
    let key = key.map(|key| ("idempotency-key", key));
    let headers: Vec<_> = [Some(FORM), key].into_iter().flatten().collect();
    mock.ask(("POST", "/auth/token"), &headers, body).await
}

#[tokio::test]
async fn a_password_grant_answers_as_the_rfc_says_and_sets_no_cookie() {
    let mock = Mock::new();
    let answer = login(&mock).await;
    let body = answer.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&json!("Bearer"), &json!(900), &json!("api"))
    );
    assert_eq!(claims(&answer.text("access_token"))["client_id"], "spa");
    assert_eq!(claims(&answer.text("refresh_token"))["seq"], 1);
    assert!(answer.text("refresh_key").starts_with("1."));
    assert_eq!(
        (answer.set_cookie(), answer.header("cache-control")),
        (None, Some("no-store"))
    );
    assert_eq!(mock.me(&answer.text("access_token")).await.status, 200);
    assert_eq!(
        (
            mock.root().counters().login.ok,
            mock.root().families().await.unwrap()[0].contract
        ),
        (1, evertoken_mock::domain::Contract::Oauth2)
    );
}

#[tokio::test]
async fn a_wrong_password_is_an_invalid_grant_and_counts_as_a_login() {
    let mock = Mock::new();
    for body in [
        "grant_type=password&username=user@example.com&password=wrong",
        "grant_type=password&username=nobody@example.com&password=password",
        "grant_type=password&username=inactive@example.com&password=password",
    ] {
        mock.form("/auth/token", body)
            .await
            .refuses(BAD, "invalid_grant", None);
    }
    let counters = mock.root().counters();
    assert_eq!(
        (counters.login, counters.refresh),
        (Logins { ok: 0, denied: 3 }, Refreshes::default())
    );
}

#[tokio::test]
async fn what_the_request_lacks_or_has_twice_is_invalid_and_changes_nothing() {
    let mock = Mock::new();
    for (body, error) in [
        ("", "invalid_request"),
        (
            "username=user@example.com&password=password",
            "invalid_request",
        ),
        ("grant_type=password&password=password", "invalid_request"),
        (
            "grant_type=password&username=user@example.com&password=",
            "invalid_request",
        ),
        ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=", "invalid_request"),
        ("grant_type=&username=a&password=b", "invalid_request"),
        ("grant_type=client_credentials", "unsupported_grant_type"),
        (
            "grant_type=PASSWORD&username=a&password=b",
            "unsupported_grant_type",
        ),
        (
            "grant_type=password&username=user@example.com&password=%ff",
            "invalid_request",
        ),
    ] {
        mock.form("/auth/token", body)
            .await
            .refuses(BAD, error, None);
    }
    for twice in [
        "grant_type=password",
        "username=user@example.com",
        "client_id=a&client_id=a",
        "x=1&x=2",
    ] {
        mock.form("/auth/token", &format!("{LOGIN}&{twice}"))
            .await
            .refuses(BAD, "invalid_request", None);
    }
    assert_eq!(mock.root().counters(), evertoken_mock::Counters::default());
    assert!(mock.root().families().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_parameter_without_a_value_counts_as_absent() {
    let mock = Mock::new();
    let body = format!("{LOGIN}&client_id=&scope=&&scope=&nothing");
    let answer = mock.form("/auth/token", &body).await;
    assert_eq!(
        (answer.status, answer.json()["scope"].as_str()),
        (200, Some("api"))
    );
}

#[tokio::test]
async fn each_refresh_gives_a_new_pair_by_the_table_of_rotation() {
    let mock = Mock::new();
    let first = login(&mock).await;
    let second = refresh(
        &mock,
        &first.text("refresh_token"),
        Some(&first.text("refresh_key")),
    )
    .await;
    assert_eq!(
        (
            second.status,
            claims(&second.text("refresh_token"))["seq"].as_u64()
        ),
        (200, Some(2))
    );
    // Row 7: the answer was lost.
    let again = refresh(
        &mock,
        &first.text("refresh_token"),
        Some(&first.text("refresh_key")),
    )
    .await;
    assert_eq!(again.text("refresh_token"), second.text("refresh_token"));
    // Row 6: the key knows better than the token.
    let ahead = refresh(
        &mock,
        &first.text("refresh_token"),
        Some(&second.text("refresh_key")),
    )
    .await;
    assert_eq!(ahead.text("refresh_token"), second.text("refresh_token"));
    // Row 8: an old copy.
    refresh(
        &mock,
        &second.text("refresh_token"),
        Some(&second.text("refresh_key")),
    )
    .await;
    let old = refresh(
        &mock,
        &first.text("refresh_token"),
        Some(&first.text("refresh_key")),
    )
    .await;
    old.refuses(StatusCode::CONFLICT, "superseded", None);
    let counters = mock.root().counters();
    assert_eq!(
        (counters.refresh, counters.rotations),
        (
            Refreshes {
                ok: 2,
                replayed: 2,
                superseded: 1,
                ..Refreshes::default()
            },
            2
        )
    );
}

#[tokio::test]
async fn a_refused_refresh_is_400_with_its_reason() {
    let mock = Mock::new();
    let first = login(&mock).await;
    let token = first.text("refresh_token");
    for wrong in ["x", &first.text("access_token"), &format!("{token}x")] {
        refresh(&mock, wrong, None)
            .await
            .refuses(BAD, "invalid_grant", None);
    }
    refresh(&mock, &token, None).await;
    refresh(&mock, &token, None)
        .await
        .refuses(BAD, "invalid_grant", Some("reuse"));
    assert_eq!(
        (
            mock.root().counters().reuse,
            mock.root().counters().refresh.denied
        ),
        (1, 4)
    );
    let second = login(&mock).await;
    mock.root().clock().advance(Duration::from_secs(604_800));
    refresh(&mock, &second.text("refresh_token"), None)
        .await
        .refuses(BAD, "invalid_grant", Some("expired"));
    let third = login(&mock).await;
    mock.json(Method::PUT, "/__mock/users", json!([])).await;
    refresh(&mock, &third.text("refresh_token"), None)
        .await
        .refuses(BAD, "invalid_grant", Some("inactive"));
}

#[tokio::test]
async fn a_wider_scope_is_refused_before_the_token_is_spent_and_after_it_was_read() {
    let mock = Mock::new();
    for scope in ["admin", "api+admin", "api++api", "API"] {
        mock.form("/auth/token", &format!("{LOGIN}&scope={scope}"))
            .await
            .refuses(BAD, "invalid_scope", None);
    }
    let first = login(&mock).await;
    let token = first.text("refresh_token");
    refresh(&mock, &format!("{token}&scope=admin"), None)
        .await
        .refuses(BAD, "invalid_scope", None);
    refresh(&mock, "forged&scope=admin", None)
        .await
        .refuses(BAD, "invalid_grant", None);
    assert_eq!(
        refresh(&mock, &format!("{token}&scope=api"), None)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_token_belongs_to_its_client() {
    let mock = Mock::new();
    let answer = mock
        .form("/auth/token", &format!("{LOGIN}&client_id=desk"))
        .await;
    let token = answer.text("refresh_token");
    assert_eq!(claims(&answer.text("access_token"))["client_id"], "desk");
    for other in [token.clone(), format!("{token}&client_id=phone")] {
        refresh(&mock, &other, None)
            .await
            .refuses(BAD, "invalid_grant", None);
    }
    mock.form("/auth/revoke", &format!("token={token}&client_id=phone"))
        .await;
    assert_eq!(
        refresh(&mock, &format!("{token}&client_id=desk"), None)
            .await
            .status,
        200
    );
    let long = format!("{LOGIN}&client_id={}", "c".repeat(257));
    mock.form("/auth/token", &long)
        .await
        .refuses(BAD, "invalid_request", None);
}

#[tokio::test]
async fn revoking_is_200_for_every_token_and_ends_the_family_of_ours() {
    let mock = Mock::new();
    let (first, other) = (login(&mock).await, login(&mock).await);
    let second = refresh(&mock, &first.text("refresh_token"), None).await;
    for token in [
        "x",
        &first.text("access_token"),
        &first.text("refresh_token"),
        &first.text("refresh_token"),
    ] {
        let answer = mock
            .form(
                "/auth/revoke",
                &format!("token={token}&token_type_hint=refresh_token"),
            )
            .await;
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    }
    refresh(&mock, &second.text("refresh_token"), None)
        .await
        .refuses(BAD, "invalid_grant", Some("revoked"));
    assert_eq!(
        refresh(&mock, &other.text("refresh_token"), None)
            .await
            .status,
        200,
        "only that family"
    );
    assert_eq!(mock.me(&first.text("access_token")).await.status, 200);
    for none in ["", "token=", "token_type_hint=refresh_token"] {
        mock.form("/auth/revoke", none)
            .await
            .refuses(BAD, "invalid_request", None);
    }
    assert_eq!(mock.root().counters().logout, 4);
}

#[tokio::test]
async fn requests_name_the_token_that_was_in_the_body() {
    let mock = Mock::new();
    let first = login(&mock).await;
    refresh(&mock, &first.text("refresh_token"), None).await;
    let entry = mock.get("/__mock/requests").await.json()[1].clone();
    let sid = claims(&first.text("access_token"))["sid"].clone();
    assert_eq!(
        entry["token"],
        json!({ "sub": "usr_1", "sid": sid, "seq": 1 })
    );
}

#[tokio::test]
async fn a_page_of_any_origin_may_ask_since_there_is_no_cookie_but_a_foreign_one_reads_nothing() {
    let mock = Mock::new();
    let answer = mock
        .ask(
            ("POST", "/auth/token"),
            &[FORM, ("origin", "https://evil.test")],
            LOGIN,
        )
        .await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, None)
    );
}

#[tokio::test]
async fn a_request_that_never_got_there_names_its_token_too() {
    let mock = Mock::new();
    let first = login(&mock).await;
    let token = first.text("refresh_token");
    mock.root().faults().set([
        Rule::new("/auth/token", Do::Reset),
        Rule::new("/wx/auth/refresh", Do::Garbage),
    ]);
    assert!(refresh(&mock, &token, None).await.dropped);
    mock.json(
        Method::POST,
        "/wx/auth/refresh",
        json!({ "refreshToken": token }),
    )
    .await;
    let entries = mock.get("/__mock/requests").await.json();
    let seen = json!({ "sub": "usr_1", "sid": claims(&token)["fid"], "seq": 1 });
    assert_eq!((&entries[1]["token"], &entries[2]["token"]), (&seen, &seen));
    assert_eq!(mock.root().counters().refresh, Refreshes::default());
}
