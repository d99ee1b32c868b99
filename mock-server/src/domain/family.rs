//! One login and all the refresh tokens that follow from it.
//!
//! ```text
//!            rotate: advance                    logout, reuse, revoked, inactive, expired
//!           ┌──────────────┐              ┌───────────────────────────────▶ Ended(reason)
//!  open ──▶ │    Alive     │──────────────┤
//!           └──────────────┘              └─ a login took its place ──────▶ Replaced { by }
//! ```
//! Nothing leads back. A family whose user's epoch moved has ended too, without being touched: that
//! fact, like the user's own state, comes with every question as a [`Standing`].

mod rotate;

pub use rotate::{Key, KeyHash, Verdict};

use serde::{Deserialize, Serialize};

use super::{Contract, FamilyId, Reason, Seconds, UserId};

/// What must be known beside the record: it changes without the family.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The reason of the epoch's move that ended this family, if there was one.
    pub moved: Option<Reason>,
    /// Whether the user exists and is active.
    pub active: bool,
    /// How long a spent token is forgiven without proof. Zero: never.
    pub grace_ms: u64,
}

/// Alive, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Its current token is good for a successor.
    Alive,
    /// It ended for this reason.
    Ended(Reason),
    /// It ended because another login in the same browser took its place.
    Replaced {
        /// The family of that login.
        by: FamilyId,
        /// The user of that login.
        user: UserId,
    },
}

/// What a new family is made of.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its name.
    pub id: FamilyId,
    /// Whose it is.
    pub user: UserId,
    /// The client it was opened for: `client_id` of its tokens.
    pub client: String,
    /// The contract it was opened through.
    pub contract: Contract,
    /// The user's epoch.
    pub epoch: u64,
    /// Lifetime of one refresh token, in seconds.
    pub refresh_ttl: Seconds,
    /// Lifetime of the whole family, in seconds.
    pub absolute_ttl: Seconds,
}

/// The record of one family. See the module's text for its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    id: FamilyId,
    user: UserId,
    client: String,
    contract: Contract,
    epoch: u64,
    status: Status,
    /// The position of the current token, from 1.
    seq: u64,
    rotated_at: Seconds,
    expires_at: Seconds,
    ends_at: Seconds,
    refresh_ttl: Seconds,
    /// The highest position ever spent without a refresh key. Whoever spent it may be anybody, so no
    /// key from before it vouches for a replay of what came after.
    spent_bare: u64,
    /// The foreign key that came with the last rotation.
    last_key: Option<KeyHash>,
    /// How often the current generation was answered again.
    replays: u32,
}

impl Family {
    /// A family whose first token is issued `now`.
    #[must_use]
    pub fn open(now: Seconds, opening: Opening) -> Self {
        let ends_at = now.saturating_add(opening.absolute_ttl);
        Self {
            id: opening.id,
            user: opening.user,
            client: opening.client,
            contract: opening.contract,
            epoch: opening.epoch,
            status: Status::Alive,
            seq: 1,
            rotated_at: now,
            expires_at: now.saturating_add(opening.refresh_ttl).min(ends_at),
            ends_at,
            refresh_ttl: opening.refresh_ttl,
            spent_bare: 0,
            last_key: None,
            replays: 0,
        }
    }

    /// Ends it, unless it has ended before.
    pub fn end(&mut self, status: Status) {
        if self.status == Status::Alive {
            self.status = status;
        }
    }

    /// The token it has now counts as expired.
    pub fn expire(&mut self, now: Seconds) {
        self.expires_at = self.expires_at.min(now);
    }

    /// Lets it live on in its user's new epoch.
    pub(super) fn follow(&mut self, epoch: u64) {
        self.epoch = epoch;
    }

    /// Why it is over, if it is. `None`: a successor can be had.
    #[must_use]
    pub fn over(&self, now: Seconds, moved: Option<Reason>) -> Option<Reason> {
        let standing = Standing {
            moved,
            active: true,
            grace_ms: 0,
        };
        match self.state(now, standing) {
            State::Ended(reason) => Some(reason),
            State::Expired => Some(Reason::Expired),
            State::Inactive => Some(Reason::Inactive),
            State::Alive => None,
        }
    }

    /// A token that is good until it expires asks whether it is good: contracts that do not rotate know
    /// of one position only. Answers why not; what ends the family ends it.
    #[must_use = "the reason says what to answer"]
    pub fn vouch(
        &mut self,
        now: Seconds,
        presented: u64,
        moved: Option<Reason>,
        active: bool,
    ) -> Option<Reason> {
        let standing = Standing {
            moved,
            active,
            grace_ms: 0,
        };
        let reason = match self.state(now, standing) {
            State::Ended(reason) => return Some(reason),
            State::Expired => Reason::Expired,
            State::Inactive => Reason::Inactive,
            State::Alive if presented == self.seq => return None,
            State::Alive => Reason::Revoked,
        };
        self.end(Status::Ended(reason));
        Some(reason)
    }

    /// Whether a token of this position is the current one or the one before it.
    #[must_use]
    pub fn is_recent(&self, presented: u64) -> bool {
        presented.saturating_add(1) >= self.seq
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &FamilyId {
        &self.id
    }

    /// Whose it is.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The client it was opened for.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }

    /// The contract it was opened through.
    #[must_use]
    pub fn contract(&self) -> Contract {
        self.contract
    }

    /// Its user's epoch when it was opened.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Alive, or how it ended, as stored.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The position of the current token, from 1.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// When the current token was issued.
    #[must_use]
    pub fn rotated_at(&self) -> Seconds {
        self.rotated_at
    }

    /// When the current token expires.
    #[must_use]
    pub fn expires_at(&self) -> Seconds {
        self.expires_at
    }

    fn state(&self, now: Seconds, standing: Standing) -> State {
        match (&self.status, standing.moved) {
            (Status::Ended(reason), _) => State::Ended(*reason),
            (Status::Replaced { .. }, _) => State::Ended(Reason::Replaced),
            (Status::Alive, Some(reason)) => State::Ended(reason),
            (Status::Alive, None) if now >= self.expires_at => State::Expired,
            (Status::Alive, None) if !standing.active => State::Inactive,
            (Status::Alive, None) => State::Alive,
        }
    }
}

/// A family as one question sees it.
#[derive(Clone, Copy)]
enum State {
    Alive,
    Ended(Reason),
    Expired,
    Inactive,
}

#[cfg(test)]
mod tests;
