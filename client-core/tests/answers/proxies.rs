//! What stands between the page and the backend, and what backends say in headers.

use evertoken_core::read::Reply;
use evertoken_core::{Code, Detail};
use serde_json::Value;

use crate::support::Refused::{Denied, Misconfigured, Transient};
use crate::support::{html, refused, reply};

#[test]
fn what_a_proxy_or_a_firewall_says_ends_no_session() {
    let text = |status| reply(status, Value::Null);
    for (who, reply, expected) in [
        (
            "nginx, basic auth",
            Reply {
                challenge: Some("Basic realm=\"Restricted\"".into()),
                ..html(401)
            },
            Misconfigured(Detail::NotTheBackend),
        ),
        (
            "nginx, auth_request",
            html(401),
            Misconfigured(Detail::NotTheBackend),
        ),
        ("nginx", html(403), Misconfigured(Detail::NotTheBackend)),
        ("nginx", html(404), Misconfigured(Detail::NotTheBackend)),
        ("nginx", html(413), Misconfigured(Detail::NotTheBackend)),
        ("nginx", html(502), Transient(Code::Server)),
        ("nginx", html(504), Transient(Code::Server)),
        ("nginx, limit_req", html(503), Transient(Code::Server)),
        (
            "Cloudflare, firewall",
            html(403),
            Misconfigured(Detail::NotTheBackend),
        ),
        (
            "Cloudflare, firewall 1020, as text",
            text(403),
            Misconfigured(Detail::None),
        ),
        (
            "Cloudflare, rate limit 1015",
            html(429),
            Transient(Code::RateLimited),
        ),
        (
            "Cloudflare, origin down",
            html(521),
            Transient(Code::Server),
        ),
        (
            "Cloudflare, origin slow",
            html(524),
            Transient(Code::Server),
        ),
        ("Cloudflare, tunnel", text(530), Transient(Code::Server)),
        (
            "Cloudflare Access, its sign-in page",
            html(200),
            Transient(Code::Server),
        ),
        (
            "Squid",
            Reply {
                challenge: Some("Negotiate".into()),
                ..html(407)
            },
            Misconfigured(Detail::NotTheBackend),
        ),
        ("a captive portal", html(511), Transient(Code::Server)),
        (
            "a redirect nobody followed",
            text(0),
            Misconfigured(Detail::None),
        ),
        (
            "Spring Security's default",
            Reply {
                challenge: Some("Basic realm=\"Realm\"".into()),
                ..text(401)
            },
            Misconfigured(Detail::NotTheBackend),
        ),
        (
            "Express' own error page",
            html(401),
            Misconfigured(Detail::NotTheBackend),
        ),
    ] {
        assert_eq!(refused(&reply), expected, "{who}");
    }
}

#[test]
fn challenges_of_frameworks_are_understood() {
    for (who, challenge) in [
        (
            "Spring Security",
            r#"Bearer error="invalid_token", error_description="Jwt expired at 2026", error_uri="https://tools.ietf.org/html/rfc6750#section-3.1""#,
        ),
        ("Django REST framework", r#"Bearer realm="api""#),
        (
            "ASP.NET Core",
            r#"Bearer error="invalid_token", error_description="The token expired""#,
        ),
        ("FastAPI", "Bearer"),
    ] {
        let reply = Reply {
            challenge: Some(challenge.into()),
            ..reply(401, Value::Null)
        };
        assert_eq!(refused(&reply), Denied(None), "{who}");
    }
    let scope = Reply {
        challenge: Some(r#"Bearer error="insufficient_scope", scope="admin""#.into()),
        ..reply(401, Value::Null)
    };
    assert_eq!(refused(&scope), Misconfigured(Detail::None));
}
