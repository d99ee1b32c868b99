use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use evertoken_mock::{Options, Resources, Secret};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::rig::{Mock, claims};

const SECRET: &str = "a secret for tests, of 32 bytes or more";

#[tokio::test]
async fn a_good_token_is_served_and_the_user_is_as_the_token_says() {
    let mock = Mock::new();
    let (_, login) = mock.signed_in("user@example.com").await;
    let answer = mock.me(&login.access()).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, login.json()["user"].clone())
    );
}

#[tokio::test]
async fn without_a_token_the_challenge_carries_no_code() {
    let mock = Mock::new();
    for authorization in [None, Some("Basic dXNlcjpwYXNz"), Some("Bearer")] {
        let mut request = Request::get("/auth/me");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let answer = mock.send(request.body(Body::empty()).unwrap()).await;
        answer.refuses(StatusCode::UNAUTHORIZED, "missing_token", None);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[tokio::test]
async fn a_token_is_expired_at_its_very_second() {
    let mock = Mock::new();
    let (_, login) = mock.signed_in("user@example.com").await;
    mock.root().clock().advance(Duration::from_secs(899));
    assert_eq!(mock.me(&login.access()).await.status, 200);
    mock.root().clock().advance(Duration::from_secs(1));
    let answer = mock.me(&login.access()).await;
    answer.refuses(StatusCode::UNAUTHORIZED, "invalid_token", None);
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Bearer error=\"invalid_token\"")
    );
}

#[tokio::test]
async fn a_lifetime_of_nothing_is_allowed_and_never_served() {
    let mock = Mock::with(Options {
        access_ttl: Duration::ZERO,
        ..Options::default()
    });
    let (_, login) = mock.signed_in("user@example.com").await;
    assert_eq!(login.json()["expiresIn"], 0);
    assert_eq!(mock.me(&login.access()).await.status, 401);
}

#[tokio::test]
async fn what_is_not_an_access_token_of_this_server_is_refused() {
    let mock = Mock::with(Options {
        access_secret: Some(Secret::new(SECRET)),
        ..Options::default()
    });
    let (browser, login) = mock.signed_in("user@example.com").await;
    let good = claims(&login.access());
    let forge = |header: Header, change: Value| {
        let mut claims = good.clone();
        claims
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        jsonwebtoken::encode(
            &header,
            &claims,
            &EncodingKey::from_secret(SECRET.as_bytes()),
        )
        .unwrap()
    };
    let header = |typ: &str| Header {
        typ: Some(typ.into()),
        ..Header::new(Algorithm::HS256)
    };
    assert_eq!(
        mock.me(&forge(header("at+jwt"), json!({}))).await.status,
        200,
        "the forgery is good but for its flaw"
    );
    for (flaw, token) in [
        ("another type", forge(header("JWT"), json!({}))),
        (
            "no type",
            forge(
                Header {
                    typ: None,
                    ..header("")
                },
                json!({}),
            ),
        ),
        (
            "another issuer",
            forge(header("at+jwt"), json!({ "iss": "https://evil.test" })),
        ),
        (
            "another audience",
            forge(header("at+jwt"), json!({ "aud": "other" })),
        ),
        ("another algorithm", {
            let header = Header {
                alg: Algorithm::HS512,
                ..header("at+jwt")
            };
            forge(header, json!({}))
        }),
        (
            "a critical extension",
            forge(
                Header {
                    crit: Some(vec!["exp".into()]),
                    ..header("at+jwt")
                },
                json!({}),
            ),
        ),
        ("expired", forge(header("at+jwt"), json!({ "exp": 1 }))),
        ("no expiry", forge(header("at+jwt"), json!({ "exp": null }))),
        (
            "never issued",
            forge(header("at+jwt"), json!({ "jti": "x" })),
        ),
        (
            "no signature",
            format!("{}.", login.access().rsplit_once('.').unwrap().0),
        ),
        ("a refresh token", browser.jar.unwrap()),
        ("garbage", "x".to_owned()),
    ] {
        let answer = mock.me(&token).await;
        assert_eq!(answer.status, 401, "{flaw}");
        answer.refuses(StatusCode::UNAUTHORIZED, "invalid_token", None);
    }
}

#[tokio::test]
async fn an_admins_page_is_forbidden_to_users() {
    let mock = Mock::new();
    let (_, user) = mock.signed_in("user@example.com").await;
    let (_, admin) = mock.signed_in("admin@example.com").await;
    let ask = |token: String| {
        let request =
            Request::get("/auth/admin").header("authorization", format!("bearer {token}"));
        mock.send(request.body(Body::empty()).unwrap())
    };
    let refused = ask(user.access()).await;
    refused.refuses(StatusCode::FORBIDDEN, "insufficient_scope", None);
    assert_eq!(ask(admin.access()).await.status, 200);
    assert_eq!(
        mock.root().counters().resource,
        Resources {
            ok: 1,
            unauthorized: 0,
            forbidden: 1
        }
    );
}
