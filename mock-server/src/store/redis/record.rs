//! What Redis holds: names and records.
//!
//! ```text
//! evertoken:1:{tenant}:{user}:family:{id}   a family         until a day after it expires
//! evertoken:1:{tenant}:{user}:epoch         a user's epoch   longer than any family of that user
//! evertoken:1:{tenant}:ticket:{name}        a login code, or the state of a login by redirect
//! ```
//! Here `{user}` is written with its braces, which is Redis's hash tag: all that one script touches lies
//! in one slot. No token, key or password is in a record.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::{Epoch, Family, FamilyId, Sessions, UserId};

/// What is left as it is in the name of a user: nothing that means something in a name or a pattern.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The names of one tenant's records. The number is that of their form.
#[derive(Clone, Debug)]
pub(super) struct Names(String);

impl Names {
    /// `prefix` is empty or `/t/{name}`.
    pub(super) fn of_tenant(prefix: &str) -> Self {
        Self(format!("evertoken:1:{}:", prefix.trim_start_matches("/t/")))
    }

    pub(super) fn family(&self, user: &UserId, id: &FamilyId) -> String {
        format!("{}{}:family:{}", self.0, tag(user), encoded(&id.0))
    }

    pub(super) fn epoch(&self, user: &UserId) -> String {
        format!("{}{}:epoch", self.0, tag(user))
    }

    pub(super) fn ticket(&self, name: &str) -> String {
        format!("{}ticket:{}", self.0, encoded(name))
    }

    /// A pattern that fits the families of this user, or of all.
    pub(super) fn families(&self, user: Option<&UserId>) -> String {
        let user = user.map_or_else(|| "{*}".to_owned(), tag);
        format!("{}{user}:family:*", self.0)
    }

    /// A pattern that fits everything.
    pub(super) fn all(&self) -> String {
        format!("{}*", self.0)
    }

    /// Whose family it is that has this name, and which.
    pub(super) fn read_family(&self, name: &str) -> Option<(UserId, FamilyId)> {
        let (user, id) = name
            .strip_prefix(&self.0)?
            .strip_prefix('{')?
            .split_once("}:family:")?;
        Some((UserId(decoded(user)?), FamilyId(decoded(id)?)))
    }
}

fn tag(user: &UserId) -> String {
    format!("{{{}}}", encoded(&user.0))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn decoded(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// A record, and which commit wrote it: no two commits write the same, so whoever finds its own record
/// knows that its commit was done.
#[derive(Serialize, Deserialize)]
struct Record<T> {
    by: String,
    is: T,
}

/// What one step sees, and as which texts it lies in Redis.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) family: Text<Family>,
    pub(super) epoch: Text<Epoch>,
}

/// A value and the text it was read from, or is written as: empty, if there is none.
#[derive(Debug)]
pub(super) struct Text<T> {
    value: Option<T>,
    pub(super) text: String,
}

/// A record that this version cannot read.
#[derive(Debug)]
pub(super) struct Unreadable;

impl Seen {
    pub(super) fn read(family: Option<String>, epoch: Option<String>) -> Result<Self, Unreadable> {
        Ok(Self {
            family: Text::read(family)?,
            epoch: Text::read(epoch)?,
        })
    }

    /// As a decision is shown it.
    pub(super) fn sessions(&self) -> Sessions {
        let epoch = self.epoch.value.clone().unwrap_or_default();
        Sessions::restore(epoch, self.family.value.clone())
    }

    /// What is to be written after a decision. `None`: it changed nothing.
    pub(super) fn after(
        &self,
        sessions: &Sessions,
        id: &FamilyId,
        by: &str,
    ) -> Result<Option<Self>, Unreadable> {
        let family = self.family.after(sessions.family(id), by)?;
        // One that never moved need not be there.
        let epoch = Some(sessions.epoch()).filter(|epoch| **epoch != Epoch::default());
        let epoch = self.epoch.after(epoch, by)?;
        let same = family.text == self.family.text && epoch.text == self.epoch.text;
        Ok((!same).then_some(Self { family, epoch }))
    }

    /// The family, if there is one.
    pub(super) fn family(&self) -> Option<&Family> {
        self.family.value.as_ref()
    }
}

impl<T> Default for Text<T> {
    fn default() -> Self {
        Self {
            value: None,
            text: String::new(),
        }
    }
}

impl<T: DeserializeOwned> Text<T> {
    fn read(text: Option<String>) -> Result<Self, Unreadable> {
        match text {
            None => Ok(Self::default()),
            Some(text) => {
                let record: Record<T> = parse(&text)?;
                Ok(Self {
                    value: Some(record.is),
                    text,
                })
            }
        }
    }
}

impl<T: Serialize + PartialEq + Clone> Text<T> {
    fn after(&self, value: Option<&T>, by: &str) -> Result<Self, Unreadable> {
        let text = match value {
            None => String::new(),
            Some(value) if self.value.as_ref() == Some(value) => self.text.clone(),
            Some(value) => write(&Record {
                by: by.to_owned(),
                is: value,
            })?,
        };
        Ok(Self {
            value: value.cloned(),
            text,
        })
    }
}

pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|_| Unreadable)
}

pub(super) fn write<T: Serialize>(value: &T) -> Result<String, Unreadable> {
    serde_json::to_string(value).map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Contract, LogoutScope, Opening};

    const NOW: u64 = 1_000;

    fn user() -> UserId {
        UserId("a*{b}:c/\u{e9}".to_owned())
    }

    fn opened() -> (FamilyId, Sessions) {
        let id = FamilyId("1-x".to_owned());
        let mut sessions = Sessions::default();
        let family = sessions.open(
            NOW,
            Opening {
                id: id.clone(),
                user: user(),
                client: "spa".to_owned(),
                contract: Contract::CodeExchange,
                epoch: 0,
                refresh_ttl: 10,
                absolute_ttl: 20,
            },
        );
        sessions.commit_new(NOW, family);
        (id, sessions)
    }

    #[test]
    fn a_name_says_whose_family_it_is_and_holds_nothing_that_a_pattern_or_a_tag_would_read() {
        let names = Names::of_tenant("/t/a");
        let id = FamilyId("1-x".to_owned());
        let name = names.family(&user(), &id);
        assert_eq!(name, "evertoken:1:a:{a%2A%7Bb%7D%3Ac%2F%C3%A9}:family:1-x");
        assert_eq!(names.read_family(&name), Some((user(), id)));
        assert_eq!(Names::of_tenant("").read_family(&name), None);
        assert_eq!(names.read_family(&names.epoch(&user())), None);
    }

    #[test]
    fn what_was_written_is_read_back_and_a_decision_that_changes_nothing_writes_nothing() {
        let (id, mut sessions) = opened();
        let written = Seen::default().after(&sessions, &id, "n").unwrap().unwrap();
        assert_eq!(written.epoch.text, "", "an epoch that never moved");
        let read = Seen::read(Some(written.family.text.clone()), None).unwrap();
        assert_eq!(read.family(), sessions.family(&id));
        assert!(read.after(&read.sessions(), &id, "m").unwrap().is_none());

        sessions.sign_out(NOW, (&id, 1), Contract::CodeExchange, LogoutScope::Others);
        let moved = read.after(&sessions, &id, "m").unwrap().unwrap();
        let again = Seen::read(Some(moved.family.text), Some(moved.epoch.text)).unwrap();
        assert_eq!(again.sessions().epoch(), sessions.epoch());
        assert_eq!(again.family(), sessions.family(&id));
    }

    #[test]
    fn the_same_decision_is_another_record_in_another_commit() {
        let (id, sessions) = opened();
        let by = |by| Seen::default().after(&sessions, &id, by).unwrap().unwrap();
        assert_ne!(by("n").family.text, by("m").family.text);
    }

    #[test]
    fn a_record_of_another_form_is_not_guessed_at() {
        for text in ["", "{}", "{\"by\":\"n\"}", "{\"by\":\"n\",\"is\":null}"] {
            let text = Some(text.to_owned());
            assert!(Seen::read(text.clone(), None).is_err());
            assert!(Seen::read(None, text).is_err());
        }
    }
}
