//! `axios`: an instance of one's own, with a session behind it.

use evertoken_mock::{MockServer, Options};
use evertoken_tests::USER;

use crate::place::Example;

#[tokio::test(flavor = "multi_thread")]
async fn ten_requests_of_axios_share_one_renewal_and_their_errors_are_of_two_kinds() {
    let example = Example::page("axios").await;
    example.sign_in().await;
    example.expire();
    example.browser.click("#ask").await;
    example.says("#answer", "10 answers.").await;
    example.says("#answer", USER).await;
    let counters = example.mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (1, 0));
    assert_eq!(counters.resource.ok, 10);

    example.browser.click("#missing").await;
    example.says("#problem", "The backend says 404.").await;

    example.expire();
    example.mock.root().expire_refresh(None).await.unwrap();
    example.browser.click("#ask").await;
    example.says("#who", "You are not signed in.").await;
    example.says("#problem", "Nobody is signed in.").await;
    assert_eq!(example.mock.counters().rotations, 1);
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_to_another_origin_ask_for_no_header_that_its_backend_does_not_allow() {
    let example = Example::page("axios").await;
    let elsewhere = MockServer::start(Options::default()).await.unwrap();
    let url = elsewhere.url();
    let call = format!(
        r#"
        const [{{ default: axios }}, {{ createAuthClient }}, {{ attach }}] = await Promise.all(
            ["axios", "evertoken", "evertoken/axios"].map((name) => import(name)),
        );
        const auth = createAuthClient({{ baseUrl: "{url}", restore: "never", contract: "oauth2" }});
        await auth.login({{ email: "{USER}", password: "password" }});
        const api = axios.create({{ baseURL: "{url}" }});
        attach(api, auth);
        const {{ status }} = await api.get("/auth/me");
        auth.dispose();
        return status;"#
    );
    assert_eq!(example.browser.run_as_page(&call).await, 200);
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_everyone_in_light_and_in_dark_on_a_phone_and_on_a_desk() {
    let example = Example::page("axios").await;
    let walk = async |example: &Example| {
        example.is_there("#login").await;
        example.looks_well("signed out").await;
        example.sign_in().await;
        example.browser.click("#missing").await;
        example.says("#problem", "404").await;
        example.looks_well("with a problem").await;
    };
    example.serves_everyone(walk).await;
}
