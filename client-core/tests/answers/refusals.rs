//! What ends a session and what does not: `error` first, status second.

use evertoken_core::read::{self, Reply};
use evertoken_core::{Code, Contract, Detail, Outcome, Reason};
use serde_json::{Value, json};

use crate::support::{
    challenged, code, failure, granted, html, is_denied, login, logout, refresh, reply,
};

#[test]
fn a_refresh_is_denied_by_the_backends_word_whatever_the_status() {
    for status in [200, 400, 401, 403, 409, 429, 503] {
        for word in ["invalid_grant", "invalid_token"] {
            for body in [
                json!({"error": word}),
                json!({"error": {"code": word}}),
                json!({"error": "Bad Request", "code": word}),
                json!({"code": status, "error_code": word, "msg": "…"}),
                json!({"statusCode": status, "message": word}),
                json!({"detail": word}),
            ] {
                assert!(
                    is_denied(&refresh(&reply(status, body.clone()))),
                    "{status} {body}"
                );
            }
        }
    }
    // The word may be in the challenge, where RFC 6750 §3 has it.
    assert!(is_denied(&refresh(&challenged(
        403,
        r#"Bearer realm="a b", error="invalid_token""#
    ))));
    assert!(is_denied(&refresh(&challenged(
        400,
        "Bearer error=invalid_token"
    ))));
    assert!(!is_denied(&refresh(&challenged(
        403,
        r#"Bearer error="x invalid_token""#
    ))));
}

#[test]
fn a_401_without_a_known_code_is_a_denial_if_the_backend_itself_sent_it() {
    for body in [
        Value::Null,
        json!({}),
        json!([]),
        json!("Unauthorized"),
        json!({"message": "Unauthorized", "statusCode": 401}),
        json!({"error": "Unauthorized"}),
        json!({"error": true, "message": 7}),
        json!({"error": {"code": 401, "message": "no"}}),
        json!({"error": "invalid_credentials"}),
    ] {
        assert!(is_denied(&refresh(&reply(401, body.clone()))), "{body}");
    }
    for bearer in [
        "Bearer",
        "bearer",
        "Bearer realm=\"a, b\"",
        "Basic realm=\"x\", Bearer",
    ] {
        assert!(is_denied(&refresh(&challenged(401, bearer))), "{bearer}");
    }
    let not_ours = (Code::Misconfigured, Detail::NotTheBackend);
    for other in [
        "Basic realm=\"proxy\"",
        "Negotiate",
        "NTLM",
        "Digest qop=\"auth\"",
        "Bearerish",
        "",
    ] {
        assert_eq!(code(refresh(&challenged(401, other))), not_ours, "{other}");
    }
    assert_eq!(code(refresh(&html(401))), not_ours);
    // PHP calls everything HTML that nobody named; JSON is JSON all the same.
    let php = Reply {
        body: reply(401, json!({"message": "no"})).body,
        ..html(401)
    };
    assert!(is_denied(&refresh(&php)));
}

#[test]
fn another_known_code_is_no_denial_even_with_a_401() {
    for (status, word, detail) in [
        (401, "invalid_client", Detail::ClientRefused),
        (401, "unauthorized_client", Detail::ClientRefused),
        (403, "csrf_rejected", Detail::OriginRefused),
        (401, "csrf_rejected", Detail::OriginRefused),
        (401, "insufficient_scope", Detail::None),
        (401, "access_denied", Detail::None),
        (401, "temporarily_unavailable", Detail::None),
        (400, "invalid_request", Detail::None),
        (400, "invalid_scope", Detail::None),
        (400, "unsupported_grant_type", Detail::None),
        (404, "not_found", Detail::NoSuchEndpoint),
    ] {
        let read = code(refresh(&reply(status, json!({"error": word}))));
        assert_eq!(read, (Code::Misconfigured, detail), "{status} {word}");
    }
}

#[test]
fn whatever_else_comes_leaves_the_session() {
    for (reply, detail) in [
        (reply(400, Value::Null), Detail::None),
        (reply(403, Value::Null), Detail::None),
        (reply(403, json!({"error": "Forbidden"})), Detail::None),
        (
            reply(419, json!({"message": "CSRF token mismatch."})),
            Detail::None,
        ),
        (reply(409, Value::Null), Detail::None),
        (reply(0, Value::Null), Detail::None),
        (reply(302, Value::Null), Detail::None),
        (reply(999, Value::Null), Detail::None),
        (reply(404, Value::Null), Detail::NoSuchEndpoint),
        (reply(405, Value::Null), Detail::NoSuchEndpoint),
        (reply(415, Value::Null), Detail::NoSuchEndpoint),
        (html(403), Detail::NotTheBackend),
        (html(404), Detail::NotTheBackend),
        (challenged(407, "Basic"), Detail::NotTheBackend),
    ] {
        let expected = (Code::Misconfigured, detail);
        assert_eq!(code(refresh(&reply)), expected, "{reply:?}");
    }
}

#[test]
fn superseded_is_transient_and_can_be_told_from_all_else() {
    let superseded = failure(refresh(&reply(409, json!({"error": "superseded"}))));
    assert!(superseded.is_transient() && superseded.is_superseded());
    assert_eq!(
        (superseded.code, superseded.status),
        (Code::Server, Some(409))
    );
    for other in [reply(409, Value::Null), reply(503, Value::Null), html(200)] {
        assert!(!failure(refresh(&other)).is_superseded(), "{other:?}");
    }
}

#[test]
fn a_denial_carries_the_servers_reason() {
    for (text, reason, missing) in [
        (json!("logout"), Some(Reason::Logout), false),
        (json!("expired"), Some(Reason::Expired), false),
        (json!("missing"), Some(Reason::Expired), true),
        (json!("reuse"), Some(Reason::Reuse), false),
        (json!("revoked"), Some(Reason::Revoked), false),
        (json!("replaced"), Some(Reason::Replaced), false),
        (json!("inactive"), Some(Reason::Inactive), false),
        (json!("because"), None, false),
        (json!({"code": "reuse"}), None, false),
        (json!(null), None, false),
    ] {
        for (status, body) in [
            (401, json!({"error": "invalid_grant", "reason": text})),
            (401, json!({"reason": text})),
        ] {
            let expected = Outcome::Denied {
                reason,
                missing,
                status,
            };
            assert_eq!(refresh(&reply(status, body.clone())), expected, "{body}");
        }
    }
}

#[test]
fn a_contract_names_the_statuses_that_refuse() {
    let mut contract = Contract::FIXED_COOKIE;
    let bare = reply(403, json!({"success": false}));
    let read = |reply: &Reply<_>, contract: &Contract| is_denied(&read::refresh(reply, contract));
    assert!(
        !read(&bare, &contract),
        "only `invalid_grant` is a refusal with 403 here"
    );
    assert!(read(
        &reply(403, json!({"error": "invalid_grant"})),
        &contract
    ));

    contract.denied = vec![403, 400, 200, 429, 503].into();
    assert!(read(&bare, &contract));
    assert!(read(&reply(400, Value::Null), &contract));
    assert!(!read(&html(403), &contract), "a firewall's page");
    assert!(!read(
        &reply(403, json!({"error": "csrf_rejected"})),
        &contract
    ));
    assert!(!read(
        &reply(400, json!({"error": "invalid_request"})),
        &contract
    ));
    assert!(
        !read(&reply(401, Value::Null), &contract),
        "the list replaces the default"
    );
    // What passes by itself, or succeeds, is no refusal, whatever a list says.
    assert!(!read(&reply(429, Value::Null), &contract));
    assert!(!read(&reply(503, Value::Null), &contract));
    granted(read::refresh(
        &reply(200, json!({"accessToken": "t"})),
        &contract,
    ));
}

#[test]
fn a_login_is_refused_for_its_credentials_or_for_another_reason_that_the_body_names() {
    let credentials = (Code::InvalidCredentials, Detail::None);
    let rejected = |detail| (Code::Rejected, detail);
    for (reply, expected) in [
        (
            reply(401, json!({"error": "invalid_credentials"})),
            credentials,
        ),
        (reply(400, json!({"error": "invalid_grant"})), credentials),
        (reply(403, json!({"error": "invalid_grant"})), credentials),
        (
            reply(
                400,
                json!({"code": 400, "error_code": "invalid_credentials"}),
            ),
            credentials,
        ),
        (reply(401, json!({"message": "Unauthorized"})), credentials),
        (reply(401, json!({"error": "invalid_request"})), credentials),
        (reply(401, Value::Null), credentials),
        (reply(400, Value::Null), rejected(Detail::None)),
        (
            reply(403, json!({"error": "mfa_required"})),
            rejected(Detail::None),
        ),
        (
            reply(422, json!({"errors": {"email": ["is not one"]}})),
            rejected(Detail::None),
        ),
        (
            reply(400, json!({"error_code": "user_banned"})),
            rejected(Detail::None),
        ),
        (
            reply(401, json!({"error": "invalid_client"})),
            rejected(Detail::ClientRefused),
        ),
        (
            reply(403, json!({"error": "csrf_rejected"})),
            rejected(Detail::OriginRefused),
        ),
        (reply(404, Value::Null), rejected(Detail::NoSuchEndpoint)),
        (html(401), rejected(Detail::NotTheBackend)),
        (html(403), rejected(Detail::NotTheBackend)),
        (challenged(401, "Basic"), rejected(Detail::NotTheBackend)),
        (reply(302, Value::Null), (Code::Server, Detail::None)),
        (reply(0, Value::Null), (Code::Server, Detail::None)),
    ] {
        assert_eq!(code(login(&reply)), expected, "{reply:?}");
    }
}

#[test]
fn a_logout_is_over_when_the_backend_says_so_or_no_longer_knows_the_session() {
    for ended in [
        reply(200, json!({"success": true})),
        reply(204, Value::Null),
        reply(401, json!({"error": "invalid_grant"})),
        reply(400, json!({"error": "invalid_grant"})),
        reply(403, json!({"code": "session_not_found"})),
        reply(401, Value::Null),
        Reply {
            body: reply(200, json!({})).body,
            ..html(200)
        },
    ] {
        assert_eq!(logout(&ended), Outcome::Ended, "{ended:?}");
    }
    for (not_yet, expected) in [
        (html(200), Code::Server),
        (html(401), Code::Misconfigured),
        (reply(404, Value::Null), Code::Misconfigured),
        (
            reply(403, json!({"error": "csrf_rejected"})),
            Code::Misconfigured,
        ),
        (reply(503, json!({"error": "invalid_grant"})), Code::Server),
        (reply(429, Value::Null), Code::RateLimited),
    ] {
        assert_eq!(code(logout(&not_yet)).0, expected, "{not_yet:?}");
    }
}
