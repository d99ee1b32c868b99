//! `mini-program`: a platform without `fetch`, and a login that asks nobody.

use crate::place::Example;

#[tokio::test(flavor = "multi_thread")]
async fn a_mini_program_signs_in_once_for_five_requests_and_again_only_where_the_refresh_is_refused()
 {
    let example = Example::page("mini-program").await;
    example.says("#who", "Nobody is signed in").await;
    example.browser.click("#profile").await;
    example
        .says("#answer", "5 answers, for user@example.com.")
        .await;
    example.says("#who", "Signed in").await;
    let counters = example.mock.counters();
    assert_eq!((counters.login.ok, counters.resource.ok), (1, 5));

    example.expire();
    ask_again(&example).await;
    let counters = example.mock.counters();
    assert_eq!(
        (counters.login.ok, counters.rotations, counters.reuse),
        (1, 1, 0)
    );

    example.expire();
    example.mock.root().expire_refresh(None).await.unwrap();
    ask_again(&example).await;
    let counters = example.mock.counters();
    assert_eq!((counters.login.ok, counters.rotations), (2, 1));
    assert_eq!(counters.resource.ok, 15);
    example.says("#codes", "2").await;
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_with_the_refresh_token_that_the_platform_kept_and_needs_no_code() {
    let example = Example::page("mini-program").await;
    example.says("#who", "Nobody is signed in").await;
    example.browser.click("#profile").await;
    example.says("#answer", "5 answers").await;
    example.browser.reload().await;
    example.says("#who", "Signed in").await;
    example.browser.click("#profile").await;
    example.says("#answer", "5 answers").await;
    example.says("#codes", "0").await;
    let counters = example.mock.counters();
    assert_eq!(
        (counters.login.ok, counters.rotations, counters.reuse),
        (1, 1, 0)
    );
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_403_signs_out_and_nobody_is_signed_in_again_behind_the_users_back() {
    let example = Example::page("mini-program").await;
    example.says("#who", "Nobody is signed in").await;
    example.browser.click("#profile").await;
    example.says("#answer", "5 answers").await;
    example.browser.click("#admin").await;
    example.says("#who", "You were signed out").await;
    assert_eq!(example.mock.counters().logout, 1);
    example.browser.click("#profile").await;
    example.says("#problem", "Nobody is signed in.").await;
    example.says("#codes", "1").await;
    example.browser.click("#login").await;
    example.says("#who", "Signed in").await;
    example.says("#codes", "2").await;
    assert_eq!(example.mock.counters().login.ok, 2);
    example.end().await;
}

/// The answer of before is taken away first, so that the next one is a new one.
async fn ask_again(example: &Example) {
    example.forget("#answer").await;
    example.browser.click("#profile").await;
    example.says("#answer", "5 answers").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_everyone_in_light_and_in_dark_on_a_phone_and_on_a_desk() {
    let example = Example::page("mini-program").await;
    let walk = async |example: &Example| {
        example.says("#who", "Nobody is signed in").await;
        example.looks_well("signed out").await;
        example.browser.click("#profile").await;
        example.says("#answer", "5 answers").await;
        example.looks_well("signed in").await;
        example.browser.click("#admin").await;
        example.says("#who", "You were signed out").await;
        example.looks_well("after a 403").await;
    };
    example.serves_everyone(walk).await;
}
