//! What worlds came upon, counted: a simulation that never meets a situation proves nothing about it.

macro_rules! marks {
    ($($name:ident $text:literal)*) => {
        /// Something that a world may come upon.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mark {
            $(
                #[doc = $text]
                $name,
            )*
        }

        impl Mark {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What it is, for people.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

marks! {
    ViewRestoring "a tab looks for a session"
    ViewRestoringTrouble "a tab looks for a session and cannot find out"
    ViewSignedOut "a tab is signed out"
    ViewSigningIn "a tab signs in"
    ViewSignedIn "a tab is signed in"
    ViewStale "a tab is signed in with a token that has expired and cannot be renewed"
    ViewSigningOut "a tab signs out"
    EffectSend "an exchange is sent"
    EffectSendKeyless "a refresh is sent without a key"
    EffectLock "a lock is asked for"
    EffectUnlock "a lock is given back"
    EffectKeep "a note is kept"
    EffectKeepNothing "a note is taken away"
    EffectAsk "a tab asks the others"
    EffectStatus "a tab says where the session stands"
    EffectStatusToken "a tab shares its token"
    EffectBye "a tab says goodbye"
    EffectAbort "an exchange is given up"
    EffectAdopt "an answer's token is taken"
    EffectAdoptPeer "another tab's token is taken"
    EffectForget "a token is forgotten"
    EffectWake "those who waited go on"
    EffectWakeFailure "those who waited are told why not"
    EffectDone "a login or logout is done"
    EffectDoneFailure "a login or logout failed"
    EffectReport "something is reported"
    EffectLockWaited "a lock was waited for"
    InputAnswer "an answer comes"
    InputAnswerLate "an answer comes that nobody waits for"
    InputTick "a timer rings"
    InputLocked "a lock is held"
    InputHeard "another tab is heard"
    InputStored "storage changes"
    InputOnline "the network comes or goes"
    InputHidden "a page is left"
    InputShown "a page is shown again"
    TimerExchange "an exchange has had its time"
    TimerRefresh "a renewal is due"
    TimerStale "a token expires that cannot be renewed"
    TimerLogout "a logout is repeated"
    TimerLock "a lock has been waited for long enough"
    TimerAsk "the other tabs have been waited for long enough"
    RowMissing "refresh: no cookie"
    RowEnded "refresh, row 2: the family has ended"
    RowReplacedWithKey "refresh, row 2: replaced, with a key of what replaced it"
    RowExpired "refresh, row 3: expired"
    RowCurrent "refresh, row 5: the present token"
    RowJarWentBack "refresh, row 6: the newest key beside an older token"
    RowReplay "refresh, row 7: an honest repeat"
    RowSuperseded "refresh, row 8: an old copy"
    RowAhead "refresh, row 9: ahead of the family"
    RowSpent "refresh, row 10: reuse"
    LoginGranted "a login is granted"
    LoginRefused "a password is wrong"
    LoginLost "a login is granted and its answer is lost"
    LoginOvertaken "a login is granted after a logout overtook it"
    SetSession "a session that was obtained elsewhere is handed over"
    Forbidden "a resource's refusal logs out"
    LogoutServed "the server carries a logout out"
    LogoutTold "the server is told of a logout"
    LogoutOvertaken "a logout is done without being sent"
    TombstoneAtStart "a tab starts, and a logout is still owed"
    MarkAtStart "a tab starts, and nobody knows how a login ended"
    RecordAtStart "a tab starts, and a session is noted"
    Recreated "a client is disposed of and made anew"
    PassedLock "a tab goes on although another holds the lock"
    FrozenHolder "the lock is held by a tab that is asleep"
    FreeLock "a lock is free at once while a token is on its way to the tab"
    ThawedTimerFirst "a thawed tab runs its timer before what it missed"
    Switched "a tab's user is another"
    LandedUnseen "headers land and the script is not there to see the answer"
    LandedAfterAbort "headers land although the request was given up"
    ServedAfterDeath "the server does what a tab asked for that is gone"
    SentTwice "the browser sends a request again by itself"
    LateCopy "a late copy of a request comes to the server"
    Offline "a request fails because there is no network"
    SleptThroughExpiry "the machine slept past the end of a token"
    ClockBack "the clock is set back"
    ClockForward "the clock is set forward"
    CallServed "a request is served"
    CallRetried "a request is served with a second token"
    CallRefused "a request is told that nobody is signed in"
    CallFailed "a request is told that it cannot be found out"
    CallReplaced "a request gets its 401 back because the user is another"
    CallUnauthorized "a request is refused twice"
}

/// How often each was met.
#[derive(Clone, Debug)]
pub struct Marks(Vec<u64>);

impl Default for Marks {
    fn default() -> Self {
        Self(vec![0; Mark::ALL.len()])
    }
}

impl Marks {
    /// It was met.
    pub fn add(&mut self, mark: Mark) {
        self.0[mark as usize] += 1;
    }

    /// How often it was met.
    #[must_use]
    pub fn count(&self, mark: Mark) -> u64 {
        self.0[mark as usize]
    }

    /// Adds what another world met.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine += theirs;
        }
    }

    /// Each with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Mark, u64)> + '_ {
        Mark::ALL.iter().copied().zip(self.0.iter().copied())
    }
}
