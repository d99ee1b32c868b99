//! Too many logins and refreshes: who is told to wait, how long, and what that changes.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use evertoken_mock::{Counters, Options, Peer, RateLimit};
use serde_json::json;

use crate::rig::{Answer, FORM, Mock};

fn limited(rate: &str) -> Mock {
    Mock::with(Options {
        refresh_rate: RateLimit::parse(rate).unwrap(),
        ..Options::default()
    })
}

fn refuses(answer: &Answer, seconds: &str) {
    answer.refuses(StatusCode::TOO_MANY_REQUESTS, "rate_limited", None);
    assert_eq!(
        (answer.header("retry-after"), answer.set_cookie()),
        (Some(seconds), None)
    );
}

const REFRESHES: [(&str, &str); 4] = [
    ("/auth/refresh", ""),
    ("/auth/token", "grant_type=refresh_token&refresh_token=x"),
    ("/api/v1/auth/refresh-token", ""),
    ("/wx/auth/refresh", ""),
];

const LOGINS: [(&str, &str); 5] = [
    ("/auth/login", ""),
    ("/auth/token", "grant_type=password&username=u&password=p"),
    ("/api/v1/auth/login", ""),
    ("/gateway/login", ""),
    ("/wx/auth/login", ""),
];

async fn post(mock: &Mock, (path, body): (&str, &'static str)) -> Answer {
    mock.ask(("POST", path), &[FORM], body).await
}

#[tokio::test]
async fn a_rate_may_be_spread_over_any_time() {
    for (count, period, statuses) in [
        (1, Duration::MAX, [200, 429]),
        (2, Duration::MAX, [200, 200]),
        (u32::MAX, Duration::from_nanos(1), [200, 200]),
    ] {
        let mock = Mock::with(Options {
            refresh_rate: RateLimit::Per {
                count: count.try_into().unwrap(),
                period,
            },
            ..Options::default()
        });
        let mut seen = Vec::new();
        for _ in 0..2 {
            seen.push(mock.browser().login("user@example.com").await.status);
            mock.root().clock().advance(Duration::from_secs(60));
        }
        assert_eq!(seen, statuses, "{count} in {period:?}");
    }
}

#[tokio::test]
async fn beyond_the_burst_a_refresh_is_told_to_wait_and_changes_nothing() {
    let mock = limited("3/min");
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    for _ in 0..3 {
        assert_eq!(browser.refresh().await.status, 200);
    }
    let before = format!("{:?}", mock.root().families().await.unwrap());
    refuses(&browser.refresh().await, "20");
    refuses(&mock.present(&login.cookie().unwrap(), None).await, "20");
    assert_eq!(
        format!("{:?}", mock.root().families().await.unwrap()),
        before,
        "not even reuse is looked at"
    );
    let counters = mock.root().counters();
    assert_eq!(
        (
            counters.refresh.limited,
            counters.refresh.denied,
            counters.rotations
        ),
        (2, 0, 3)
    );
    mock.root().clock().advance(Duration::from_millis(19_500));
    refuses(&browser.refresh().await, "1");
    mock.root().clock().advance(Duration::from_millis(500));
    assert_eq!(browser.refresh().await.status, 200, "by the tenant's clock");
    refuses(&browser.refresh().await, "20");
}

#[tokio::test]
async fn all_refresh_endpoints_have_one_bucket_and_all_login_endpoints_another() {
    for (all, others) in [(&REFRESHES[..], &LOGINS[..]), (&LOGINS[..], &REFRESHES[..])] {
        for first in all {
            let mock = limited("1/h");
            assert_ne!(post(&mock, *first).await.status, 429, "{first:?}");
            for next in all {
                refuses(&post(&mock, *next).await, "3600");
            }
            assert_ne!(post(&mock, others[0]).await.status, 429);
        }
    }
}

#[tokio::test]
async fn a_limited_login_counts_nowhere() {
    let mock = limited("1/h");
    assert_eq!(mock.browser().login("nobody@example.com").await.status, 401);
    let before = mock.root().counters();
    refuses(&mock.browser().login("user@example.com").await, "3600");
    assert_eq!(mock.root().counters(), before);
}

#[tokio::test]
async fn each_address_and_each_tenant_has_buckets_of_its_own() {
    let mock = limited("1/h");
    let from = |address: &str, path: &str| {
        let mut request = Request::post(path).body(Body::empty()).unwrap();
        request
            .extensions_mut()
            .insert(Peer(address.parse::<IpAddr>().unwrap()));
        mock.send(request)
    };
    for (address, path) in [
        ("127.0.0.1", "/auth/refresh"),
        ("10.0.0.1", "/auth/refresh"),
        ("::1", "/auth/refresh"),
        ("127.0.0.1", "/t/a/auth/refresh"),
    ] {
        assert_eq!(from(address, path).await.status, 401, "{address} {path}");
        assert_eq!(from(address, path).await.status, 429, "{address} {path}");
    }
    assert_eq!(
        from("::ffff:10.0.0.1", "/auth/refresh").await.status,
        429,
        "the same address, written otherwise"
    );
}

#[tokio::test]
async fn what_is_refused_earlier_takes_nothing_from_the_bucket() {
    let mock = limited("1/h");
    for (headers, status) in [
        (&[("origin", "https://evil.test")][..], 403),
        (&[("idempotency-key", "")], 400),
        (&[("cookie", "refresh_token=a; refresh_token=b")], 400),
    ] {
        assert_eq!(
            mock.ask(("POST", "/auth/refresh"), headers, "")
                .await
                .status,
            status
        );
    }
    assert_eq!(
        mock.ask(("GET", "/auth/refresh"), &[], "").await.status,
        405
    );
    assert_eq!(
        mock.ask(("POST", "/auth/refresh"), &[], "").await.status,
        401
    );
    refuses(&mock.ask(("POST", "/auth/refresh"), &[], "").await, "3600");
}

#[tokio::test]
async fn a_gateways_renewals_and_resources_and_logouts_are_not_limited() {
    let mock = limited("1/h");
    let body = json!({ "email": "user@example.com", "password": "password" });
    let login = mock.json(Method::POST, "/gateway/login", body).await;
    mock.root().clock().advance(Duration::from_secs(900));
    let headers = [
        ("authorization", format!("Bearer {}", login.access())),
        (
            "cookie",
            format!("refreshToken={}", login.cookie().unwrap()),
        ),
    ];
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    for _ in 0..10 {
        assert_eq!(
            mock.ask(("GET", "/gateway/api/me"), &headers, "")
                .await
                .status,
            200
        );
        assert_eq!(
            mock.ask(("POST", "/auth/logout"), &[], "").await.status,
            200
        );
        assert_eq!(mock.get("/auth/me").await.status, 401);
    }
    assert_eq!(mock.root().counters().refresh.ok, 10);
}

#[tokio::test]
async fn a_reset_fills_every_bucket_and_puts_the_clock_back_without_harm() {
    let mock = limited("1/h");
    mock.root().clock().advance(Duration::from_secs(1_000_000));
    mock.browser().refresh().await;
    refuses(&mock.browser().refresh().await, "3600");
    mock.root().reset().await.unwrap();
    assert_eq!(mock.browser().refresh().await.status, 401);
    refuses(&mock.browser().refresh().await, "3600");
    mock.root().clock().advance(Duration::from_secs(3_600));
    assert_eq!(mock.browser().refresh().await.status, 401);
}

#[tokio::test]
async fn a_clock_at_its_end_panics_no_limiter() {
    let mock = limited("2/s");
    for _ in 0..20 {
        mock.root()
            .clock()
            .advance(Duration::from_secs(100 * 366 * 86_400));
        for _ in 0..3 {
            mock.browser().refresh().await;
        }
    }
    assert!(mock.root().counters().refresh.denied >= 2);
}

#[tokio::test]
async fn strangers_without_number_do_not_fill_the_memory_or_close_the_door() {
    let mock = limited("1/s");
    for n in 0..30_000_u32 {
        let mut request = Request::post("/auth/refresh").body(Body::empty()).unwrap();
        request
            .extensions_mut()
            .insert(Peer(IpAddr::from(n.to_be_bytes())));
        assert_eq!(mock.send(request).await.status, 401);
    }
}

#[tokio::test]
async fn without_a_limit_nobody_waits() {
    let mock = Mock::new();
    for _ in 0..1_000 {
        mock.browser().refresh().await;
    }
    let mut expected = Counters::default();
    expected.refresh.denied = 1_000;
    assert_eq!(mock.root().counters(), expected);
}
