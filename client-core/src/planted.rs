//! Mistakes to make on purpose: each is one that a session client has shipped, or that a simpler protocol makes. The
//! simulation must catch every one of them, or it proves nothing.
//!
//! They exist only with the feature `planted`, which nothing that ships turns on; without it every question here is
//! answered *no* when the crate is compiled.

use crate::session::Session;

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "planted"),
    expect(unreachable_pub, reason = "it can be reached where it is used")
)]
pub enum Fault {
    /// An answer counts whichever operation it answers.
    AnyAnswerCounts,
    /// A refresh that is answered after a login or logout counts all the same.
    AnswerCountsInAnyTurn,
    /// A login that is granted after a logout signs in all the same.
    OvertakenLoginCounts,
    /// A login that is granted after a logout is ignored, and its cookie stays.
    OvertakenLoginStays,
    /// A logout is sent although a younger login took its place.
    OvertakenLogoutIsSent,
    /// A refusal ends the session although it has moved on since.
    RefusalCountsForAnyGeneration,
    /// A token of another user's is taken for one of the same user's.
    SubjectNotCompared,
    /// Whoever was refused with another user's token gets this user's.
    RejectedNotCompared,
    /// Whoever was refused with the present token gets it once more.
    RefusedTokenIsGivenAgain,
    /// What a tombstone says is not believed.
    TombstoneIgnored,
    /// A logout is written into the record only.
    TombstoneInRecord,
    /// A logout that the server has not heard of does not go before the restore.
    OwedLogoutWaits,
    /// A tab that gets the lock does not ask the others.
    FreeLockDoesNotAsk,
    /// The lock is waited for without a bound.
    LockIsWaitedForForEver,
    /// The lock is not given back.
    LockIsKept,
    /// Another tab's token is adopted although this tab's is newer.
    OlderGrantCounts,
    /// Another tab's logout counts although a login came after it.
    OlderEndCounts,
    /// Two logins that have not heard of each other open the same epoch.
    EpochsTie,
    /// The refresh buffer is not capped at half the lifetime.
    BufferNotCapped,
    /// A refresh that may have been carried out is repeated by itself without a key.
    UnkeyedIsRepeated,
    /// An old copy's answer is asked for again as often as it comes.
    SupersededLoops,
    /// What the server asked for in Retry-After is not kept to.
    RetryAfterIgnored,
    /// A fault of the network ends the session.
    FailureEndsSession,
    /// Those who waited are not told of a failure.
    FailureIsNotShared,
    /// Nobody finds out how a login ended whose answer was lost.
    LostLoginIsForgotten,
    /// A login that a logout overtook, and whose answer nobody saw, is not logged out of.
    StrayLoginIsForgotten,
    /// Whoever wants a token begins a refresh, whether one is on its way or not.
    EveryDemandRefreshes,
}

#[cfg(feature = "planted")]
impl Fault {
    /// Every mistake.
    pub const ALL: &[Self] = &[
        Self::AnyAnswerCounts,
        Self::AnswerCountsInAnyTurn,
        Self::OvertakenLoginCounts,
        Self::OvertakenLoginStays,
        Self::OvertakenLogoutIsSent,
        Self::RefusalCountsForAnyGeneration,
        Self::SubjectNotCompared,
        Self::RejectedNotCompared,
        Self::RefusedTokenIsGivenAgain,
        Self::TombstoneIgnored,
        Self::TombstoneInRecord,
        Self::OwedLogoutWaits,
        Self::FreeLockDoesNotAsk,
        Self::LockIsWaitedForForEver,
        Self::LockIsKept,
        Self::OlderGrantCounts,
        Self::OlderEndCounts,
        Self::EpochsTie,
        Self::BufferNotCapped,
        Self::UnkeyedIsRepeated,
        Self::SupersededLoops,
        Self::RetryAfterIgnored,
        Self::FailureEndsSession,
        Self::FailureIsNotShared,
        Self::LostLoginIsForgotten,
        Self::StrayLoginIsForgotten,
        Self::EveryDemandRefreshes,
    ];
}

impl Session {
    /// From now on this mistake is made.
    #[cfg(feature = "planted")]
    pub fn plant(&mut self, fault: Fault) {
        self.planted = Some(fault);
    }

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
