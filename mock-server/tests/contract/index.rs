//! The page at `/`.

use axum::body::Body;
use axum::http::Request;
use evertoken_mock::Options;
use serde_json::json;

use crate::endpoints::all;
use crate::rig::Mock;

async fn page(mock: &Mock, path: &str, host: &str) -> String {
    let request = Request::get(path)
        .header("host", host)
        .body(Body::empty())
        .unwrap();
    let answer = mock.send(request).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test]
async fn the_page_at_the_root_names_endpoints_and_accounts() {
    let mock = Mock::new();
    let text = page(&mock, "/", "localhost:4000").await;
    for endpoint in all(&mock).await {
        let path = endpoint.path.replace("anything", "{rest}");
        assert!(
            text.contains(&format!("<td>{}<td><code>{}</code>", endpoint.method, path)),
            "{path} {text}"
        );
    }
    for name in [
        "user@example.com",
        "admin@example.com",
        "inactive@example.com",
        "/openapi.json",
    ] {
        assert!(text.contains(name), "{name}");
    }
    let users = json!([{ "email": "<b>@example.com", "password": "hunter2", "role": "<i>" }]);
    mock.json(axum::http::Method::PUT, "/__mock/users", users)
        .await;
    let text = page(&mock, "/", "localhost:4000").await;
    assert!(
        text.contains("&lt;b&gt;")
            && !text.contains("<b>")
            && !text.contains("<i>")
            && !text.contains("hunter2")
    );
    assert!(
        page(&mock, "/t/a/", "localhost:4000")
            .await
            .contains("user@example.com")
    );
}

#[tokio::test]
async fn accounts_are_not_named_to_whom_the_controls_would_not() {
    let mock = Mock::new();
    assert!(
        !page(&mock, "/", "evil.test")
            .await
            .contains("user@example.com")
    );
    let off = Mock::with(Options {
        control: false,
        ..Options::default()
    });
    let text = page(&off, "/", "localhost:4000").await;
    assert!(text.contains("/auth/login") && !text.contains("user@example.com"));
}
