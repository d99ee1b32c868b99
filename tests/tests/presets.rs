//! The presets are written twice: for Rust in `client-core`, for JavaScript, where they weigh less, in the package. They
//! must be the same.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test's name is its documentation, and one that fails says so by panicking"
)]

use evertoken_core::{Body, Contract, Cookies, Endpoint, Fields, Forbidden, Renewal};
use serde_json::{Map, Value, json};

/// As a user of the package would write it, without what is the default.
fn written(contract: &Contract) -> Value {
    let in_body = contract.fields.refresh_token.is_some();
    let mut object = json!({
        "renewal": match contract.renewal {
            Renewal::Endpoint(_) => "endpoint",
            Renewal::ResponseHeader => "response-header",
            Renewal::Reauthenticate => "reauthenticate",
        },
        "refreshToken": if in_body { "body" } else { "cookie" },
        "login": endpoint(&contract.login, Body::Json),
        "fields": fields(&contract.fields),
    });
    let usual = if in_body { Body::Json } else { Body::None };
    for (name, given) in [
        ("refresh", contract.refresh()),
        ("logout", contract.logout.as_ref()),
    ] {
        if let Some(given) = given {
            object[name] = endpoint(given, usual);
        }
    }
    if contract.forbidden == Forbidden::Logout {
        object["forbidden"] = json!("logout");
    }
    let usual = if in_body {
        Cookies::SameOrigin
    } else {
        Cookies::Include
    };
    assert_eq!(contract.cookies, usual);
    let usual = if contract.renewal == Renewal::ResponseHeader {
        403
    } else {
        401
    };
    assert_eq!(*contract.denied, [usual]);
    assert!(!contract.idempotency_key);
    object
}

fn endpoint(given: &Endpoint, usual: Body) -> Value {
    assert_eq!(given.method, "POST");
    let mut object = json!({"path": given.path});
    if given.body != usual {
        object["body"] = json!(match given.body {
            Body::Json => "json",
            Body::Form => "form",
            Body::None => "none",
        });
    }
    for (name, pairs) in [("params", &given.params), ("names", &given.names)] {
        if !pairs.is_empty() {
            let pairs: Map<_, _> = pairs
                .iter()
                .map(|(name, value)| (name.to_string(), json!(value)))
                .collect();
            object[name] = Value::Object(pairs);
        }
    }
    if let Some(token) = &given.token {
        object["token"] = json!(token);
    }
    object
}

fn fields(given: &Fields) -> Value {
    let named = [
        ("accessToken", Some(&given.access_token)),
        ("expiresIn", given.expires_in.as_ref()),
        ("expiresAt", given.expires_at.as_ref()),
        ("refreshToken", given.refresh_token.as_ref()),
        ("refreshKey", given.refresh_key.as_ref()),
        ("user", given.user.as_ref()),
    ];
    let named = named
        .into_iter()
        .filter_map(|(name, path)| Some((name.to_owned(), json!(path?))));
    Value::Object(named.collect())
}

#[test]
fn the_packages_presets_are_those_of_the_core() {
    let text = include_str!("../../npm/src/presets.json");
    let presets: Map<String, Value> = serde_json::from_str(text).unwrap();
    let names = [
        "code-exchange",
        "fixed-cookie",
        "gateway",
        "oauth2",
        "rotation",
    ];
    assert_eq!(presets.keys().collect::<Vec<_>>(), names);
    for (name, preset) in presets {
        assert_eq!(preset, written(Contract::preset(&name).unwrap()), "{name}");
    }
}
