//! Mistakes to make on purpose: each is one that a session client has shipped, or that a simpler protocol makes. The
//! simulation must catch every one of them, or it proves nothing.
//!
//! They exist only with the feature `planted`, which nothing that ships turns on; without it every question here is
//! answered *no* when the crate is compiled.

use crate::config::Config;

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "planted"),
    expect(unreachable_pub, reason = "it can be reached where it is used")
)]
pub enum Fault {
    /// A tab that gets the lock at once does not ask the others.
    FreeLockDoesNotAsk,
    /// What a tombstone says is not believed.
    TombstoneIgnored,
    /// The tombstone is written over the record.
    TombstoneInRecord,
    /// Another tab's token is taken for the same user's.
    SubjectNotCompared,
    /// A logout is sent although a younger login took its place.
    OvertakenLogoutIsSent,
    /// A refusal ends the session although it has moved on since.
    RefusalCountsForAnyGeneration,
}

impl Config {
    /// Whether this mistake is to be made.
    #[cfg(feature = "planted")]
    pub(crate) fn plants(&self, fault: Fault) -> bool {
        self.planted == Some(fault)
    }

    /// It is not.
    #[cfg(not(feature = "planted"))]
    pub(crate) const fn plants(&self, _: Fault) -> bool {
        false
    }
}
