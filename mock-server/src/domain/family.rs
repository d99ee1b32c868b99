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

use super::{Contract, FamilyId, Reason, Seconds, UserId};

/// How often one generation is answered again to somebody who proves that he is honest. A client asks
/// once or twice after a lost answer; a hundred tabs may all do so at once.
const HONEST_REPLAYS: u32 = 100;

/// How often one generation is answered again on the strength of `--grace` alone, which proves nothing.
const GRACE_REPLAYS: u32 = 5;

/// The SHA-256 of an `Idempotency-Key` that is no refresh key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHash(pub [u8; 32]);

/// What came as `Idempotency-Key`, seen from one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// None.
    Absent,
    /// A refresh key of this family, handed out with this generation.
    Handed(u64),
    /// Any other text: compared with the one that came with the last rotation.
    Foreign(KeyHash),
}

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

/// What [`Family::rotate`] decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The token was the current one. It is spent now; the family's current token is its successor.
    Advance,
    /// An honest repeat: the family's current token once more, the same bytes.
    Replay,
    /// An old copy of an honest request. Nothing to answer it with, and nothing to hold against it.
    Superseded,
    /// No. With [`Reason::Reuse`] the caller must end what the policy says.
    Denied(Reason),
}

/// Alive, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug)]
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

    /// The token of position `presented` asks for a successor, and `key` came with it.
    ///
    /// This is the whole table of rotation; its rows are numbered as in the documents, and row 1 (the
    /// family is unknown) has no family to ask. Positions are compared, not strings, because a
    /// browser's cookie and a script's knowledge move apart: headers land while script is dead, another
    /// tab moves the jar on, a late answer moves it back.
    #[must_use = "the verdict says what to answer"]
    pub fn rotate(
        &mut self,
        now: Seconds,
        presented: u64,
        key: Key,
        standing: Standing,
    ) -> Verdict {
        let proof = self.proof(now, presented, key, standing);
        let newest = Age::of(self.newest(presented, key), self.seq);
        let token = Age::of(presented, self.seq);
        let left = self.replays < proof.replays();

        match (self.state(now, standing), token, newest, proof, left) {
            // 2: ended, and its stored reason.
            (State::Ended(reason), ..) => Verdict::Denied(reason),
            // 3: idle for too long, or past its absolute expiry.
            (State::Expired, ..) => self.deny(Reason::Expired),
            // 4: the user is gone or inactive.
            (State::Inactive, ..) => self.deny(Reason::Inactive),
            // 5: the current token.
            (State::Alive, Age::Current, ..) => self.advance(now, key),
            // 6: the jar went back, the script knows better.
            (State::Alive, Age::Previous | Age::Older, Age::Current, Proof::Handed, true) => {
                self.replay()
            }
            // 7: the answer was lost.
            (
                State::Alive,
                Age::Previous | Age::Older,
                Age::Previous,
                Proof::Handed | Proof::Repeated | Proof::InGrace,
                true,
            ) => self.replay(),
            // 8: an old copy of an honest request.
            (State::Alive, Age::Previous | Age::Older, Age::Older, Proof::Handed, _) => {
                Verdict::Superseded
            }
            // 9: ahead of the record: the store lost writes.
            (State::Alive, Age::Ahead, ..) => self.deny(Reason::Revoked),
            // 10: spent, and nothing speaks for whoever presents it.
            (State::Alive, Age::Previous | Age::Older, Age::Ahead, _, _)
            | (State::Alive, Age::Previous | Age::Older, Age::Current | Age::Previous, _, false)
            | (
                State::Alive,
                Age::Previous | Age::Older,
                Age::Current,
                Proof::Repeated | Proof::InGrace | Proof::Nothing,
                true,
            )
            | (State::Alive, Age::Previous | Age::Older, Age::Previous, Proof::Nothing, true)
            | (
                State::Alive,
                Age::Previous | Age::Older,
                Age::Older,
                Proof::Repeated | Proof::InGrace | Proof::Nothing,
                _,
            ) => Verdict::Denied(Reason::Reuse),
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

    fn advance(&mut self, now: Seconds, key: Key) -> Verdict {
        match key {
            Key::Handed(_) => self.last_key = None,
            Key::Foreign(hash) => {
                self.spent_bare = self.seq;
                self.last_key = Some(hash);
            }
            Key::Absent => {
                self.spent_bare = self.seq;
                self.last_key = None;
            }
        }
        self.seq = self.seq.saturating_add(1);
        self.rotated_at = now;
        self.expires_at = now.saturating_add(self.refresh_ttl).min(self.ends_at);
        self.replays = 0;
        Verdict::Advance
    }

    fn replay(&mut self) -> Verdict {
        self.replays = self.replays.saturating_add(1);
        Verdict::Replay
    }

    fn deny(&mut self, reason: Reason) -> Verdict {
        self.end(Status::Ended(reason));
        Verdict::Denied(reason)
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

    /// The newest position that token or key can prove.
    fn newest(&self, presented: u64, key: Key) -> u64 {
        match key {
            Key::Handed(position) => presented.max(position),
            Key::Foreign(_) | Key::Absent => presented,
        }
    }

    fn proof(&self, now: Seconds, presented: u64, key: Key, standing: Standing) -> Proof {
        let age_ms = now.saturating_sub(self.rotated_at).saturating_mul(1000);
        match key {
            Key::Handed(_) if self.newest(presented, key) > self.spent_bare => Proof::Handed,
            Key::Foreign(hash) if self.last_key == Some(hash) => Proof::Repeated,
            Key::Handed(_) | Key::Foreign(_) | Key::Absent if age_ms < standing.grace_ms => {
                Proof::InGrace
            }
            Key::Handed(_) | Key::Foreign(_) | Key::Absent => Proof::Nothing,
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

/// Where a position lies beside the current one.
#[derive(Clone, Copy)]
enum Age {
    Ahead,
    Current,
    Previous,
    Older,
}

impl Age {
    fn of(position: u64, current: u64) -> Self {
        match current.checked_sub(position) {
            None => Self::Ahead,
            Some(0) => Self::Current,
            Some(1) => Self::Previous,
            Some(_) => Self::Older,
        }
    }
}

/// What speaks for whoever presents a spent token.
#[derive(Clone, Copy)]
enum Proof {
    /// A refresh key, and nobody without one came between.
    Handed,
    /// The very `Idempotency-Key` of the last rotation.
    Repeated,
    /// Nothing, but it was only just spent.
    InGrace,
    Nothing,
}

impl Proof {
    /// How many replays of one generation it is good for.
    fn replays(self) -> u32 {
        match self {
            Self::Handed | Self::Repeated => HONEST_REPLAYS,
            Self::InGrace => GRACE_REPLAYS,
            Self::Nothing => 0,
        }
    }
}

#[cfg(test)]
mod table;
