//! The table of `auth.fetch`, row by row, in a real browser against a scripted transport.

#![cfg(all(target_arch = "wasm32", feature = "js"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests say so by panicking"
)]

mod support;

use support::{Client, all, call, ended, sleep, turn};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::AbortController;

wasm_bindgen_test_configure!(run_in_browser);

const LOGIN_REQUIRED: Option<f64> = Some(1.0);
const NETWORK: Option<f64> = Some(4.0);
const OK: Option<f64> = Some(200.0);
const UNAUTHORIZED: Option<f64> = Some(401.0);

#[wasm_bindgen_test]
async fn a_good_token_goes_out_as_a_bearer_in_one_request() {
    let client = Client::signed_in().await;
    assert_eq!(client.ended("/me").await.status(), OK);
    assert_eq!(
        client.backend.saw("/me", 0, "authorization"),
        "Bearer token-1"
    );
    assert_eq!(client.backend.count("/me"), 1);
}

#[wasm_bindgen_test]
async fn an_origin_off_the_list_gets_the_platforms_fetch_and_no_token() {
    let client = Client::signed_in().await;
    for url in [
        "https://api.test:8443/open",
        "http://api.test/open",
        "https://api.test.evil.test/open",
        "https://api.test@evil.test/open",
        "//evil.test/open",
        "\\\\evil.test/open",
        "/\t/evil.test/open",
    ] {
        client.ended(url).await;
    }
    for n in 0..7 {
        let seen = client.backend.received_at(1 + n);
        assert!(seen.contains(r#""authorization":null"#), "{seen}");
    }
}

#[wasm_bindgen_test]
async fn an_auth_endpoint_is_passed_through_with_its_errors() {
    let client = Client::signed_in().await;
    client.backend.script("/auth/refresh", 1, 401, "{}");
    let answer = ended(support::post(&client.sender, "/auth/refresh")).await;
    assert_eq!(answer.status(), UNAUTHORIZED);
    assert_eq!(
        client.backend.saw("/auth/refresh", 0, "authorization"),
        "null"
    );
    assert_eq!(client.backend.count("/auth/refresh"), 1);
    // Only the exact method and address is one.
    client.ended("/auth/refresh").await;
    assert_eq!(
        client.backend.saw("/auth/refresh", 1, "authorization"),
        "Bearer token-1"
    );
}

#[wasm_bindgen_test]
async fn a_callers_own_authorization_is_left_alone_and_not_retried() {
    let client = Client::signed_in().await;
    for (n, name) in ["own authorization", "own authorization in a request"]
        .iter()
        .enumerate()
    {
        assert_eq!(client.ended(name).await.status(), UNAUTHORIZED);
        assert_eq!(
            client.backend.saw("/echo", n as u32, "authorization"),
            "Basic abc"
        );
    }
    assert_eq!(
        (
            client.backend.count("/echo"),
            client.backend.count("/auth/refresh")
        ),
        (2, 0)
    );
}

#[wasm_bindgen_test]
async fn a_call_waits_while_the_session_is_being_restored() {
    let client = Client::new("https://api.test", true, 10_000.0);
    let waiting = client.call("/me");
    turn().await;
    assert_eq!(client.backend.count("/me"), 0);
    assert_eq!(ended(waiting).await.status(), OK);
    assert_eq!(client.backend.count("/auth/refresh"), 1);
}

#[wasm_bindgen_test]
async fn a_call_waits_while_a_login_is_on_its_way() {
    let client = Client::signed_out();
    client.backend.hold("/auth/login");
    let login = client.engine.login(&js_sys::Object::new());
    let waiting = client.call("/me");
    turn().await;
    assert_eq!(client.backend.count("/me"), 0);
    client.backend.release("/auth/login");
    assert_eq!(ended(waiting).await.status(), OK);
    wasm_bindgen_futures::JsFuture::from(login).await.unwrap();
}

#[wasm_bindgen_test]
async fn signed_out_a_call_is_rejected_and_nothing_is_sent() {
    let client = Client::signed_out();
    assert_eq!(client.ended("/me").await.code(), LOGIN_REQUIRED);
    assert_eq!(client.backend.count("/me"), 0);
}

#[wasm_bindgen_test]
async fn a_stale_token_that_cannot_be_renewed_rejects_with_that_error_and_nothing_is_sent() {
    let client = Client::signed_in().await;
    sleep(901_000.0);
    client.backend.script("/auth/refresh", 1, 0, "");
    assert_eq!(client.ended("/me").await.code(), NETWORK);
    assert_eq!(client.backend.count("/me"), 0);
    assert_eq!(
        client.ended("/me").await.status(),
        OK,
        "the next call starts a new refresh"
    );
}

#[wasm_bindgen_test]
async fn twenty_401s_share_one_refresh_and_each_is_retried_once() {
    let client = Client::signed_in().await;
    client.backend.spoil();
    client.backend.hold("/auth/refresh");
    let calls: Vec<_> = (0..20).map(|_| client.call("/me")).collect();
    turn().await;
    turn().await;
    client.backend.release("/auth/refresh");
    assert!(all(&calls).await.iter().all(|call| call.status() == OK));
    assert_eq!(
        (
            client.backend.count("/auth/refresh"),
            client.backend.count("/me")
        ),
        (1, 40)
    );
}

#[wasm_bindgen_test]
async fn a_retry_has_the_same_method_headers_and_body() {
    for name in [
        "string",
        "url",
        "request",
        "request and init",
        "blob",
        "buffer",
        "view",
        "parameters",
        "form",
    ] {
        let client = Client::signed_in().await;
        client.backend.spoil();
        assert_eq!(client.ended(name).await.status(), OK, "{name}");
        assert_eq!(client.backend.count("/echo"), 2, "{name}");
        for member in ["method", "marker"] {
            let (first, second) = (
                client.backend.saw("/echo", 0, member),
                client.backend.saw("/echo", 1, member),
            );
            assert_eq!(first, second, "{name}: {member}");
        }
        for n in 0..2 {
            let body = client.backend.saw("/echo", n, "body");
            let whole = if matches!(name, "parameters" | "form") {
                "value"
            } else {
                "text"
            };
            assert!(body.contains(whole), "{name}: {body}");
            assert_eq!(client.backend.saw("/echo", n, "method"), "POST", "{name}");
            assert_eq!(client.backend.saw("/echo", n, "marker"), "m", "{name}");
        }
        assert_eq!(
            client.backend.saw("/echo", 1, "authorization"),
            "Bearer token-2",
            "{name}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_stream_cannot_be_sent_twice_so_its_401_is_returned() {
    let client = Client::signed_in().await;
    client.backend.spoil();
    assert_eq!(client.ended("stream").await.status(), UNAUTHORIZED);
    assert_eq!(
        (
            client.backend.count("/echo"),
            client.backend.count("/auth/refresh")
        ),
        (1, 0)
    );
}

#[wasm_bindgen_test]
async fn a_401_whose_refresh_is_denied_rejects_with_the_response_as_its_cause() {
    let client = Client::signed_in().await;
    client.backend.spoil();
    client.backend.script(
        "/auth/refresh",
        1,
        401,
        r#"{"error":"invalid_grant","reason":"revoked"}"#,
    );
    let call = client.ended("/me").await;
    assert_eq!(call.code(), LOGIN_REQUIRED);
    assert_eq!(call.member("cause").as_f64(), UNAUTHORIZED);
    assert_eq!(client.status(), 1.0, "signed out");
}

#[wasm_bindgen_test]
async fn a_401_whose_refresh_fails_for_now_rejects_with_that_error_and_the_session_stays() {
    let client = Client::signed_in().await;
    client.backend.spoil();
    client.backend.script("/auth/refresh", 1, 503, "");
    let call = client.ended("/me").await;
    assert_eq!(call.code(), Some(7.0));
    assert_eq!(call.member("cause").as_f64(), UNAUTHORIZED);
    assert_eq!(client.status(), 3.0, "signed in");
}

#[wasm_bindgen_test]
async fn a_second_401_is_returned() {
    let client = Client::signed_in().await;
    client.backend.script("/me", 2, 401, "{}");
    assert_eq!(client.ended("/me").await.status(), UNAUTHORIZED);
    assert_eq!(
        (
            client.backend.count("/me"),
            client.backend.count("/auth/refresh")
        ),
        (2, 1)
    );
}

#[wasm_bindgen_test]
async fn a_401_for_a_user_who_is_no_longer_signed_in_is_returned_and_not_repeated_as_the_next_one()
{
    let client = Client::signed_in().await;
    client.backend.hold("/me");
    let begun = client.call("/me");
    turn().await;
    client.backend.set_subject("u2");
    client.login().await;
    client.backend.script("/me", 1, 401, "{}");
    client.backend.release("/me");
    assert_eq!(ended(begun).await.status(), UNAUTHORIZED);
    assert_eq!(
        (
            client.backend.count("/me"),
            client.backend.count("/auth/refresh")
        ),
        (1, 0)
    );
}

#[wasm_bindgen_test]
async fn a_refresh_that_names_another_user_repeats_nothing_that_was_begun_as_the_first() {
    let client = Client::signed_in().await;
    client.backend.set_subject("u2");
    client.backend.spoil();
    assert_eq!(client.ended("/me").await.status(), UNAUTHORIZED);
    assert_eq!(
        (
            client.backend.count("/me"),
            client.backend.count("/auth/refresh")
        ),
        (1, 1)
    );
    assert_eq!(client.ended("/me").await.status(), OK);
}

#[wasm_bindgen_test]
async fn a_network_error_is_the_platforms_own() {
    let client = Client::signed_in().await;
    client.backend.script("/me", 1, 0, "");
    assert_eq!(
        client.ended("/me").await.thrown().as_deref(),
        Some("TypeError")
    );
}

#[wasm_bindgen_test]
async fn an_abort_rejects_one_waiting_call_with_its_reason_and_the_other_nineteen_are_served() {
    let client = Client::signed_in().await;
    sleep(901_000.0);
    client.backend.hold("/auth/refresh");
    let controller = AbortController::new().unwrap();
    let others: Vec<_> = (0..19).map(|_| client.call("/me")).collect();
    let one = call(&client.sender, "/me", &controller.signal());
    turn().await;
    controller.abort_with_reason(&JsValue::from_str("enough"));
    assert_eq!(
        ended(one).await.member("message").as_string().as_deref(),
        Some("enough")
    );
    client.backend.release("/auth/refresh");
    assert!(all(&others).await.iter().all(|call| call.status() == OK));
    assert_eq!(
        (
            client.backend.count("/auth/refresh"),
            client.backend.count("/me")
        ),
        (1, 19)
    );
}

#[wasm_bindgen_test]
async fn a_call_that_is_aborted_already_sends_nothing_at_all() {
    let client = Client::signed_in().await;
    sleep(901_000.0);
    let controller = AbortController::new().unwrap();
    controller.abort();
    let call = ended(call(&client.sender, "/me", &controller.signal())).await;
    assert_eq!(call.thrown().as_deref(), Some("AbortError"));
    assert_eq!(
        (
            client.backend.count("/auth/refresh"),
            client.backend.count("/me")
        ),
        (0, 0)
    );
}

#[wasm_bindgen_test]
async fn a_relative_path_is_appended_to_the_base_urls_path() {
    let client = Client::new("https://api.test/v1/", false, 10_000.0);
    client
        .engine
        .set_session(js_sys::JSON::parse(r#"{"accessToken":"t"}"#).unwrap());
    for (given, path) in [
        ("/me", "/v1/me"),
        ("me", "/v1/me"),
        ("?page=2", "/v1?page=2"),
        ("https://api.test/me", "/me"),
        ("//api.test/me", "/me"),
    ] {
        let before = client.backend.count(path);
        client.backend.script(path, 1, 200, "{}");
        client.ended(given).await;
        assert_eq!(client.backend.count(path), before + 1, "{given}");
    }
}

#[wasm_bindgen_test]
async fn members_of_init_that_only_this_platform_knows_arrive_wherever_they_come_from() {
    let client = Client::signed_in().await;
    for (n, name) in ["own members", "inherited members"].iter().enumerate() {
        client.ended(name).await;
        assert_eq!(client.backend.saw("/open", n as u32, "priority"), "low");
        assert_eq!(client.backend.saw("/open", n as u32, "only"), "7");
        assert_eq!(client.backend.saw("/open", n as u32, "wasRequest"), "false");
    }
}

#[wasm_bindgen_test]
async fn an_address_that_is_none_is_the_platforms_type_error() {
    let client = Client::signed_in().await;
    assert_eq!(
        client.ended("https://[").await.thrown().as_deref(),
        Some("TypeError")
    );
}
