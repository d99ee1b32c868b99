//! The table over the wire: rows are numbered as on the page. What the rows decide is tested beside
//! them; here it is what goes out and what stays.

use std::time::Duration;

use axum::http::StatusCode;
use evertoken_mock::Options;
use evertoken_mock::domain::ReuseRevokes;
use serde_json::{Value, json};

use crate::rig::{Answer, Browser, Mock, claims};

const DENIED: StatusCode = StatusCode::UNAUTHORIZED;

#[tokio::test]
async fn each_refresh_gives_a_new_pair_and_a_new_key() {
    let mock = Mock::new();
    let (mut browser, mut last) = mock.signed_in("user@example.com").await;
    for seq in 2..=4 {
        let answer = browser.refresh_with(&last.key()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["user"]["email"], "user@example.com");
        assert_eq!(claims(&answer.cookie().unwrap())["seq"], seq);
        assert!(answer.key().starts_with(&format!("{seq}.")));
        assert_ne!(answer.access(), last.access());
        last = answer;
    }
    let counters = mock.root().counters();
    assert_eq!(
        (counters.refresh.ok, counters.rotations, counters.reuse),
        (3, 3, 0)
    );
}

#[tokio::test]
async fn a_cookie_that_is_missing_or_empty_is_missing_and_nothing_is_cleared() {
    let mock = Mock::new();
    for jar in [None, Some(String::new())] {
        let answer = Browser {
            jar,
            ..mock.browser()
        }
        .refresh()
        .await;
        answer.refuses(DENIED, "invalid_grant", Some("missing"));
        assert_eq!(answer.set_cookie(), None);
    }
    assert_eq!(mock.root().counters().refresh.denied, 2);
}

#[tokio::test]
async fn a_token_that_is_not_ours_is_refused_and_cleared_and_ends_nothing() {
    let mock = Mock::new();
    let (browser, login) = mock.signed_in("user@example.com").await;
    let good = browser.jar.unwrap();
    let (head, rest) = good.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoicnQrand0In0";
    let (_, other) = Mock::with(Options {
        refresh_secret: Some(evertoken_mock::Secret::new(
            "another secret of 32 bytes or more",
        )),
        ..Options::default()
    })
    .signed_in("user@example.com")
    .await;
    for token in [
        "garbage".to_owned(),
        "..".to_owned(),
        format!("{good}A"),
        format!("{none}.{rest}"),
        format!("{none}.{}.", rest.split('.').next().unwrap()),
        format!("{head}.{rest}.{rest}"),
        login.access(),
        other.cookie().unwrap(),
    ] {
        let answer = mock.present(&token, None).await;
        answer.refuses(DENIED, "invalid_grant", None);
        assert!(answer.is_cleared(), "{token}");
        assert_eq!(mock.present(&token, Some("k")).await.set_cookie(), None);
    }
    assert_eq!(mock.present(&good, None).await.status, 200);
}

#[tokio::test]
async fn row_1_an_unknown_family_has_no_reason() {
    let mock = Mock::new();
    let (browser, _) = mock.signed_in("user@example.com").await;
    mock.root().reset().await.unwrap();
    let answer = mock.present(&browser.jar.unwrap(), None).await;
    assert!(answer.refuses(DENIED, "invalid_grant", None).is_cleared());
}

#[tokio::test]
async fn row_2_a_logged_out_family_says_so_to_every_token_it_ever_had() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    browser.refresh().await;
    let last = browser.jar.clone().unwrap();
    browser.logout("?scope=local").await;
    for token in [login.cookie().unwrap(), last] {
        mock.present(&token, None)
            .await
            .refuses(DENIED, "invalid_grant", Some("logout"));
    }
    assert_eq!(
        mock.root().counters().reuse,
        0,
        "the end outranks the reuse"
    );
}

#[tokio::test]
async fn row_3_a_session_that_nobody_renewed_is_expired_at_that_very_second() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    mock.root().clock().advance(Duration::from_secs(604_799));
    assert_eq!(browser.refresh().await.status, 200);
    mock.root().clock().advance(Duration::from_secs(604_800));
    let answer = browser.refresh().await;
    assert!(
        answer
            .refuses(DENIED, "invalid_grant", Some("expired"))
            .is_cleared()
    );
}

#[tokio::test]
async fn row_3_renewing_does_not_carry_a_session_past_its_absolute_expiry() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    for _ in 0..5 {
        mock.root()
            .clock()
            .advance(Duration::from_secs(6 * 86_400 - 1));
        assert_eq!(browser.refresh().await.status, 200);
    }
    mock.root().clock().advance(Duration::from_secs(5));
    browser
        .refresh()
        .await
        .refuses(DENIED, "invalid_grant", Some("expired"));
}

#[tokio::test]
async fn row_4_a_user_who_is_gone_or_inactive_cannot_renew() {
    for accounts in [
        json!([]),
        json!([{ "email": "user@example.com", "password": "password", "active": false }]),
    ] {
        let mock = Mock::new();
        let (mut browser, _) = mock.signed_in("user@example.com").await;
        mock.json(axum::http::Method::PUT, "/__mock/users", accounts)
            .await;
        let answer = browser.refresh().await;
        assert!(
            answer
                .refuses(DENIED, "invalid_grant", Some("inactive"))
                .is_cleared()
        );
        assert_eq!(mock.root().families().await.unwrap()[0].status, "ended");
    }
}

#[tokio::test]
async fn row_6_a_cookie_that_went_back_is_brought_up_again_with_the_current_token() {
    let mock = Mock::new();
    let (mut browser, first) = mock.signed_in("user@example.com").await;
    let second = browser.refresh_with(&first.key()).await;
    let third = browser.refresh_with(&second.key()).await;
    let answer = mock
        .present(&first.cookie().unwrap(), Some(&third.key()))
        .await;
    assert_eq!(
        (answer.status, answer.cookie(), answer.key()),
        (200, third.cookie(), third.key())
    );
    assert_ne!(
        answer.access(),
        third.access(),
        "the access token is a fresh one"
    );
    assert_eq!(mock.root().counters().refresh.replayed, 1);
}

#[tokio::test]
async fn row_7_a_lost_answer_is_repeated_byte_for_byte_and_no_expiry_moves() {
    for key in [Key::Handed, Key::Random] {
        let mock = Mock::new();
        let (mut browser, login) = mock.signed_in("user@example.com").await;
        let (cookie, key) = (login.cookie().unwrap(), key.of(&login));
        let lost = browser.refresh_with(&key).await;
        mock.root().clock().advance(Duration::from_secs(100));
        let repeat = mock.present(&cookie, Some(&key)).await;
        assert_eq!((repeat.status, repeat.cookie()), (200, lost.cookie()));
        assert!(lost.set_cookie().unwrap().ends_with("Max-Age=604800"));
        assert!(
            repeat.set_cookie().unwrap().ends_with("Max-Age=604700"),
            "what is left"
        );
        let counters = mock.root().counters();
        assert_eq!(
            (
                counters.refresh.ok,
                counters.refresh.replayed,
                counters.rotations
            ),
            (1, 1, 1)
        );
    }
}

enum Key {
    Handed,
    Random,
}

impl Key {
    fn of(&self, answer: &Answer) -> String {
        match self {
            Self::Handed => answer.key(),
            Self::Random => "4f3c9f0e-made-by-the-client".to_owned(),
        }
    }
}

#[tokio::test]
async fn row_7_grace_forgives_a_client_without_keys_while_it_lasts() {
    let mock = Mock::with(Options {
        grace: Duration::from_secs(10),
        ..Options::default()
    });
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let lost = browser.refresh().await;
    mock.root().clock().advance(Duration::from_secs(9));
    let repeat = mock.present(&login.cookie().unwrap(), None).await;
    assert_eq!((repeat.status, repeat.cookie()), (200, lost.cookie()));
    mock.root().clock().advance(Duration::from_secs(1));
    let late = mock.present(&login.cookie().unwrap(), None).await;
    late.refuses(DENIED, "invalid_grant", Some("reuse"));
}

#[tokio::test]
async fn row_8_an_old_copy_of_an_honest_request_is_superseded_without_a_cookie() {
    let mock = Mock::new();
    let (mut browser, first) = mock.signed_in("user@example.com").await;
    let second = browser.refresh_with(&first.key()).await;
    browser.refresh_with(&second.key()).await;
    let before = mock.root().families().await.unwrap();
    let answer = mock
        .present(&first.cookie().unwrap(), Some(&first.key()))
        .await;
    answer.refuses(StatusCode::CONFLICT, "superseded", None);
    assert_eq!(answer.set_cookie(), None);
    assert_eq!(
        format!("{:?}", mock.root().families().await.unwrap()),
        format!("{before:?}")
    );
    assert_eq!(mock.root().counters().refresh.superseded, 1);
}

#[tokio::test]
async fn row_10_a_spent_token_ends_every_session_of_the_user_and_of_nobody_else() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let (mut phone, _) = mock.signed_in("user@example.com").await;
    let (mut stranger, _) = mock.signed_in("admin@example.com").await;
    browser.refresh().await;
    let answer = mock.present(&login.cookie().unwrap(), None).await;
    assert!(
        answer
            .refuses(DENIED, "invalid_grant", Some("reuse"))
            .is_cleared()
    );
    browser
        .refresh()
        .await
        .refuses(DENIED, "invalid_grant", Some("reuse"));
    phone
        .refresh()
        .await
        .refuses(DENIED, "invalid_grant", Some("reuse"));
    assert_eq!(stranger.refresh().await.status, 200);
    let counters = mock.root().counters();
    assert_eq!(
        (counters.reuse, counters.refresh.denied),
        (1, 3),
        "one presentation was the reuse"
    );
    assert_eq!(browser.login("user@example.com").await.status, 200);
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn row_10_reuse_can_be_kept_to_its_family() {
    let mock = Mock::with(Options {
        reuse_revokes: ReuseRevokes::Family,
        ..Options::default()
    });
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let (mut phone, _) = mock.signed_in("user@example.com").await;
    browser.refresh().await;
    for _ in 0..2 {
        let answer = mock.present(&login.cookie().unwrap(), None).await;
        answer.refuses(DENIED, "invalid_grant", Some("reuse"));
    }
    browser
        .refresh()
        .await
        .refuses(DENIED, "invalid_grant", Some("reuse"));
    assert_eq!(
        (phone.refresh().await.status, mock.root().counters().reuse),
        (200, 1)
    );
}

#[tokio::test]
async fn row_10_reuse_outranks_the_tokens_own_expiry() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    mock.root().clock().advance(Duration::from_secs(500_000));
    browser.refresh().await;
    mock.root().clock().advance(Duration::from_secs(500_000));
    let long_expired = mock.present(&login.cookie().unwrap(), None).await;
    long_expired.refuses(DENIED, "invalid_grant", Some("reuse"));
}

#[tokio::test]
async fn a_refused_refresh_that_carries_a_key_never_touches_the_cookie() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    browser.logout("?scope=others").await;
    browser.logout("?scope=local").await;
    for key in [login.key().as_str(), "anything"] {
        let answer = mock.present(&login.cookie().unwrap(), Some(key)).await;
        assert_eq!(
            answer
                .refuses(DENIED, "invalid_grant", Some("logout"))
                .set_cookie(),
            None
        );
    }
}

#[tokio::test]
async fn a_thief_with_the_current_token_and_no_key_is_found_out_by_the_victims_next_refresh() {
    let mock = Mock::new();
    let (mut victim, login) = mock.signed_in("user@example.com").await;
    let stolen = login.cookie().unwrap();
    let thief = mock.present(&stolen, None).await;
    assert_eq!(thief.status, 200);
    victim
        .refresh_with(&login.key())
        .await
        .refuses(DENIED, "invalid_grant", Some("reuse"));
    let after = mock.present(&thief.cookie().unwrap(), None).await;
    after.refuses(DENIED, "invalid_grant", Some("reuse"));
}

#[tokio::test]
async fn a_key_of_another_family_or_with_a_changed_number_is_no_key() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let (_, other) = mock.signed_in("admin@example.com").await;
    let second = browser.refresh_with(&login.key()).await;
    let mac = second.key().split_once('.').unwrap().1.to_owned();
    for key in [
        other.key(),
        format!("1.{mac}"),
        format!("+2.{mac}"),
        format!("02.{mac}"),
        "2.".into(),
    ] {
        let clone = Mock::new();
        let (mut browser, login) = clone.signed_in("user@example.com").await;
        browser.refresh_with(&login.key()).await;
        let answer = clone.present(&login.cookie().unwrap(), Some(&key)).await;
        answer.refuses(DENIED, "invalid_grant", Some("reuse"));
    }
    let good = mock
        .present(&login.cookie().unwrap(), Some(&second.key()))
        .await;
    assert_eq!(good.status, 200);
}

#[tokio::test]
async fn the_user_in_the_answer_is_as_the_accounts_say_now() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    let accounts = json!([{ "email": "user@example.com", "password": "new", "role": "editor" }]);
    mock.json(axum::http::Method::PUT, "/__mock/users", accounts)
        .await;
    let answer = browser.refresh().await;
    assert_eq!(answer.json()["user"]["role"], Value::from("editor"));
    assert_eq!(claims(&answer.access())["role"], "editor");
}
