//! Two users, one browser.

use evertoken_mock::Seen;
use evertoken_tests::{ADMIN, Stage, USER};
use serde_json::json;

use crate::{CALL, all_served, all_signed_in, call_in_all, expire, slow, tabs_without};

/// Waits until this user's session has been heard of.
const HEARD: &str = "
    const deadline = Date.now() + 60_000;
    while (auth.session.user?.email !== args && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return auth.session.user?.email";

#[tokio::test(flavor = "multi_thread")]
async fn s32_a_request_begun_as_one_user_is_never_repeated_as_the_other() {
    let stage = Stage::new().await;
    let tabs = tabs_without(&stage, 2, "").await;
    stage.browser.go_to(&tabs[0]).await;
    slow(&stage, "/auth/me", 1_500);
    expire(&stage);
    stage.browser.run(CALL).await;
    stage.browser.go_to(&tabs[1]).await;
    stage.login(ADMIN).await;
    stage.browser.go_to(&tabs[0]).await;
    assert_eq!(stage.browser.run("return await answer").await, 401);
    assert_eq!(
        stage.browser.run("return auth.session.user.email").await,
        ADMIN
    );
    assert_eq!(stage.requests_to("/auth/me"), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_in_turn_in_two_tabs_never_send_each_others_token() {
    let stage = Stage::relayed().await;
    let tabs = tabs_without(&stage, 2, "").await;
    let id = |email: &str| {
        let users = stage.mock.root().users();
        users.by_email(email).unwrap().id.clone()
    };
    let mut present = USER;
    for round in 0..6 {
        let next = if present == USER { ADMIN } else { USER };
        let (here, there) = (&tabs[round % 2], &tabs[(round + 1) % 2]);
        // The other tab has a request of the present user on its way, which meets the server after the switch.
        stage.browser.go_to(there).await;
        let mut begun = stage.relay().hold_request("/auth/me");
        stage.browser.run(CALL).await;
        begun.here().await;
        stage.browser.go_to(here).await;
        stage.login(next).await;
        stage.browser.go_to(there).await;
        assert_eq!(stage.browser.run_with(HEARD, json!(next)).await, next);
        let announced = stage.mock.root().requests().len();
        stage.mock.root().expire_access(Some(&id(present)));
        begun.release();
        assert_eq!(stage.browser.run("return await answer").await, 401);

        all_served(&call_in_all(&stage, &tabs).await);
        let mut expected = vec![id(present)];
        expected.extend([id(next), id(next)]);
        let requests = stage.mock.root().requests();
        let of: Vec<_> = requests[announced..]
            .iter()
            .filter(|request| request.path == "/auth/me")
            .map(|request| match request.token.clone().unwrap() {
                Seen::Access { sub, .. } | Seen::Refresh { sub, .. } => sub,
            })
            .collect();
        // The one that was begun as the former user, once; then two of the new one.
        assert_eq!(of, expected, "round {round}");
        present = next;
    }
    all_signed_in(&stage, &tabs, present).await;
    let counters = stage.mock.counters();
    assert_eq!((counters.reuse, counters.logout), (0, 0));
    stage.end().await;
}
