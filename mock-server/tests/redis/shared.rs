//! What processes on one Redis have in common, and what Redis holds of it.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use evertoken_mock::world::Still;
use evertoken_mock::{Options, State, app};
use serde_json::{Value, json};

use crate::backing::{Backing, shared};
use crate::process::{Process, get, refresh, send};
use crate::rig::{Browser, Mock, URL};
use crate::server::Redis;

const DAY: i64 = 24 * 60 * 60;

/// A second server on the same Redis. It has a randomness of its own.
pub fn beside(mock: &Mock) -> Mock {
    on_redis(&mock.backing.redis().url())
}

/// The same, wherever its Redis is.
pub fn on_redis(url: &str) -> Mock {
    let options = shared(Options::default(), url);
    let state = State::new(&options, Arc::new(Still::new(8)), URL).unwrap();
    Mock {
        app: app(state.clone()),
        state,
        backing: Backing::none(),
    }
}

#[tokio::test]
async fn a_session_goes_on_at_another_process_and_ends_at_both() {
    let redis = Redis::start();
    let processes = [Process::start(&redis.url()), Process::start(&redis.url())];
    let mut grant = processes[0].login("user@example.com").await;
    let first = grant.cookie();
    for turn in 1..=4 {
        grant = processes[turn % 2]
            .ask(&refresh(&grant.cookie(), Some(&grant.key())))
            .await;
        assert_eq!(grant.status, 200);
    }
    for process in &processes {
        assert_eq!(process.counters().await["rotations"], 2);
    }
    let spent = processes[0].ask(&refresh(&first, None)).await;
    assert_eq!(
        (spent.status, &spent.json()["reason"]),
        (401, &json!("reuse"))
    );
    let after = processes[1]
        .ask(&refresh(&grant.cookie(), Some(&grant.key())))
        .await;
    assert_eq!(
        (after.status, &after.json()["reason"]),
        (401, &json!("reuse"))
    );
}

#[tokio::test]
async fn a_server_that_starts_anew_knows_everyone_who_was_signed_in() {
    let redis = Redis::start();
    let before = Process::start(&redis.url());
    let grant = before.login("user@example.com").await;
    drop(before);
    let after = Process::start(&redis.url());
    let access = grant.json()["accessToken"].as_str().unwrap().to_owned();
    let me = get("/auth/me").replace(
        "\r\n\r\n",
        &format!("\r\nAuthorization: Bearer {access}\r\n\r\n"),
    );
    assert_eq!(after.ask(&me).await.status, 200);
    let refreshed = after
        .ask(&refresh(&grant.cookie(), Some(&grant.key())))
        .await;
    assert_eq!(refreshed.status, 200);
}

#[tokio::test]
async fn a_logout_everywhere_reaches_families_of_every_process() {
    let mock = Mock::new();
    let other = beside(&mock);
    let (mut here, _) = mock.signed_in("user@example.com").await;
    let (there, _) = mock.signed_in("user@example.com").await;
    let mut there = Browser {
        app: other.app.clone(),
        ..there
    };
    assert_eq!(there.refresh().await.status, 200);
    assert_eq!(here.logout("").await.status, 200);
    there
        .refresh()
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_grant", Some("logout"));
}

#[tokio::test]
async fn a_login_code_is_good_once_and_at_whichever_process() {
    let mock = Mock::new();
    let other = beside(&mock);
    let platform = json!({ "email": "user@example.com" });
    let minted = mock.json(Method::POST, "/wx/code", platform).await;
    let code = json!({ "code": minted.text("code") });
    for (server, status) in [(&other, 200), (&mock, 401), (&other, 401)] {
        let login = server.json(Method::POST, "/wx/auth/login", code.clone());
        assert_eq!(login.await.status, status);
    }
}

#[tokio::test]
async fn a_login_by_redirect_comes_back_to_whichever_process() {
    let mock = Mock::new();
    let other = beside(&mock);
    let page = mock.get("/api/v1/auth/google?return_to=/").await;
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    let (_, state) = page.split_once("name=\"state\" value=\"").unwrap();
    let (state, _) = state.split_once('"').unwrap();
    let callback = format!("/api/v1/auth/google/callback?state={state}&user=user@example.com");
    for (server, status) in [(&other, 303), (&mock, 400), (&other, 400)] {
        assert_eq!(server.get(&callback).await.status, status);
    }
}

#[tokio::test]
async fn the_controls_of_one_process_list_expire_and_forget_the_sessions_of_all() {
    let redis = Redis::start();
    let processes = [Process::start(&redis.url()), Process::start(&redis.url())];
    let mut cookies = Vec::new();
    for (process, email) in [
        (0, "user@example.com"),
        (1, "admin@example.com"),
        (0, "user@example.com"),
    ] {
        cookies.push(processes[process].login(email).await.cookie());
    }
    let tenant = send(
        "POST",
        "/t/a/auth/login",
        None,
        &json!({ "email": "user@example.com", "password": "password" }),
    );
    let elsewhere = processes[0].ask(&tenant).await.cookie();
    let families = async |n: usize, prefix: &str| {
        let request = get(&format!("{prefix}/__mock/families"));
        let families = processes[n].ask(&request).await.json();
        let subs = families.as_array().unwrap().iter();
        subs.map(|family| (family["sub"].clone(), family["reason"].clone()))
            .collect::<Vec<_>>()
    };
    let alive = |sub: &str| (json!(sub), Value::Null);
    let ended = |sub: &str| (json!(sub), json!("expired"));
    for n in 0..2 {
        let all = [alive("usr_1"), alive("usr_2"), alive("usr_1")];
        assert_eq!(families(n, "").await, all, "in the order of their logins");
        assert_eq!(families(n, "/t/a").await, [alive("usr_1")]);
    }

    let order = json!({ "tokens": "refresh", "user": "user@example.com" });
    let expire = send("POST", "/__mock/expire", None, &order);
    assert_eq!(processes[1].ask(&expire).await.status, 200);
    let some = [ended("usr_1"), alive("usr_2"), ended("usr_1")];
    assert_eq!(families(0, "").await, some);
    let expire = send(
        "POST",
        "/__mock/expire",
        None,
        &json!({ "tokens": "refresh" }),
    );
    assert_eq!(processes[1].ask(&expire).await.status, 200);
    let all = [ended("usr_1"), ended("usr_2"), ended("usr_1")];
    assert_eq!(families(0, "").await, all);

    let reset = send("POST", "/__mock/reset", None, &json!({}));
    assert_eq!(processes[1].ask(&reset).await.status, 200);
    assert_eq!(families(0, "").await, []);
    let unknown = processes[0].ask(&refresh(&cookies[0], None)).await;
    assert_eq!((unknown.status, unknown.json().get("reason")), (401, None));
    let request = refresh(&elsewhere, None).replace("/auth/", "/t/a/auth/");
    assert_eq!(
        processes[1].ask(&request).await.status,
        200,
        "another tenant"
    );
}

#[tokio::test]
async fn what_is_told_to_expire_is_what_any_process_had_issued_before() {
    let redis = Redis::start();
    let processes = [Process::start(&redis.url()), Process::start(&redis.url())];
    let me = |reply: &crate::process::Reply| {
        let access = reply.json()["accessToken"].as_str().unwrap().to_owned();
        get("/auth/me").replace(
            "\r\n\r\n",
            &format!("\r\nAuthorization: Bearer {access}\r\n\r\n"),
        )
    };
    let before = [
        me(&processes[0].login("user@example.com").await),
        me(&processes[1].login("user@example.com").await),
        me(&processes[1].login("user@example.com").await),
    ];
    let expire = send(
        "POST",
        "/__mock/expire",
        None,
        &json!({ "tokens": "access" }),
    );
    assert_eq!(processes[0].ask(&expire).await.status, 200);
    for request in &before {
        assert_eq!(processes[0].ask(request).await.status, 401);
        assert_eq!(
            processes[1].ask(request).await.status,
            200,
            "it was told nothing"
        );
    }
    let after = me(&processes[1].login("user@example.com").await);
    assert_eq!(processes[0].ask(&after).await.status, 200);
}

#[tokio::test]
async fn a_family_expires_by_itself_a_day_after_its_token_and_the_epoch_outlives_it() {
    let mock = Mock::with(Options {
        refresh_ttl: Duration::from_secs(100),
        absolute_ttl: Duration::from_secs(250),
        ..Options::default()
    });
    let redis = mock.backing.redis();
    let left = |pattern: &str| {
        let names: Vec<String> = redis.ask(&["KEYS", pattern]);
        assert_eq!(names.len(), 1, "{names:?}");
        redis.ask::<i64>(&["TTL", &names[0]]) - DAY
    };
    let (mut first, _) = mock.signed_in("user@example.com").await;
    assert!((95..=100).contains(&left("*:family:*")));
    mock.root().clock().advance(Duration::from_secs(80));
    assert_eq!(first.refresh().await.status, 200);
    assert!((95..=100).contains(&left("*:family:*")), "it was renewed");
    mock.root().clock().advance(Duration::from_secs(80));
    assert_eq!(first.refresh().await.status, 200);
    assert!(
        (85..=90).contains(&left("*:family:*")),
        "its absolute end is near"
    );

    assert_eq!(first.logout("").await.status, 200);
    assert!((245..=250).contains(&left("*:epoch")));
    let name: Vec<String> = redis.ask(&["KEYS", "*:epoch"]);
    let () = redis.ask(&["EXPIRE", &name[0], "10"]);
    let families: Vec<String> = redis.ask(&["KEYS", "*:family:*"]);
    let () = redis.ask(&["DEL", &families[0]]);
    mock.signed_in("user@example.com").await;
    assert!((245..=250).contains(&left("*:epoch")), "a login renews it");
}

#[tokio::test]
async fn nothing_in_redis_is_kept_for_ever_or_is_a_secret() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let refreshed = browser.refresh_with("a key of the client's own").await;
    let code = mock
        .json(
            Method::POST,
            "/wx/code",
            json!({ "email": "user@example.com" }),
        )
        .await;
    assert_eq!(browser.logout("?scope=others").await.status, 200);
    let redis = mock.backing.redis();
    let names: Vec<String> = redis.ask(&["KEYS", "*"]);
    assert_eq!(names.len(), 3, "{names:?}");
    let mut text = String::new();
    for name in &names {
        assert!(redis.ask::<i64>(&["PTTL", name]) > 0, "{name}");
        text += &redis.ask::<String>(&["GET", name]);
    }
    assert!(text.contains("usr_1") && code.status == 200);
    for secret in [
        &login.access(),
        &login.cookie().unwrap(),
        &refreshed.cookie().unwrap(),
        &login.key(),
        &refreshed.key(),
        "a key of the client's own",
        "password",
        "eyJ",
    ] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test]
async fn a_record_of_another_version_is_not_guessed_at_and_signs_nobody_out() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    let redis = mock.backing.redis();
    let names: Vec<String> = redis.ask(&["KEYS", "*:family:*"]);
    let kept: String = redis.ask(&["GET", &names[0]]);
    let () = redis.ask(&["SET", &names[0], "{\"by\":\"them\"}"]);
    let jar = browser.jar.clone();
    let answer = browser.refresh().await;
    answer.refuses(
        StatusCode::SERVICE_UNAVAILABLE,
        "temporarily_unavailable",
        None,
    );
    assert_eq!(browser.jar, jar);
    let () = redis.ask(&["SET", &names[0], &kept]);
    assert_eq!(browser.refresh().await.status, 200);
}
