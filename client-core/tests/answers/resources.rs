//! What a resource's own answer says of the session, where a contract lets it.

use evertoken_core::read::{self, Reply};
use evertoken_core::{Contract, Reason};
use serde_json::{Value, json};

use crate::support::{Json, html, reply};

fn gateway(reply: &Reply<Json>, expired: bool) -> Option<Reason> {
    read::resource(reply, &Contract::GATEWAY, expired)
}

#[test]
fn most_contracts_learn_nothing_from_resources() {
    for contract in [Contract::ROTATION, Contract::OAUTH2, Contract::FIXED_COOKIE] {
        for status in [200, 401, 403] {
            let refusal = reply(status, json!({"error": "invalid_grant"}));
            assert_eq!(read::resource(&refusal, &contract, true), None);
        }
    }
}

#[test]
fn a_gateways_403_ends_the_session_by_its_code() {
    let refusal = |reason: Value| reply(403, json!({"error": "invalid_grant", "reason": reason}));
    for expired in [true, false] {
        assert_eq!(
            gateway(&refusal(json!(null)), expired),
            Some(Reason::Denied)
        );
        assert_eq!(
            gateway(&refusal(json!("logout")), expired),
            Some(Reason::Logout)
        );
        for other in [
            reply(401, json!({"error": "invalid_grant"})),
            reply(401, json!({"error": "invalid_token"})),
            reply(403, json!({"error": "insufficient_scope"})),
            reply(403, json!({"error": "csrf_rejected"})),
            reply(200, json!({"error": "invalid_grant"})),
            reply(503, json!({"error": "invalid_grant"})),
            html(403),
        ] {
            assert_eq!(gateway(&other, expired), None, "{other:?}");
        }
    }
}

#[test]
fn a_gateways_403_without_a_code_ends_it_only_if_the_token_had_expired() {
    for body in [
        Value::Null,
        json!({"message": "Forbidden resource", "statusCode": 403}),
    ] {
        assert_eq!(
            gateway(&reply(403, body.clone()), true),
            Some(Reason::Denied)
        );
        assert_eq!(gateway(&reply(403, body), false), None);
    }
}

#[test]
fn a_403_logs_out_where_the_contract_says_so_but_not_a_firewalls() {
    let read = |reply: &Reply<Json>| read::resource(reply, &Contract::CODE_EXCHANGE, false);
    for body in [
        Value::Null,
        json!({"error": "insufficient_scope"}),
        json!({"message": "no"}),
    ] {
        assert_eq!(read(&reply(403, body)), Some(Reason::Forbidden));
    }
    assert_eq!(read(&html(403)), None);
    assert_eq!(read(&reply(401, Value::Null)), None);
    assert_eq!(read(&reply(404, Value::Null)), None);
}

#[test]
fn a_renewed_token_is_read_from_the_header() {
    for (header, token) in [
        ("Bearer abc.def-_~+/=", Some("abc.def-_~+/=")),
        ("bearer t", Some("t")),
        ("  Bearer   t  ", Some("t")),
        ("Bearer", None),
        ("Bearer ", None),
        ("Bearer two words", None),
        ("Bearer tö", None),
        ("Basic dTpw", None),
        ("", None),
    ] {
        assert_eq!(read::bearer(header), token, "{header:?}");
    }
}
