//! One login and the refresh tokens that follow from it: the table of what a refresh answers.

use evertoken_core::Reason;

use crate::marks::Mark;

/// How often one generation is answered again to somebody who proves that he is honest.
const REPLAYS: u32 = 100;

/// What came as `Idempotency-Key`, seen from one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// None.
    Absent,
    /// A refresh key of this family, handed out with this generation.
    Handed(u32),
    /// Any other text.
    Foreign(&'a str),
}

impl<'a> Key<'a> {
    /// What this text is to `family`.
    #[must_use]
    pub fn judge(text: Option<&'a str>, family: u32) -> Self {
        let Some(text) = text else {
            return Self::Absent;
        };
        let handed = text.split_once(".of.").and_then(|(seq, of)| {
            let of: u32 = of.parse().ok()?;
            (of == family).then_some(seq.parse().ok()?)
        });
        handed.map_or(Self::Foreign(text), Self::Handed)
    }
}

/// What must be known beside the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) now: u64,
    /// Why the user's epoch moved, if it has.
    pub(super) moved: Option<Reason>,
}

/// Alive, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It can be renewed.
    Alive,
    /// It ended for this reason.
    Ended(Reason),
    /// This family took its place.
    Replaced(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Advance,
    Replay,
    Superseded,
    Denied(Reason),
}

/// The record of one family.
#[derive(Clone, Debug)]
pub struct Family {
    number: u32,
    /// Whose it is.
    pub user: u8,
    /// Its user's epoch.
    pub(super) epoch: u32,
    /// Which login of the world opened it.
    pub login: u32,
    /// Alive, or how it ended.
    pub status: Status,
    /// The position of its current token.
    pub seq: u32,
    expires: u64,
    /// The highest position spent without a handed key.
    pub spent_bare: u32,
    /// The string that came with the last rotation.
    last_key: Option<String>,
    replays: u32,
}

impl Family {
    /// Whether its last rotation came with the key of another family: of one that a login had replaced.
    #[must_use]
    pub fn was_spent_with_another_key(&self) -> bool {
        self.last_key
            .as_deref()
            .is_some_and(|key| key.contains(".of."))
    }
}

impl Family {
    pub(super) fn open(number: u32, user: u8, epoch: u32, login: u32, expires: u64) -> Self {
        Self {
            number,
            user,
            epoch,
            login,
            status: Status::Alive,
            seq: 1,
            expires,
            spent_bare: 0,
            last_key: None,
            replays: 0,
        }
    }

    /// The key of its present generation.
    pub(super) fn key(&self) -> String {
        format!("{}.of.{}", self.seq, self.number)
    }

    pub(super) fn end(&mut self, reason: Reason) {
        if self.status == Status::Alive {
            self.status = Status::Ended(reason);
        }
    }

    pub(super) fn over(&self, standing: Standing) -> Option<Reason> {
        match (self.status, standing.moved) {
            (Status::Ended(reason), _) => Some(reason),
            (Status::Replaced(_), _) => Some(Reason::Replaced),
            (Status::Alive, Some(reason)) => Some(reason),
            (Status::Alive, None) => (standing.now >= self.expires).then_some(Reason::Expired),
        }
    }

    /// The token of position `c` is presented with `key`. The rows are those of the contract, in its order; the
    /// first and the fourth cannot be reached, because no family is forgotten and no user goes.
    pub(super) fn rotate(
        &mut self,
        c: u32,
        key: Key<'_>,
        standing: Standing,
        refresh_ttl: u64,
    ) -> (Verdict, Mark) {
        if let Some(reason) = self.over(standing) {
            let row = match reason {
                Reason::Expired => Mark::RowExpired,
                _ => Mark::RowEnded,
            };
            self.end(reason);
            return (Verdict::Denied(reason), row);
        }
        let cur = self.seq;
        let (k, is_valid) = match key {
            Key::Handed(k) => (k, true),
            Key::Foreign(_) | Key::Absent => (0, false),
        };
        let is_same = match key {
            Key::Foreign(text) => self.last_key.as_deref() == Some(text),
            Key::Handed(_) | Key::Absent => false,
        };
        let m = c.max(k);
        let vouched = is_valid && m > self.spent_bare;
        let may_replay = self.replays < REPLAYS;
        if c == cur {
            self.advance(key, standing.now + refresh_ttl);
            (Verdict::Advance, Mark::RowCurrent)
        } else if c > cur {
            self.end(Reason::Revoked);
            (Verdict::Denied(Reason::Revoked), Mark::RowAhead)
        } else if vouched && m == cur && may_replay {
            self.replays += 1;
            (Verdict::Replay, Mark::RowJarWentBack)
        } else if m + 1 == cur && (vouched || is_same) && may_replay {
            self.replays += 1;
            (Verdict::Replay, Mark::RowReplay)
        } else if vouched && m < cur {
            (Verdict::Superseded, Mark::RowSuperseded)
        } else {
            (Verdict::Denied(Reason::Reuse), Mark::RowSpent)
        }
    }

    fn advance(&mut self, key: Key<'_>, expires: u64) {
        self.last_key = None;
        match key {
            Key::Handed(_) => {}
            Key::Foreign(text) => {
                self.spent_bare = self.seq;
                self.last_key = Some(text.into());
            }
            Key::Absent => self.spent_bare = self.seq,
        }
        self.seq += 1;
        self.expires = expires;
        self.replays = 0;
    }
}
