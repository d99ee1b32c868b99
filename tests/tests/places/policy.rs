//! Pages with a Content-Security-Policy.

use evertoken_tests::Stage;
use serde_json::json;

/// A page with this policy.
async fn page_with(policy: &str) -> Stage {
    let stage = Stage::relayed().await;
    stage.relay().add_header("content-security-policy", policy);
    stage.browser.reload().await;
    let forbids_eval = "
        window.violations = [];
        document.addEventListener('securitypolicyviolation', (event) =>
          violations.push([event.effectiveDirective, event.blockedURI]));
        const script = document.createElement('script');
        script.textContent = 'globalThis.inline = true';
        document.head.append(script);
        return globalThis.inline ?? window.inline ?? false";
    let inline = stage.browser.run(forbids_eval).await;
    assert_eq!(inline, false, "the policy is in force");
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_policy_allows_its_own_scripts_and_wasm_works() {
    let stage = page_with("script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'").await;
    let main_job = "
        const script = Object.assign(document.createElement('script'), { type: 'module', src: '/main-job.js' });
        const run = new Promise((resolve, reject) => { script.onload = resolve; script.onerror = reject });
        document.head.append(script);
        await run;
        return [await window.told, violations.map(([directive, what]) => what)]";
    let told = stage.browser.run(main_job).await;
    let mut expected = vec![json!("signed-out")];
    expected.extend(vec![json!(200); 20]);
    expected.push(json!("signed-out"));
    // The one violation is the one of this test's own.
    assert_eq!(told, json!([expected, ["inline"]]));
    let counters = stage.mock.counters();
    assert_eq!(
        (
            counters.rotations,
            counters.resource.ok,
            counters.logout,
            counters.reuse
        ),
        (1, 20, 1, 0)
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_without_wasm_is_told_as_engine_with_a_hint_that_names_the_word() {
    let stage = page_with("script-src 'self'; connect-src 'self'").await;
    let create = "window.auth = evertoken.createAuthClient(); return auth.session.status";
    assert_eq!(stage.browser.run(create).await, "signed-out");
    for call in [
        "await auth.ready",
        "await auth.login({ email: 'user@example.com', password: 'password' })",
        "await auth.fetch('/auth/me')",
        "await auth.getAccessToken()",
        "await auth.refresh()",
        "await auth.logout()",
    ] {
        let thrown = stage.browser.fails(call).await;
        assert_eq!(
            (thrown.name.as_str(), thrown.code.as_deref()),
            ("AuthError", Some("engine")),
            "{call}"
        );
        let hint = thrown.hint.unwrap();
        assert!(hint.contains("'wasm-unsafe-eval'"), "{call}: {hint}");
    }
    assert_eq!(stage.requests_to("/auth/refresh"), 0);
    stage.end().await;
}
