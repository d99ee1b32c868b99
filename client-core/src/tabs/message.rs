//! What one tab says to the others.

use crate::failure::Reason;
use crate::time::Duration;

use super::Tab;
use super::position::Position;
use super::words::{Reader, Writer};

/// What one tab says to all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Here I am: where does the session stand?
    Ask {
        /// Who asks.
        from: Tab,
        /// What to answer to.
        question: u32,
        /// What the asker's own token is; only a newer one has to come with the answer.
        has: Option<Position>,
    },
    /// Where the session stands: an answer, or news.
    Status(Status),
    /// I am going.
    Bye {
        /// Who goes.
        from: Tab,
    },
}

/// Where a session stands, as one tab sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Who says so.
    pub from: Tab,
    /// Whose question this answers, and which; zeros for news.
    pub answers: (Tab, u32),
    /// Where it stands.
    pub position: Position,
    /// Why nobody is signed in, if that is so.
    pub reason: Option<Reason>,
    /// The newest key.
    pub key: Option<String>,
    /// The token that goes with it, if the tab has one of this position.
    pub token: Option<Shared>,
}

/// An access token's particulars. The token itself, and the user it came with, travel beside the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// How long ago it was asked for when this was said.
    pub age: Duration,
    /// How long it lives, counted from then, if that is known.
    pub lifetime: Option<Duration>,
    /// Whom it stands for, if that can be told.
    pub subject: Option<String>,
}

const ASK: &str = "ask";
const STATUS: &str = "is";
const BYE: &str = "bye";

impl Message {
    /// Reads what [`to_text`](Self::to_text) wrote. What cannot be understood is as good as nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = Reader::new(text)?;
        let kind = words.word()?;
        let from = words.small().filter(|from| *from != 0)?;
        match kind {
            ASK => Some(Self::Ask {
                from,
                question: words.small()?,
                has: match words.flag()? {
                    true => Some(Position::read(&mut words)?),
                    false => None,
                },
            }),
            STATUS => Some(Self::Status(Status {
                from,
                answers: (words.small()?, words.small()?),
                position: Position::read(&mut words)?,
                reason: words.optional()?.and_then(Reason::from_number),
                key: words.key()?,
                token: read_token(words)?,
            })),
            BYE => Some(Self::Bye { from }),
            _ => None,
        }
    }

    /// The text to post.
    pub fn to_text(&self) -> String {
        let (kind, from) = match self {
            Self::Ask { from, .. } => (ASK, *from),
            Self::Status(status) => (STATUS, status.from),
            Self::Bye { from } => (BYE, *from),
        };
        let text = Writer::new().word(kind).number(u64::from(from));
        match self {
            Self::Ask { question, has, .. } => {
                let text = text.number(u64::from(*question)).flag(has.is_some());
                match has {
                    Some(position) => position.write(text).text(),
                    None => text.text(),
                }
            }
            Self::Status(status) => status.write(text).text(),
            Self::Bye { .. } => text.text(),
        }
    }
}

impl Status {
    fn write(&self, to: Writer) -> Writer {
        let (asker, question) = self.answers;
        let text = to.number(u64::from(asker)).number(u64::from(question));
        let text = self
            .position
            .write(text)
            .optional(self.reason.map(|reason| reason as u64))
            .key(self.key.as_deref())
            .optional(self.token.as_ref().map(|token| token.age.as_millis()));
        match &self.token {
            None => text,
            Some(token) => {
                let text = text.optional(token.lifetime.map(Duration::as_millis));
                // Last, because it may hold anything.
                match &token.subject {
                    Some(subject) => text.word(subject),
                    None => text,
                }
            }
        }
    }
}

/// Nothing if it is nonsense, and `Some(None)` if there is no token.
#[expect(
    clippy::option_option,
    reason = "what it is not and what it has not are two things"
)]
fn read_token(mut words: Reader<'_>) -> Option<Option<Shared>> {
    let Some(age) = words.optional()? else {
        return Some(None);
    };
    let lifetime = words.optional()?.map(Duration::from_millis);
    let subject = words.rest();
    Some(Some(Shared {
        age: Duration::from_millis(age),
        lifetime,
        subject: (!subject.is_empty()).then(|| subject.into()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabs::Epoch;
    use crate::time::Instant;

    fn status(token: Option<Shared>) -> Status {
        Status {
            from: 7,
            answers: (3, 1),
            position: Position {
                epoch: Epoch::default().next(true, Instant::from_millis(1_800_000_000_000), 7),
                generation: 2,
                ended: false,
            },
            reason: None,
            key: Some("3.abc".into()),
            token,
        }
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let token = |subject: Option<&str>, lifetime| {
            Some(Shared {
                age: Duration::from_millis(40),
                lifetime,
                subject: subject.map(Into::into),
            })
        };
        let minute = Some(Duration::from_secs(60));
        for message in [
            Message::Ask {
                from: 1,
                question: 5,
                has: None,
            },
            Message::Ask {
                from: 1,
                question: 5,
                has: Some(status(None).position),
            },
            Message::Bye { from: u32::MAX },
            Message::Status(status(None)),
            Message::Status(status(token(None, None))),
            Message::Status(status(token(Some("a user with spaces - "), minute))),
            Message::Status(Status {
                reason: Some(Reason::Reuse),
                key: None,
                ..status(token(Some("-"), None))
            }),
        ] {
            assert_eq!(Message::parse(&message.to_text()), Some(message));
        }
    }

    #[test]
    fn what_cannot_be_understood_is_as_good_as_nothing() {
        let good = Message::Status(status(None)).to_text();
        for cut in 0..good.len() {
            // Not at every place, but never a panic: what is cut in the last word is another key.
            drop(Message::parse(good.get(..cut).unwrap_or_default()));
        }
        for text in [
            "",
            "2",
            "2 ask",
            "2 ask 0 1",
            "2 tell 1 1",
            "1 bye 1",
            "2 is 1 0 0 -",
        ] {
            assert_eq!(Message::parse(text), None, "{text}");
        }
    }
}
