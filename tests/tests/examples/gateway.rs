//! `gateway`: the backend renews while it serves.

use evertoken_tests::USER;

use crate::place::Example;

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_one_request_whose_answer_brings_the_next_token() {
    let example = Example::page("gateway").await;
    example.sign_in().await;
    example.expire();
    example.browser.click("#ask").await;
    example.says("#answer", USER).await;
    example.says("#adopted", "1").await;
    assert_eq!(example.requests_to("/gateway/api/me"), 1);
    assert_eq!(example.mock.counters().refresh.ok, 1);

    example.browser.click("#admin").await;
    example.says("#answer", "403 insufficient_scope").await;
    example.says("#who", USER).await;
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_has_the_token_of_the_first_and_a_page_alone_is_signed_out_by_a_reload() {
    let example = Example::page("gateway").await;
    example.sign_in().await;
    let first = example.browser.tab().await;
    let second = example.browser.open_tab(&example.url).await;
    example.says("#who", USER).await;
    example.expire();
    example.browser.click("#ask").await;
    example.says("#adopted", "1").await;
    example.browser.go_to(&first).await;
    example.says("#heard", "1").await;
    example.browser.click("#ask").await;
    example.says("#answer", USER).await;
    assert_eq!(example.mock.counters().refresh.ok, 1, "one for both");

    example.browser.close_tab(&second).await;
    example.browser.reload().await;
    example.says("#who", "You are not signed in.").await;
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_everyone_in_light_and_in_dark_on_a_phone_and_on_a_desk() {
    let example = Example::page("gateway").await;
    let walk = async |example: &Example| {
        example.is_there("#login").await;
        example.looks_well("signed out").await;
        example.sign_in().await;
        example.browser.click("#admin").await;
        example.says("#answer", "403").await;
        example.looks_well("signed in").await;
    };
    example.serves_everyone(walk).await;
}
