//! Misbehaving on command: which request is spoiled, and how.
//!
//! A [`Rule`] names a path and says what goes wrong there. Every request to that path is counted by
//! every rule for it, from the moment the rules were set; the first rule that is due is the one that
//! acts. What acting means is in [`spoil`].

pub(crate) mod spoil;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
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
    path: String,
    /// The first request to that path it may act on, from 1.
    #[serde(default = "one", deserialize_with = "at_least_one")]
    nth: u64,
    /// How often it acts; `None` without end.
    #[serde(default)]
    count: Option<u64>,
    /// How likely it acts when it is due, from 0 to 1.
    #[serde(default = "always", deserialize_with = "probability")]
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
    /// Every request to `path` goes wrong like this.
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

fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let path = String::deserialize(deserializer)?;
    if path.starts_with('/') {
        Ok(path)
    } else {
        Err(D::Error::custom(
            "a path begins with /, as in /auth/refresh",
        ))
    }
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        0 => Err(D::Error::custom("the first request is 1")),
        nth => Ok(nth),
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

/// `do` as it stands in JSON: a word, or an object with one meaning.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Do)]
enum DoShape {
    Word(&'static str),
    Fields(DoFields),
}

#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DoFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
}

impl From<Do> for DoShape {
    fn from(action: Do) -> Self {
        let fields = DoFields::default();
        match action {
            Do::Status {
                status,
                retry_after,
            } => Self::Fields(DoFields {
                status: Some(status),
                retry_after,
                ..fields
            }),
            Do::Delay(ms) => Self::Fields(DoFields {
                delay_ms: Some(ms),
                ..fields
            }),
            Do::Hang => Self::Word("hang"),
            Do::Reset => Self::Word("reset"),
            Do::Truncate => Self::Word("truncate"),
            Do::Garbage => Self::Word("garbage"),
            Do::ContentType(name) => Self::Fields(DoFields {
                content_type: Some(name),
                ..fields
            }),
        }
    }
}

impl TryFrom<DoFields> for Do {
    type Error = &'static str;

    fn try_from(fields: DoFields) -> Result<Self, Self::Error> {
        match (
            fields.status,
            fields.retry_after,
            fields.delay_ms,
            fields.content_type,
        ) {
            (Some(status), retry_after, None, None) => match status {
                200..=599 => Ok(Self::Status {
                    status,
                    retry_after,
                }),
                0..=199 | 600.. => Err("status is from 200 to 599"),
            },
            (None, None, Some(ms), None) if ms <= LONGEST_DELAY_MS => Ok(Self::Delay(ms)),
            (None, None, Some(_), None) => Err("delay_ms is at most 3600000, an hour"),
            (None, None, None, Some(name)) if axum::http::HeaderValue::from_str(&name).is_ok() => {
                Ok(Self::ContentType(name))
            }
            (None, None, None, Some(_)) => Err("content_type is a header's value"),
            _ => Err("write one of status (with retry_after or without), delay_ms, content_type"),
        }
    }
}

impl<'de> Deserialize<'de> for Do {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DoVisitor)
    }
}

struct DoVisitor;

impl<'de> Visitor<'de> for DoVisitor {
    type Value = Do;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "hang, reset, truncate, garbage, or an object with status, delay_ms or content_type",
        )
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Do, E> {
        match word {
            "hang" => Ok(Do::Hang),
            "reset" => Ok(Do::Reset),
            "truncate" => Ok(Do::Truncate),
            "garbage" => Ok(Do::Garbage),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Do, A::Error> {
        DoFields::deserialize(MapAccessDeserializer::new(map))?
            .try_into()
            .map_err(A::Error::custom)
    }
}
