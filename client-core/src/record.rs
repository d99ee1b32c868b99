//! What a browser remembers of a session from one start to the next. No token, no user.

/// What is kept while somebody is signed in, or may be.
///
/// As text it is `1:` and the key: a version, so that another version of this package that finds it knows
/// that it need not understand it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The newest key: what the next refresh sends so that the server can tell an honest repetition from
    /// theft. It is worth nothing without the refresh token, which script cannot read.
    pub refresh_key: Option<Box<str>>,
}

/// As much as a server takes for an `Idempotency-Key`.
const LONGEST_KEY: usize = 256;

const VERSION: &str = "1:";

impl Record {
    /// Reads what [`to_text`](Self::to_text) wrote. What cannot be understood is as good as nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let key = text.strip_prefix(VERSION)?;
        Some(Self {
            refresh_key: is_key(key).then(|| key.into()),
        })
    }

    /// The text to keep.
    pub fn to_text(&self) -> String {
        [VERSION, self.refresh_key.as_deref().unwrap_or_default()].concat()
    }
}

/// Whether a header can carry it whole.
fn is_key(text: &str) -> bool {
    (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for refresh_key in [None, Some("2.abc".into())] {
            let record = Record { refresh_key };
            assert_eq!(Record::parse(&record.to_text()), Some(record));
        }
    }

    #[test]
    fn what_cannot_be_understood_is_as_good_as_nothing() {
        for text in ["", "1", "2:key", "{\"v\":1}"] {
            assert_eq!(Record::parse(text), None, "{text}");
        }
        let nothing = Some(Record::default());
        let long = ["1:", &"k".repeat(257)].concat();
        for text in ["1:", "1:two words", "1:line\nbreak", "1:é", long.as_str()] {
            assert_eq!(Record::parse(text), nothing, "{text}");
        }
    }
}
