//! Misbehaving on command: which request is spoiled, and how.
//!
//! A [`Rule`] names a path and says what goes wrong there. Every request to that path is counted by
//! every rule for it, from the moment the rules were set; the first rule that is due is the one that
//! acts. What acting means is in [`spoil`].

mod shape;
pub(crate) mod spoil;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::uri::PathAndQuery;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use shape::DoShape;
use utoipa::ToSchema;

/// The longest delay a rule may ask for: longer than any client waits, short enough to end by itself.
const LONGEST_DELAY_MS: u64 = 3_600_000;

/// How many rules there may be. Each is looked at for every request.
const RULES: usize = 1_000;

/// One way to misbehave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The exact path, without the tenant's prefix.
    #[serde(deserialize_with = "path")]
    #[schema(pattern = "^/[^?# ]*$")]
    path: String,
    /// The first request to that path it may act on, from 1.
    #[serde(default = "one", deserialize_with = "at_least_one")]
    #[schema(minimum = 1)]
    nth: u64,
    /// How often it acts, from 1; `None` without end.
    #[serde(default, deserialize_with = "once_at_least")]
    #[schema(minimum = 1)]
    count: Option<u64>,
    /// How likely it acts when it is due, from 0 to 1.
    #[serde(default = "always", deserialize_with = "probability")]
    #[schema(minimum = 0, maximum = 1)]
    rate: f64,
    #[serde(default)]
    when: When,
    #[schema(value_type = DoShape)]
    r#do: Do,
}

/// Whether a request is spoiled before it is served or after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// It is not served at all: nothing changes. (A delayed one is served, later.)
    #[default]
    Before,
    /// It is served, and its answer is spoiled.
    After,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "DoShape")]
pub enum Do {
    /// This status instead of the answer.
    Status {
        /// 200 to 599.
        status: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// The answer, later: milliseconds.
    Delay(u64),
    /// No answer, until the client goes away or the server stops.
    Hang,
    /// The connection is dropped.
    Reset,
    /// The answer breaks off in the middle of its body.
    Truncate,
    /// 200, and a body that means nothing.
    Garbage,
    /// The answer, under another content type.
    ContentType(String),
}

impl Rule {
    /// Every request to `path` goes wrong like this. It is exact: from its slash on, without the tenant's
    /// prefix and without a query.
    #[must_use]
    pub fn new(path: impl Into<String>, action: Do) -> Self {
        Self {
            path: path.into(),
            nth: 1,
            count: None,
            rate: 1.0,
            when: When::Before,
            r#do: action,
        }
    }

    /// Not before the `nth` request to the path, from 1.
    #[must_use]
    pub fn nth(self, nth: u64) -> Self {
        Self {
            nth: nth.max(1),
            ..self
        }
    }

    /// At most so often.
    #[must_use]
    pub fn count(self, count: u64) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// Only with this probability, from 0 to 1.
    #[must_use]
    pub fn rate(self, rate: f64) -> Self {
        Self { rate, ..self }
    }

    /// The request is served first: what it changes is committed, and then its answer is spoiled.
    #[must_use]
    pub fn after(self) -> Self {
        Self {
            when: When::After,
            ..self
        }
    }
}

/// The rules of one tenant.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Armed>>);

/// A rule and what it has seen.
#[derive(Debug)]
struct Armed {
    rule: Rule,
    requests: u64,
    acted: u64,
}

/// A rule that acts.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) when: When,
    pub(crate) action: Do,
}

impl Fault {
    /// Whether the request gets to its endpoint at all.
    pub(crate) fn serves(&self) -> bool {
        match self.when {
            When::Before => matches!(self.action, Do::Delay(_)),
            When::After => true,
        }
    }
}

impl Faults {
    /// Replaces all rules; counting begins anew. Rules beyond the thousandth are dropped.
    pub fn set(&self, rules: impl IntoIterator<Item = Rule>) {
        *self.lock() = rules.into_iter().take(RULES).map(Armed::new).collect();
    }

    /// Adds a rule after the others, which go on counting.
    pub fn add(&self, rule: Rule) {
        let mut rules = self.lock();
        if rules.len() < RULES {
            rules.push(Armed::new(rule));
        }
    }

    /// Behaves again.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The rules as they were set.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().iter().map(|armed| armed.rule.clone()).collect()
    }

    /// A request to this path came. `chance` is asked for a number from 0 up to, but not, 1.
    pub(crate) fn meet(&self, path: &str, mut chance: impl FnMut() -> f64) -> Option<Fault> {
        let mut acting = None;
        for armed in self
            .lock()
            .iter_mut()
            .filter(|armed| armed.rule.path == path)
        {
            armed.requests = armed.requests.saturating_add(1);
            if acting.is_none()
                && armed.is_due()
                && (armed.rule.rate >= 1.0 || chance() < armed.rule.rate)
            {
                armed.acted = armed.acted.saturating_add(1);
                acting = Some(Fault {
                    when: armed.rule.when,
                    action: armed.rule.r#do.clone(),
                });
            }
        }
        acting
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    fn new(rule: Rule) -> Self {
        Self {
            rule,
            requests: 0,
            acted: 0,
        }
    }

    fn is_due(&self) -> bool {
        self.requests >= self.rule.nth && self.rule.count.is_none_or(|count| self.acted < count)
    }
}

impl Do {
    pub(crate) fn delay(ms: u64) -> Duration {
        Duration::from_millis(ms.min(LONGEST_DELAY_MS))
    }
}

fn one() -> u64 {
    1
}

fn always() -> f64 {
    1.0
}

/// A path that a request can have: a rule for any other would do nothing, and nobody would know why.
fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let path = String::deserialize(deserializer)?;
    let wrong = if !path.starts_with('/') {
        "a path begins with /, as in /auth/refresh"
    } else if path.contains(['?', '#']) {
        "a path is without its query; a rule is for all of them"
    } else if path.starts_with("/__mock/") {
        "the controls are never spoiled"
    } else if path.starts_with("/t/") {
        "a path is without its tenant; PUT the rule to /t/…/__mock/faults"
    } else if PathAndQuery::try_from(path.as_str()).is_err() {
        "a path is written as in a request, with %20 for a space"
    } else {
        return Ok(path);
    };
    Err(D::Error::custom(wrong))
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        0 => Err(D::Error::custom("the first request is 1")),
        nth => Ok(nth),
    }
}

fn once_at_least<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match Option::deserialize(deserializer)? {
        Some(0) => Err(D::Error::custom(
            "a rule acts once at least, or is left out",
        )),
        count => Ok(count),
    }
}

fn probability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let rate = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&rate) {
        Ok(rate)
    } else {
        Err(D::Error::custom("a rate is from 0 to 1"))
    }
}
