//! What a rule does, as it stands in JSON: a word, or an object with one meaning.

use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{Do, LONGEST_DELAY_MS};

/// `do` as it stands in JSON: a word, or an object with one meaning.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Do)]
pub(super) enum DoShape {
    Word(DoWord),
    Fields(DoFields),
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum DoWord {
    Hang,
    Reset,
    Truncate,
    Garbage,
}

#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
pub(super) struct DoFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 200, maximum = 599)]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 3_600_000)]
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
            Do::Hang => Self::Word(DoWord::Hang),
            Do::Reset => Self::Word(DoWord::Reset),
            Do::Truncate => Self::Word(DoWord::Truncate),
            Do::Garbage => Self::Word(DoWord::Garbage),
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
