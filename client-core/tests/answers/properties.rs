//! Whatever arrives: nothing panics, and nobody is signed out without the backend's word.

use evertoken_core::read::{self, Media, Reply};
use evertoken_core::{Contract, Fields, Outcome};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

use crate::support::Json;

/// The words that mean an end, wherever they stand.
const FINAL: [&str; 7] = [
    "invalid_grant",
    "invalid_token",
    "refresh_token_not_found",
    "refresh_token_already_used",
    "session_not_found",
    "session_expired",
    "user_banned",
];

fn contract() -> impl Strategy<Value = Contract> {
    prop::sample::select(vec![
        Contract::ROTATION,
        Contract::OAUTH2,
        Contract::FIXED_COOKIE,
        Contract::GATEWAY,
        Contract::CODE_EXCHANGE,
    ])
}

/// Names and texts that mean something are as likely as others, or nothing would ever be met.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "error",
        "code",
        "error_code",
        "message",
        "detail",
        "reason",
        "accessToken",
        "access_token",
        "expiresIn",
        "expires_in",
        "expiresAt",
        "expires_at",
        "refreshKey",
        "user",
        "id",
        "sub",
        "iat",
        "exp",
    ];
    prop_oneof![3 => prop::sample::select(known.to_vec()).prop_map(String::from), 1 => ".{0,6}"]
}

fn text() -> impl Strategy<Value = String> {
    let known = [
        "invalid_grant",
        "invalid_token",
        "superseded",
        "invalid_client",
        "csrf_rejected",
        "missing",
        "session_expired",
        "reuse",
        "Unauthorized",
        "900",
        "2026-01-01T00:00:00Z",
        r#"{"iat":1,"exp":61,"sub":"s"}"#,
    ];
    prop_oneof![
        2 => prop::sample::select(known.to_vec()).prop_map(String::from),
        1 => ".{0,30}",
        1 => date(),
    ]
}

fn body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::vec((name(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A header of any bytes, as a browser would hand it over; likely ones too.
fn header() -> impl Strategy<Value = Option<String>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..40)
        .prop_map(|bytes| bytes.into_iter().map(char::from).collect::<String>());
    let likely = "(Bearer|Basic|bearer error=\"invalid_token\"|[0-9]{1,22}|[A-Z][a-z]{2}, [0-9]{1,2} (Jan|Feb|Dec) [0-9]{1,5} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT|[0-9-]{10}T[0-9:]{8}[+-][0-9:]{0,6})";
    prop::option::of(prop_oneof![bytes, likely, ".{0,20}", date()])
}

/// What has the parts of a date, but not their sizes.
fn date() -> impl Strategy<Value = String> {
    let iso = "[0-9]{1,22}-[0-9]{1,22}-[0-9]{1,22}T[0-9]{1,22}:[0-9]{1,22}:[0-9]{1,22}([.][0-9]{1,22})?(Z|[+-][0-9]{1,22}(:[0-9]{1,22})?)?";
    let http = "[A-Z][a-z]{2}, [0-9]{1,22} (Jan|Feb|Dec) [0-9]{1,22} [0-9]{1,22}:[0-9]{1,22}:[0-9]{1,22} GMT";
    let possible =
        "[0-9]{4}-0[1-9]-0[1-9]T0[0-9]:00:00([.][0-9]{1,22})?[+-][0-9]{1,22}(:[0-9]{1,22})?";
    prop_oneof![iso, http, possible]
}

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    media: Media,
    headers: [Option<String>; 3],
    wall: u64,
    body: Option<Value>,
}

impl Answer {
    fn reply(&self) -> Reply<Json> {
        let [challenge, retry_after, date] = self.headers.clone();
        Reply {
            status: self.status,
            media: self.media,
            challenge,
            retry_after,
            date,
            wall: self.wall,
            body: self.body.clone().map(Json),
        }
    }

    fn says(&self, word: &str) -> bool {
        let quoted = json!(word).to_string();
        let in_body = self
            .body
            .as_ref()
            .is_some_and(|body| body.to_string().contains(&quoted));
        in_body
            || self.headers[0]
                .as_ref()
                .is_some_and(|challenge| challenge.contains(word))
    }

    fn may_end_a_session(&self, contract: &Contract) -> bool {
        let is_page = self.media == Media::Html && self.body.is_none();
        let challenge = self.headers[0].as_deref();
        let is_bearer = challenge.is_none_or(|c| c.to_ascii_lowercase().contains("bearer"));
        let refused = contract.denied.contains(&self.status) && !is_page && is_bearer;
        FINAL.iter().any(|word| self.says(word)) || refused
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    let status = prop_oneof![
        prop::sample::select(vec![200, 204, 400, 401, 403, 404, 408, 409, 429, 500, 503]),
        any::<u16>(),
    ];
    let media = prop::sample::select(vec![Media::Plain, Media::Html]);
    (
        status,
        media,
        [header(), header(), header()],
        any::<u64>(),
        prop::option::of(body()),
    )
        .prop_map(|(status, media, headers, wall, body)| Answer {
            status,
            media,
            headers,
            wall,
            body,
        })
}

proptest! {
    // The same cases in every run: what one run finds, the next one shows again.
    #![proptest_config(ProptestConfig { cases: 1_000, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_signed_out_without_the_backends_word(answer in answer(), contract in contract()) {
        let reply = answer.reply();
        if let Outcome::Denied { status, .. } = read::refresh(&reply, &contract) {
            prop_assert_eq!(status, answer.status);
            prop_assert!(answer.may_end_a_session(&contract), "{:?}", answer);
        }
    }

    #[test]
    fn no_login_ends_a_session_and_no_logout_grants_one(answer in answer(), contract in contract()) {
        let login = read::login(&answer.reply(), &contract);
        prop_assert!(matches!(login, Outcome::Granted(_) | Outcome::Failed(_)));
        let logout = read::logout(&answer.reply(), &contract);
        prop_assert!(matches!(logout, Outcome::Ended | Outcome::Failed(_)));
    }

    #[test]
    fn only_a_success_grants_and_only_with_a_token(answer in answer(), contract in contract()) {
        for outcome in [read::refresh(&answer.reply(), &contract), read::login(&answer.reply(), &contract)] {
            if let Outcome::Granted(granted) = outcome {
                prop_assert!((200..300).contains(&answer.status) && answer.body.is_some());
                prop_assert!(granted.lifetime.is_none_or(|l| l.as_secs() <= 3_660 * 86_400));
            }
        }
    }

    #[test]
    fn what_passes_by_itself_never_ends_a_session_but_by_a_word(
        answer in answer(),
        status in prop::sample::select(vec![408_u16, 425, 429, 500, 502, 503, 504]),
    ) {
        let mut contract = Contract::ROTATION;
        contract.denied = vec![status].into();
        let answer = Answer { status, ..answer };
        if matches!(read::refresh(&answer.reply(), &contract), Outcome::Denied { .. }) {
            prop_assert!(FINAL.iter().any(|word| answer.says(word)), "{:?}", answer);
        }
    }

    #[test]
    fn a_resource_ends_a_session_only_in_the_contracts_that_say_so(
        answer in answer(), contract in contract(), expired: bool,
    ) {
        if read::resource(&answer.reply(), &contract, expired).is_some() {
            let may = contract == Contract::GATEWAY || contract == Contract::CODE_EXCHANGE;
            prop_assert!(may && answer.status == 403, "{:?}", answer);
        }
    }

    #[test]
    fn a_wait_is_bounded_whatever_the_header(text in header(), date in header(), wall: u64) {
        let wait = read::retry_after(&text.unwrap_or_default(), date.as_deref(), wall);
        prop_assert!(wait.is_none_or(|wait| wait.as_secs() <= 86_400));
    }

    #[test]
    fn every_second_of_two_centuries_is_read_in_its_header_form(seconds in 0_u64..6_400_000_000) {
        let when = std::time::UNIX_EPOCH + core::time::Duration::from_secs(seconds + 60);
        let text = httpdate::fmt_http_date(when);
        let wait = read::retry_after(&text, None, seconds * 1_000);
        prop_assert_eq!(wait.map(|wait| wait.as_secs()), Some(60), "{}", text);
    }

    #[test]
    fn what_a_grant_holds_is_bounded(
        token in text(), expires_in in body(), expires_at in body(), user in body(), key in body(), wall: u64,
    ) {
        let body = json!({
            "accessToken": token, "expiresIn": expires_in, "expiresAt": expires_at, "user": user,
            "refreshKey": key,
        });
        match read::grant(&Json(body), &Fields::HANDED_OVER, wall) {
            Ok(granted) => {
                prop_assert!(granted.lifetime.is_none_or(|l| l.as_secs() <= 3_660 * 86_400));
                prop_assert!(granted.refresh_key.is_none_or(|key| (1..=256).contains(&key.len())));
            }
            Err(failure) => prop_assert!(!failure.is_transient()),
        }
    }

    #[test]
    fn a_token_in_a_header_is_one_word_of_it(text in "[Bb]earer [ -~ä\\n]{0,12}") {
        if let Some(token) = read::bearer(&text) {
            prop_assert!(text.contains(token) && !token.contains(char::is_whitespace));
        }
    }
}
