//! `Retry-After`, in both its forms.

use evertoken_core::Duration;

use evertoken_core::Code;
use evertoken_core::read::{self, Reply};
use serde_json::Value;

use crate::support::{NOW, failure, html, login, logout, refresh, reply};

const DAY: u64 = 86_400;

fn wait(text: &str) -> Option<u64> {
    read::retry_after(text, None, NOW * 1_000).map(|wait| wait.as_secs())
}

#[test]
fn what_passes_by_itself_is_transient_and_keeps_retry_after() {
    for (status, expected) in [
        (408, Code::Server),
        (425, Code::Server),
        (429, Code::RateLimited),
        (500, Code::Server),
        (502, Code::Server),
        (599, Code::Server),
    ] {
        for outcome in [refresh, login, logout].map(|read| {
            read(&Reply {
                retry_after: Some("30".into()),
                ..html(status)
            })
        }) {
            let failure = failure(outcome);
            assert_eq!(failure.code, expected, "{status}");
            assert!(failure.is_transient(), "{status}");
            assert_eq!(
                failure.retry_after,
                Some(Duration::from_secs(30)),
                "{status}"
            );
            assert_eq!(failure.status, Some(status));
        }
    }
}

#[test]
fn a_wait_is_digits_or_a_date_and_nothing_else() {
    for (text, expected) in [
        ("0", Some(0)),
        ("30", Some(30)),
        (" 2 ", Some(2)),
        ("007", Some(7)),
        ("-1", None),
        ("+5", None),
        ("1.5", None),
        ("1e3", None),
        ("30, 30", None),
        ("30s", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Thu, 01 Jan 2026 00:02:00 GMT", Some(120)),
        ("Thursday, 01-Jan-26 00:02:00 GMT", Some(120)),
        ("Thu Jan  1 00:02:00 2026", Some(120)),
        ("Thu, 01 Jan 2026 00:02:00 UTC", Some(120)),
        ("2026-01-01T00:02:00Z", Some(120)),
        ("Thu, 01 Jan 2026 00:02:00 EST", None),
        ("Thu, 01 Jan 2026 00:02:00 +0100", None),
        ("Thu, 32 Jan 2026 00:02:00 GMT", None),
        ("Thu, 01 Foo 2026 00:02:00 GMT", None),
        ("Thu, 01 Jan Feb 2026 00:02:00 GMT", None),
        ("Thu, 01 Jan 2026 24:00:00 GMT", None),
        ("Thu, 01 Jan 2026 00:60:00 GMT", None),
        ("Thu, 01 Jan 2026 00:02 GMT", None),
        ("2026-01-02T00:01:00+23:59", Some(120)),
        ("2026-01-02T00:02:00+24:00", None),
        ("2026-13-01T00:02:00Z", None),
        ("Thu Jan  1 00:02:00 99", None),
        ("Tuesday, 01-Jan-69 00:00:00 GMT", Some(86_400)),
        ("Thursday, 01-Jan-70 00:00:00 GMT", Some(0)),
        // Found by the property tests: numbers that no sum can hold.
        ("2026-01-01T00:02:00+99999999999999999999:00", None),
        ("2026-01-01T00:02:00-99999999999999999999:00", None),
        ("2026-01-01T99999999999999999999:02:00Z", None),
        ("Thu, 01 Jan 99999999999999999999 00:02:00 GMT", None),
    ] {
        assert_eq!(wait(text), expected, "{text:?}");
    }
}

#[test]
fn a_date_in_the_past_is_no_wait() {
    assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
    assert_eq!(wait("Sunday, 06-Nov-94 08:49:37 GMT"), Some(0));
    assert_eq!(wait("Sun Nov  6 08:49:37 1994"), Some(0));
}

#[test]
fn a_date_is_relative_to_the_answers_own_date_if_that_can_be_read() {
    let until = "Thu, 01 Jan 2026 00:02:00 GMT";
    let by = |date, wall| read::retry_after(until, date, wall).map(|wait| wait.as_secs());
    assert_eq!(by(Some("Thu, 01 Jan 2026 00:01:30 GMT"), 0), Some(30));
    assert_eq!(by(Some("garbage"), NOW * 1_000), Some(120));
    assert_eq!(by(None, NOW * 1_000 + 100_000), Some(20));

    let skewed = Reply {
        retry_after: Some(until.into()),
        date: Some("Thu, 01 Jan 2026 00:01:55 GMT".into()),
        ..reply(503, Value::Null)
    };
    let asked = failure(refresh(&skewed)).retry_after;
    assert_eq!(asked, Some(Duration::from_secs(5)));
}

#[test]
fn a_wait_is_a_day_at_most() {
    for text in [
        "86401",
        "99999999999999999999",
        "340282366920938463463374607431768211456",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri Dec 31 23:59:59 2027",
    ] {
        assert_eq!(wait(text), Some(DAY), "{text}");
    }
    assert_eq!(
        read::retry_after("Thu, 01 Jan 1970 00:00:00 GMT", None, u64::MAX),
        Some(Duration::ZERO)
    );
}

#[test]
fn the_calendar_has_its_leap_days() {
    for (earlier, later, apart) in [
        (
            "Sat, 28 Feb 2004 12:00:00 GMT",
            "Sun, 29 Feb 2004 12:00:00 GMT",
            DAY,
        ),
        (
            "Wed, 28 Feb 2001 12:00:00 GMT",
            "Thu, 01 Mar 2001 12:00:00 GMT",
            DAY,
        ),
        (
            "Wed, 28 Feb 2100 23:59:59 GMT",
            "Mon, 01 Mar 2100 00:00:00 GMT",
            1,
        ),
        (
            "Tue, 29 Feb 2000 00:00:00 GMT",
            "Wed, 01 Mar 2000 00:00:00 GMT",
            DAY,
        ),
        (
            "Thu, 31 Dec 2015 23:59:59 GMT",
            "Fri, 01 Jan 2016 00:00:00 GMT",
            1,
        ),
        (
            "Sat, 31 Dec 2016 23:59:60 GMT",
            "Sun, 01 Jan 2017 00:00:01 GMT",
            1,
        ),
    ] {
        let wait = read::retry_after(later, Some(earlier), 0);
        assert_eq!(
            wait,
            Some(Duration::from_secs(apart)),
            "{earlier} to {later}"
        );
    }
    // The examples of RFC 9110 §5.6.7, at their Unix time.
    for form in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        let wait = read::retry_after(form, None, 784_111_777_000 - 9_000);
        assert_eq!(wait, Some(Duration::from_secs(9)), "{form}");
    }
}
