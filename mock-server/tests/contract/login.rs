use axum::http::{Method, StatusCode};
use evertoken_mock::{Options, SameSite};
use serde_json::json;

use crate::rig::{Mock, claims, jose};

#[tokio::test]
async fn a_login_answers_with_a_token_its_lifetime_a_key_and_the_user() {
    let mock = Mock::new();
    let (_, answer) = mock.signed_in("user@example.com").await;
    let body = answer.json();
    assert_eq!(body["expiresIn"], 900);
    assert_eq!(
        body["user"],
        json!({ "id": "usr_1", "email": "user@example.com", "role": "user" })
    );
    assert!(answer.key().starts_with("1."));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        (
            mock.root().counters().login.ok,
            mock.root().families().await.unwrap().len()
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn the_cookie_is_kept_from_script_and_from_other_sites_for_as_long_as_the_token_lives() {
    let mock = Mock::new();
    let (_, answer) = mock.signed_in("user@example.com").await;
    let cookie = answer.set_cookie().unwrap();
    let attributes = cookie.split_once(';').unwrap().1;
    assert_eq!(
        attributes,
        " HttpOnly; SameSite=Strict; Path=/auth; Max-Age=604800"
    );
}

#[tokio::test]
async fn a_cookie_for_cross_site_set_ups_is_secure_without_being_asked() {
    for (options, expected) in [
        (
            Options {
                cookie_same_site: SameSite::None,
                ..Options::default()
            },
            "SameSite=None; Secure",
        ),
        (
            Options {
                cookie_secure: true,
                ..Options::default()
            },
            "SameSite=Strict; Secure",
        ),
        (
            Options {
                cookie_same_site: SameSite::Lax,
                ..Options::default()
            },
            "SameSite=Lax; Path",
        ),
    ] {
        let (_, answer) = Mock::with(options).signed_in("user@example.com").await;
        assert!(
            answer.set_cookie().unwrap().contains(expected),
            "{:?}",
            answer.set_cookie()
        );
    }
}

#[tokio::test]
async fn the_cookie_lives_no_longer_than_the_session_may() {
    let options = Options {
        absolute_ttl: std::time::Duration::from_millis(89_500),
        ..Options::default()
    };
    let (_, answer) = Mock::with(options).signed_in("user@example.com").await;
    assert!(answer.set_cookie().unwrap().ends_with("Max-Age=90"));
}

#[tokio::test]
async fn the_tokens_say_who_for_what_and_how_long() {
    let mock = Mock::new();
    let (browser, answer) = mock.signed_in("admin@example.com").await;
    let access = claims(&answer.access());
    assert_eq!(
        jose(&answer.access()),
        json!({ "typ": "at+jwt", "alg": "HS256" })
    );
    assert_eq!(
        (&access["iss"], &access["aud"]),
        (&json!("http://127.0.0.1:4000"), &json!("api"))
    );
    assert_eq!(
        (&access["role"], &access["email"]),
        (&json!("admin"), &json!("admin@example.com"))
    );
    assert_eq!(
        access["exp"].as_u64().unwrap() - access["iat"].as_u64().unwrap(),
        900
    );
    let refresh = claims(&browser.jar.clone().unwrap());
    assert_eq!(jose(&browser.jar.unwrap())["typ"], "rt+jwt");
    assert_eq!(
        (&refresh["fid"], &refresh["sub"], &refresh["seq"]),
        (&access["sid"], &access["sub"], &json!(1))
    );
}

#[tokio::test]
async fn a_wrong_password_an_unknown_and_an_inactive_user_get_the_same_refusal() {
    let mock = Mock::new();
    for credentials in [
        json!({ "email": "user@example.com", "password": "wrong" }),
        json!({ "email": "nobody@example.com", "password": "password" }),
        json!({ "email": "inactive@example.com", "password": "password" }),
    ] {
        let answer = mock.browser().login_with(credentials).await;
        answer.refuses(StatusCode::UNAUTHORIZED, "invalid_credentials", None);
        assert_eq!(answer.set_cookie(), None);
    }
    assert_eq!(
        (
            mock.root().counters().login.denied,
            mock.root().families().await.unwrap().len()
        ),
        (3, 0)
    );
}

#[tokio::test]
async fn credentials_that_are_none_are_told_which_field_is_wrong() {
    let mock = Mock::new();
    for (body, field) in [
        (json!({}), "email"),
        (json!({ "email": "user@example.com" }), "password"),
        (json!({ "email": 1, "password": "password" }), "email"),
        (json!([]), "body"),
    ] {
        let answer = mock.json(Method::POST, "/auth/login", body).await;
        answer.refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
        assert!(
            answer
                .text("error_description")
                .to_lowercase()
                .contains(field),
            "{:?}",
            answer.json()
        );
    }
}

#[tokio::test]
async fn the_family_whose_cookie_comes_along_gives_way_whatever_its_position() {
    let mock = Mock::new();
    let (mut browser, first) = mock.signed_in("user@example.com").await;
    browser.refresh().await;
    let spent = first.cookie().unwrap();
    let current = browser.jar.clone().unwrap();
    browser.jar = Some(spent);
    browser.login("admin@example.com").await;
    mock.present(&current, None).await.refuses(
        StatusCode::UNAUTHORIZED,
        "invalid_grant",
        Some("replaced"),
    );
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn a_refused_login_leaves_the_session_that_was_there() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    let refused = browser
        .login_with(json!({ "email": "user@example.com", "password": "wrong" }))
        .await;
    assert_eq!((refused.status, refused.set_cookie()), (401, None));
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn a_forged_cookie_beside_a_login_ends_nothing_and_hinders_nothing() {
    let mock = Mock::new();
    let (browser, _) = mock.signed_in("user@example.com").await;
    let forged = format!("{}x", browser.jar.unwrap());
    let mut other = mock.browser();
    other.jar = Some(forged);
    assert_eq!(other.login("user@example.com").await.status, 200);
    assert!(
        mock.root()
            .families()
            .await
            .unwrap()
            .iter()
            .all(|family| family.status == "alive")
    );
}

#[tokio::test]
async fn families_stand_in_the_order_of_their_logins() {
    let mock = Mock::new();
    for email in ["user@example.com", "admin@example.com", "user@example.com"] {
        mock.signed_in(email).await;
    }
    let users: Vec<String> = mock
        .root()
        .families()
        .await
        .unwrap()
        .iter()
        .map(|family| family.sub.to_string())
        .collect();
    assert_eq!(users, ["usr_1", "usr_2", "usr_1"]);
}
