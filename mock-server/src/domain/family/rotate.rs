//! The table of rotation: what becomes of a token that asks for its successor.
//!
//! Positions are compared, not strings, because a browser's cookie and a script's knowledge move apart:
//! headers land while script is dead, another tab moves the jar on, a late answer moves it back. Every
//! contract that rotates asks this one table.

use serde::{Deserialize, Serialize};

use super::{Family, Reason, Seconds, Standing, State, Status};

/// How often one generation is answered again to somebody who proves that he is honest. A client asks
/// once or twice after a lost answer; a hundred tabs may all do so at once.
const HONEST_REPLAYS: u32 = 100;

/// How often one generation is answered again on the strength of `--grace` alone, which proves nothing.
const GRACE_REPLAYS: u32 = 5;

/// The SHA-256 of an `Idempotency-Key` that is no refresh key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl Family {
    /// The token of position `presented` asks for a successor, and `key` came with it.
    ///
    /// This is the whole table; its rows are numbered as in the documents, and row 1 (the family is
    /// unknown) has no family to ask.
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
