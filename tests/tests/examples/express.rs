//! `express-backend`: a backend that was not written for this client. What counts is what it counted itself.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use evertoken_tests::{USER, eventually};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::place::{Example, Server};

async fn counted(example: &Example) -> Value {
    let counters = "return (await fetch('/counters')).json()";
    example.browser.run(counters).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_backend_rotates_once_for_ten_calls_and_finds_nothing_reused() {
    let example = Example::program("express-backend").await;
    example.is_there("#login").await;
    example.browser.fill("[name=password]", "wrong").await;
    example.browser.click("#login button").await;
    example.says("#problem", "does not accept").await;
    example.browser.fill("[name=password]", "password").await;
    example.sign_in().await;
    example.browser.click("#expire").await;
    example.says("#answer", "will be refused").await;
    example.browser.click("#orders").await;
    example.says("#answer", "10 of 10 were answered").await;
    example
        .says("#counters", "rotations 1, repeated 0, reuse 0")
        .await;

    example.browser.reload().await;
    example.says("#who", USER).await;
    example.browser.click("#logout").await;
    example.says("#who", "You are not signed in.").await;
    example.says("#counters", "logouts 1").await;
    example.browser.reload().await;
    example.says("#who", "You are not signed in.").await;
    assert_eq!(
        counted(&example).await,
        json!({"logins": 1, "rotations": 2, "repeated": 0, "reuse": 0, "logouts": 1})
    );
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_backend_sees_two_tabs_as_one_client() {
    let example = Example::program("express-backend").await;
    example.sign_in().await;
    let first = example.browser.tab().await;
    let second = example.browser.open_tab(&example.url).await;
    example.says("#who", USER).await;
    assert_eq!(counted(&example).await["rotations"], 0, "the first told it");
    for round in 1..=3 {
        example.browser.click("#expire").await;
        example.says("#answer", "will be refused").await;
        for tab in [&first, &second] {
            example.browser.go_to(tab).await;
            example.forget("#answer").await;
            example.browser.click("#orders").await;
        }
        for tab in [&first, &second] {
            example.browser.go_to(tab).await;
            example.says("#answer", "10 of 10 were answered").await;
        }
        let counted = counted(&example).await;
        assert_eq!(
            (&counted["rotations"], &counted["reuse"]),
            (&json!(round), &json!(0))
        );
    }
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_backend_whose_answer_was_lost_hears_the_same_again_and_finds_nothing_reused() {
    let example = Example::program("express-backend").await;
    example.sign_in().await;
    example.browser.click("#lose").await;
    example.says("#answer", "its answer lost").await;
    example.forget("#answer").await;
    example.browser.click("#orders").await;
    // Either the browser sends it once more by itself, and nobody notices; or it is said that there was no answer.
    let over = "return document.querySelector('#answer').textContent + document.querySelector('#problem').textContent";
    assert!(eventually(async || example.browser.run(over).await != "").await);
    assert_eq!(counted(&example).await["rotations"], 1);

    example.browser.click("#orders").await;
    example.says("#answer", "10 of 10 were answered").await;
    example
        .says("#counters", "rotations 1, repeated 1, reuse 0")
        .await;
    example.says("#who", USER).await;
    example.end().await;
}

/// Asks for a renewal as nobody but a test can: with a cookie of its choice. Gives the status and the new cookie.
async fn renew(url: &str, cookie: &str, key: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::post(format!("{url}auth/refresh")).header(header::COOKIE, cookie);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    sent(request.body(Body::empty()).unwrap()).await
}

async fn sent(request: Request<Body>) -> (StatusCode, String) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    let (cookie, _) = cookie.split_once(';').unwrap();
    (response.status(), cookie.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_backend_answers_an_honest_repetition_alike_and_a_thief_ends_the_session() {
    let server = Server::start("express-backend", "").await;
    let credentials = json!({"email": USER, "password": "password"});
    let login = Request::post(format!("{}auth/login", server.url))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(credentials.to_string()));
    let (status, first) = sent(login.unwrap()).await;
    assert_eq!(status, StatusCode::OK);

    let renewed = renew(&server.url, &first, Some("a key")).await;
    assert_eq!(renewed.0, StatusCode::OK);
    assert_ne!(renewed.1, first);
    assert_eq!(renew(&server.url, &first, Some("a key")).await, renewed);

    let refused = (StatusCode::UNAUTHORIZED, "refresh_token=".to_owned());
    assert_eq!(renew(&server.url, &first, None).await, refused);
    let (_, second) = renewed;
    assert_eq!(renew(&server.url, &second, Some("another")).await, refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_everyone_in_light_and_in_dark_on_a_phone_and_on_a_desk() {
    let example = Example::program("express-backend").await;
    let walk = async |example: &Example| {
        example.is_there("#login").await;
        example.looks_well("signed out").await;
        example.sign_in().await;
        example.browser.click("#orders").await;
        example.says("#answer", "10 of 10").await;
        example.looks_well("signed in").await;
    };
    example.serves_everyone(walk).await;
}
