//! Another version of the package in another tab, and whatever else has something to say.

use evertoken_tests::{Stage, USER};
use serde_json::json;

use crate::{all_served, all_signed_in, call_in_all, expire, open_tab, tabs_without};

/// Says and writes what no version of this client does, in every shape that a channel takes. `args` is the name that
/// the tabs' channel and notes have, and what is left in the notes.
const NOISE: &str = r#"
    const [name, left] = args;
    // A logout that is later than all there was, had it been said in words that are understood.
    const epoch = `63 0 ${Date.now().toString(16)}`;
    const logout = `is 7 0 0 ${epoch} 0 1 1 - -`;
    const texts = [`99 ${logout}`, `1 ${logout}`, logout, "99 is 1 2 3", "99", "", " ", "2", "2 is", "2 is x",
      "2 ask", "2 bye", "2 who 1", "2 is 1 1 1 " + "f".repeat(1e6), "x".repeat(1e6), "\0\uD800", '{"v":99}'];
    const cyclic = [];
    cyclic.push(cyclic);
    const messages = [undefined, null, 99, "text", {}, [], [[]], cyclic, new Map([[1, 2]]), new Error("x"),
      new Uint8Array(8), [NaN, "2 bye 1"], ["yesterday", "2 bye 1"], { 0: Date.now(), 1: "2 is" }, { v: 99 }];
    const channel = new BroadcastChannel(name);
    for (const text of texts) channel.postMessage([Date.now(), text, "a.b.c", { id: "mallory" }]);
    for (const message of messages) channel.postMessage(message);
    channel.close();
    const slots = ["", ":logout", ":login", ":tabs", ":future"];
    for (const slot of slots) for (const text of texts) localStorage.setItem(name + slot, text);
    for (const slot of slots) localStorage.setItem(name + slot, left);
    if (left === "newer") {
      localStorage.setItem(name, `99 ${epoch} 0 1 1 -`);
      localStorage.setItem(name + ":logout", `99 ${epoch} 2`);
    }"#;

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
    let before = stage.mock.counters().rotations;
    for (round, left) in (1..).zip(["newer", "garbage", ""]) {
        stage.browser.go_to(&stranger).await;
        stage.browser.run_with(NOISE, json!([name, left])).await;
        expire(&stage);
        all_served(&call_in_all(&stage, &tabs).await);
        let counters = stage.mock.counters();
        assert_eq!((counters.rotations - before, counters.reuse), (round, 0));
    }
    all_signed_in(&stage, &tabs, USER).await;

    // A tab that starts with such notes, and amid such talk, starts all the same.
    stage.browser.go_to(&stranger).await;
    stage.browser.run_with(NOISE, json!([name, "newer"])).await;
    tabs.push(open_tab(&stage).await);
    all_signed_in(&stage, &tabs, USER).await;
    stage.browser.run("await auth.logout()").await;
    assert_eq!(stage.mock.counters().logout, 1);
    stage.end().await;
}
