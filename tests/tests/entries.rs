//! The entry points beside the main one, in a page.

#![allow(missing_docs, reason = "a test's name is its documentation")]

use evertoken_tests::{Stage, USER};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_as_a_file_is_found_beside_its_module_loaded_once_and_signs_in() {
    let stage = Stage::new().await;
    let done = stage
        .browser
        .run("const external = await import('/evertoken/external.js');
              const before = external.createAuthClient();
              const early = await before.ready.catch((error) => error.code);
              await Promise.all([external.loadEngine(), external.loadEngine()]);
              const auth = external.createAuthClient();
              await auth.ready;
              const user = await auth.login({ email: 'user@example.com', password: 'password' });
              const { status } = await auth.fetch('/auth/me');
              const loads = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm'));
              return [early, user.email, status, loads.length]")
        .await;
    assert_eq!(done, json!(["engine", USER, 200, 1]));
    stage.end().await;
}
