//! Access tokens signed with ES256: whoever has the published key can verify them, and nobody can sign.

use std::time::Duration;

use axum::http::StatusCode;
use evertoken_mock::world::Still;
use evertoken_mock::{Alg, Options, OptionsError, Secret, State};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};

use crate::rig::{Mock, claims, jose};

/// As OpenSSL writes a new key: the curve's parameters, then the key.
fn sec1() -> String {
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let key = secret().to_sec1_pem(LineEnding::LF).unwrap();
    format!("{parameters}{}", key.as_str())
}

/// The same key in the other form.
fn pkcs8() -> String {
    secret().to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

fn secret() -> SecretKey {
    SecretKey::from_slice(&[7; 32]).unwrap()
}

fn options(key: Option<&str>) -> Options {
    Options {
        alg: Alg::Es256,
        es256_key: key.map(Secret::new),
        ..Options::default()
    }
}

async fn published(mock: &Mock) -> Value {
    mock.get("/.well-known/jwks.json").await.json()
}

#[tokio::test]
async fn a_stranger_verifies_a_token_with_the_published_key() {
    let mock = Mock::with(options(None));
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let keys: JwkSet = serde_json::from_value(published(&mock).await).unwrap();
    let kid = jose(&login.access())["kid"].as_str().unwrap().to_owned();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["api"]);
    validation.set_issuer(&["http://127.0.0.1:4000"]);
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let read = jsonwebtoken::decode::<Value>(login.access(), &key, &validation).unwrap();
    assert_eq!(
        (read.header.typ.as_deref(), &read.claims["email"]),
        (Some("at+jwt"), &json!("user@example.com"))
    );
    assert_eq!(mock.me(&login.access()).await.status, 200);
    assert_eq!(
        jose(&browser.jar.clone().unwrap())["alg"],
        "HS256",
        "refresh tokens are for us alone"
    );
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn what_is_published_is_the_public_half_and_nothing_else() {
    let body = published(&Mock::with(options(Some(&sec1())))).await;
    let key = &body["keys"][0];
    let mut names: Vec<&str> = key
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert_eq!(
        (&key["alg"], &key["crv"], &key["kty"], &key["use"]),
        (
            &json!("ES256"),
            &json!("P-256"),
            &json!("EC"),
            &json!("sig")
        )
    );
    assert_eq!(body["keys"].as_array().unwrap().len(), 1);
    assert_eq!(published(&Mock::new()).await, json!({ "keys": [] }));
}

#[tokio::test]
async fn a_key_file_is_read_in_either_form_and_outlives_the_server() {
    let (first, second) = (
        Mock::with(options(Some(&sec1()))),
        Mock::with(options(Some(&pkcs8()))),
    );
    assert_eq!(published(&first).await, published(&second).await);
    let (_, login) = first.signed_in("user@example.com").await;
    second.signed_in("user@example.com").await;
    assert_eq!(second.me(&login.access()).await.status, 200);
}

#[tokio::test]
async fn a_key_that_is_none_says_what_to_do() {
    let mangled = sec1().replace('A', "B");
    let public = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----";
    for wrong in [
        "",
        "garbage",
        &mangled,
        public,
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
    ] {
        let error = State::new(
            &options(Some(wrong)),
            std::sync::Arc::new(Still::new(1)),
            "http://127.0.0.1:4000",
        )
        .unwrap_err();
        assert_eq!(error, OptionsError::Es256Key);
        assert!(error.to_string().contains("openssl"));
    }
    let unused = Options {
        alg: Alg::Hs256,
        ..options(Some(&sec1()))
    };
    let error = State::new(
        &unused,
        std::sync::Arc::new(Still::new(1)),
        "http://127.0.0.1:4000",
    )
    .unwrap_err();
    assert!(error.to_string().contains("--alg ES256"));
}

#[tokio::test]
async fn nobody_signs_with_what_is_published() {
    let mock = Mock::with(options(Some(&sec1())));
    let (_, login) = mock.signed_in("user@example.com").await;
    let good = claims(&login.access());
    let keys = published(&mock).await;
    let x = keys["keys"][0]["x"].as_str().unwrap();
    let header = |alg| Header {
        typ: Some("at+jwt".into()),
        ..Header::new(alg)
    };
    // The classic: the public key as an HMAC secret.
    for secret in [x.as_bytes(), keys.to_string().as_bytes(), sec1().as_bytes()] {
        let forged = jsonwebtoken::encode(
            &header(Algorithm::HS256),
            &good,
            &EncodingKey::from_secret(secret),
        )
        .unwrap();
        mock.me(&forged)
            .await
            .refuses(StatusCode::UNAUTHORIZED, "invalid_token", None);
    }
    let (_, other) = Mock::with(options(None))
        .signed_in("user@example.com")
        .await;
    mock.me(&other.access())
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_token", None);
    let (_, hs256) = Mock::new().signed_in("user@example.com").await;
    mock.me(&hs256.access())
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_token", None);
    mock.root().clock().advance(Duration::from_secs(900));
    mock.me(&login.access())
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_token", None);
}
