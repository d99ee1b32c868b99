//! Tokens that are none of ours, at every endpoint that takes one.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evertoken_mock::{Counters, Options, Secret};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::endpoints::all;
use crate::rig::{FORM, Mock, claims};

const ACCESS: &str = "a secret for access tokens, 32 bytes or more";
const REFRESH: &str = "a secret for refresh tokens, 32 bytes or more";

fn mock() -> Mock {
    Mock::with(Options {
        access_secret: Some(Secret::new(ACCESS)),
        refresh_secret: Some(Secret::new(REFRESH)),
        ..Options::default()
    })
}

fn base64(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    // Whatever the header says, it is signed as ours are.
    let message = format!("{}.{}", base64(header), base64(claims));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

/// Everything that can be wrong with a token whose claims are good.
fn forgeries(typ: &str, claims: &Value, secret: &str) -> Vec<(&'static str, String)> {
    let good = json!({ "typ": typ, "alg": "HS256" });
    let with = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header
    };
    let none = |alg: &str| {
        format!(
            "{}.{}.",
            base64(&json!({ "typ": typ, "alg": alg })),
            base64(claims)
        )
    };
    let jwk = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(secret) });
    let hs512 = Header {
        typ: Some(typ.into()),
        ..Header::new(Algorithm::HS512)
    };
    let hs512 =
        jsonwebtoken::encode(&hs512, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap();
    let whole = signed(&good, claims, secret);
    let (message, signature) = whole.rsplit_once('.').unwrap();
    let unsigned = message.to_owned();
    let swapped = format!(
        "{}.{}.{signature}",
        base64(&with("x", json!(1))),
        message.split_once('.').unwrap().1
    );
    vec![
        ("alg none", none("none")),
        ("alg None", none("None")),
        ("alg NONE", none("NONE")),
        ("no alg", signed(&json!({ "typ": typ }), claims, secret)),
        ("alg HS512", hs512),
        (
            "alg RS256",
            signed(&with("alg", json!("RS256")), claims, secret),
        ),
        (
            "alg ES256",
            signed(&with("alg", json!("ES256")), claims, secret),
        ),
        (
            "crit",
            signed(&with("crit", json!(["exp"])), claims, secret),
        ),
        (
            "crit of nothing",
            signed(&with("crit", json!([])), claims, secret),
        ),
        (
            "jku",
            signed(
                &with("jku", json!("https://evil.test/jwks.json")),
                claims,
                secret,
            ),
        ),
        ("jwk", signed(&with("jwk", jwk), claims, secret)),
        (
            "x5u",
            signed(
                &with("x5u", json!("https://evil.test/cert.pem")),
                claims,
                secret,
            ),
        ),
        (
            "typ JWT",
            signed(&with("typ", json!("JWT")), claims, secret),
        ),
        ("no typ", signed(&json!({ "alg": "HS256" }), claims, secret)),
        (
            "typ of the other kind",
            signed(
                &with(
                    "typ",
                    json!(if typ == "at+jwt" { "rt+jwt" } else { "at+jwt" }),
                ),
                claims,
                secret,
            ),
        ),
        (
            "typ with a suffix",
            signed(&with("typ", json!(format!("{typ}x"))), claims, secret),
        ),
        (
            "another secret",
            signed(&good, claims, "quite another secret, 32 bytes or more"),
        ),
        ("an empty secret", signed(&good, claims, "")),
        ("no claims", signed(&good, &json!({}), secret)),
        ("a list for claims", signed(&good, &json!([]), secret)),
        (
            "claims of the wrong type",
            signed(
                &good,
                &json!({ "sub": 1, "fid": 2, "seq": "3", "exp": "4" }),
                secret,
            ),
        ),
        ("no signature", format!("{unsigned}.")),
        ("two parts", unsigned),
        ("four parts", format!("{whole}.{signature}")),
        ("a changed header", swapped),
        ("a changed signature", format!("{whole}A")),
        ("padding", format!("{whole}=")),
        ("a space", format!("{whole} x")),
        ("dots", "..".to_owned()),
        ("nothing but length", "x".repeat(8_000)),
    ]
}

#[tokio::test]
async fn no_resource_takes_a_forged_access_token() {
    let mock = mock();
    let (browser, login) = mock.signed_in("admin@example.com").await;
    let good = claims(&login.access());
    let whole = signed(&json!({ "typ": "at+jwt", "alg": "HS256" }), &good, ACCESS);
    let resources = all(&mock).await.into_iter();
    let resources: Vec<_> = resources.filter(|endpoint| endpoint.bearer).collect();
    assert!(resources.len() > 10, "{resources:?}");
    let mut forgeries = forgeries("at+jwt", &good, ACCESS);
    for (claim, value) in [
        ("iss", json!("https://evil.test")),
        ("iss", json!("http://127.0.0.1:4000/t/a")),
        ("aud", json!("other")),
        ("exp", json!(null)),
        ("jti", json!("x")),
    ] {
        let mut claims = good.clone();
        claims[claim] = value;
        forgeries.push((
            claim,
            signed(&json!({ "typ": "at+jwt", "alg": "HS256" }), &claims, ACCESS),
        ));
    }
    forgeries.push(("a refresh token", browser.jar.clone().unwrap()));
    for endpoint in resources {
        let (to, path) = (endpoint.named(), &endpoint.path);
        let bearer = |token: &str| format!("Bearer {token}");
        let good = bearer(&whole);
        let answer = mock.ask(to, &[("authorization", &good)], "").await;
        assert_eq!(answer.status, 200, "it is good but for its flaw");
        for (flaw, token) in &forgeries {
            let forged = bearer(token);
            let answer = mock.ask(to, &[("authorization", &forged)], "").await;
            assert_eq!(answer.status, 401, "{path} {flaw}");
            answer.refuses(StatusCode::UNAUTHORIZED, "invalid_token", None);
            assert_eq!(answer.header("authorization"), None, "{path} {flaw}");
        }
        let twice = [("authorization", good.as_str()); 2];
        mock.ask(to, &twice, "")
            .await
            .refuses(StatusCode::UNAUTHORIZED, "invalid_token", None);
    }
}

#[tokio::test]
async fn no_contract_takes_a_forged_refresh_token_and_none_of_them_ends_a_session() {
    let mock = mock();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let good = claims(&browser.jar.clone().unwrap());
    let mut forgeries = forgeries("rt+jwt", &good, REFRESH);
    for (claim, value) in [
        ("client", json!("other")),
        ("fid", json!("000000000001-x")),
        ("sub", json!("usr_2")),
        ("seq", json!(-1)),
        ("seq", json!(1.5)),
    ] {
        let mut claims = good.clone();
        claims[claim] = value;
        forgeries.push((
            claim,
            signed(
                &json!({ "typ": "rt+jwt", "alg": "HS256" }),
                &claims,
                REFRESH,
            ),
        ));
    }
    forgeries.push(("an access token", login.access()));
    let before = format!("{:?}", mock.root().families().await.unwrap());
    for (flaw, token) in &forgeries {
        let rotating = format!("refresh_token={token}");
        let fixed = format!("refreshToken={token}");
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        let body = json!({ "refreshToken": token }).to_string();
        for (path, status, headers, body) in [
            ("/auth/refresh", 401, ("cookie", rotating.as_str()), ""),
            ("/auth/token", 400, FORM, form.as_str()),
            (
                "/api/v1/auth/refresh-token",
                403,
                ("cookie", fixed.as_str()),
                "",
            ),
            (
                "/wx/auth/refresh",
                401,
                ("content-type", "application/json"),
                body.as_str(),
            ),
        ] {
            let answer = mock.ask(("POST", path), &[headers], body.to_owned()).await;
            assert_eq!(
                (answer.status, answer.text("error")),
                (status, "invalid_grant".into()),
                "{path} {flaw}"
            );
            assert_eq!(answer.json().get("reason"), None, "{path} {flaw}");
        }
        for (path, headers, body) in [
            ("/auth/logout", ("cookie", rotating.as_str()), String::new()),
            ("/auth/revoke", FORM, format!("token={token}")),
            (
                "/api/v1/auth/logout",
                ("cookie", fixed.as_str()),
                String::new(),
            ),
            ("/gateway/logout", ("cookie", fixed.as_str()), String::new()),
            (
                "/wx/auth/logout",
                ("content-type", "application/json"),
                body.clone(),
            ),
        ] {
            assert_eq!(
                mock.ask(("POST", path), &[headers], body).await.status,
                200,
                "{path} {flaw}"
            );
        }
    }
    assert_eq!(
        format!("{:?}", mock.root().families().await.unwrap()),
        before
    );
    let Counters {
        rotations,
        reuse,
        refresh,
        ..
    } = mock.root().counters();
    assert_eq!(
        (rotations, reuse, refresh.ok, refresh.replayed),
        (0, 0, 0, 0)
    );
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn an_authorization_that_cannot_be_read_is_no_token() {
    let mock = mock();
    for value in [
        &b"Bearer \xff"[..],
        b"Bearer",
        b"Bearer ",
        b"Basic x",
        b"",
        b"bearer\tx",
    ] {
        let request = axum::http::Request::get("/auth/me").header("authorization", value);
        let answer = mock
            .send(request.body(axum::body::Body::empty()).unwrap())
            .await;
        answer.refuses(StatusCode::UNAUTHORIZED, "missing_token", None);
    }
}
