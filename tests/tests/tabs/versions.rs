//! Another version of the package in another tab, and whatever else has something to say.

use evertoken_tests::{Stage, USER};
use serde_json::json;

use crate::{all_served, all_signed_in, call_in_all, expire, open_tab, tabs_without};

/// Says and writes what no version of this client does, in every shape that a channel takes. `args` is the name that
/// the tabs' channel and notes have.
const NOISE: &str = "
    const said = [];
    const cyclic = []; cyclic.push(cyclic);
    for (const text of ['99 is 1 2 3', '99', '', ' ', '2', '2 is', '2 is x', '2 ask', '2 bye', '2 who 1',
      '1 is ffffffff 0 0 ffffffffffff ffffffffffff ffffffffffff - - - -',
      '2 is 1 1 1 ' + 'f'.repeat(1e6), 'x'.repeat(1e6), '\\0\\uD800', '{\"v\":99,\"epoch\":1e300}'])
      said.push([Date.now(), text, 'a.b.c', { id: 'mallory' }]);
    for (const message of [undefined, null, 99, 'text', {}, [], [[]], cyclic, new Map([[1, 2]]), new Error('x'),
      new Uint8Array(8), [NaN, '2 bye 1'], ['yesterday', '2 bye 1'], { 0: Date.now(), 1: '2 is' }, { v: 99 }])
      said.push(message);
    const channel = new BroadcastChannel(args);
    for (const message of said) channel.postMessage(message);
    channel.close();
    for (const slot of ['', ':logout', ':login', ':tabs', ':future'])
      for (const text of ['99 1 2 3', 'garbage', '', '{\"v\":99}', '2', '2 zz', 'x'.repeat(1e5)])
        localStorage.setItem(args + slot, text);";

#[tokio::test(flavor = "multi_thread")]
async fn what_another_version_says_and_writes_is_ignored() {
    let stage = Stage::new().await;
    let mut tabs = tabs_without(&stage, 2, "").await;
    let name = format!("evertoken:{}/auth/refresh", stage.mock.url());
    let known = "return Object.keys(localStorage).includes(args)";
    assert_eq!(
        stage.browser.run_with(known, json!(name)).await,
        true,
        "this is the name that the tabs have in common"
    );
    let stranger = stage.browser.open_tab(&stage.page()).await;
    for round in 1..=3 {
        stage.browser.go_to(&stranger).await;
        stage.browser.run_with(NOISE, json!(name)).await;
        expire(&stage);
        all_served(&call_in_all(&stage, &tabs).await);
        let counters = stage.mock.counters();
        assert_eq!((counters.rotations, counters.reuse), (round, 0));
    }
    all_signed_in(&stage, &tabs, USER).await;

    // A tab that starts with such notes, and amid such talk, starts all the same.
    stage.browser.go_to(&stranger).await;
    stage.browser.run_with(NOISE, json!(name)).await;
    tabs.push(open_tab(&stage).await);
    all_signed_in(&stage, &tabs, USER).await;
    stage.browser.run("await auth.logout()").await;
    assert_eq!(stage.mock.counters().logout, 1);
    stage.end().await;
}
