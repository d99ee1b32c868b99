//! `/__mock/users`: who there is.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::rig::Mock;

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[tokio::test]
async fn users_are_listed_and_replaced_and_keep_their_ids() {
    let mock = Mock::new();
    let first = mock.get("/__mock/users").await.json();
    let emails: Vec<&str> = first
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["email"].as_str().unwrap())
        .collect();
    assert_eq!(
        emails,
        [
            "user@example.com",
            "admin@example.com",
            "inactive@example.com"
        ]
    );
    assert_eq!(
        mock.json(Method::PUT, "/__mock/users", first.clone())
            .await
            .json(),
        first,
        "as it was read"
    );
    let accounts = json!([
        { "email": "user@example.com", "password": "secret" },
        { "email": "new@example.com", "password": "password", "role": "admin", "active": true },
        { "id": "mine", "email": "named@example.com", "password": "password" },
    ]);
    let answer = mock
        .json(Method::PUT, "/__mock/users", accounts)
        .await
        .json();
    assert_eq!(
        (&answer[0]["id"], &answer[2]["id"]),
        (&json!("usr_1"), &json!("mine"))
    );
    assert!(answer[1]["id"].as_str().unwrap().len() > 10);
    assert_eq!(
        mock.browser().login("new@example.com").await.json()["user"]["role"],
        "admin"
    );
    assert_eq!(
        mock.browser().login("admin@example.com").await.status,
        401,
        "who is not in it is gone"
    );
}

#[tokio::test]
async fn users_who_cannot_be_told_apart_are_refused() {
    let mock = Mock::new();
    let user = |id: &str, email: &str| json!({ "id": id, "email": email, "password": "p" });
    for (accounts, field) in [
        (
            json!([user("1", "a@example.com"), user("2", "a@example.com")]),
            "email",
        ),
        (
            json!([user("1", "a@example.com"), user("1", "b@example.com")]),
            "id",
        ),
        (json!([{ "email": "a@example.com" }]), "[0]"),
        (json!({}), "body"),
    ] {
        let answer = mock.json(Method::PUT, "/__mock/users", accounts).await;
        answer.refuses(WRONG, "invalid_control", None);
        assert!(
            answer
                .text("error_description")
                .to_lowercase()
                .contains(field),
            "{:?}",
            answer.json()
        );
    }
    mock.signed_in("user@example.com").await;
}
