//! What goes into the machine and what comes out.

use core::num::NonZeroU32;

use crate::failure::{Failure, Reason};
use crate::grant::TokenId;
use crate::read::Outcome;
use crate::tabs::{Message, Slot, Stored};
use crate::time::{Duration, Instant};

/// Names one operation of one session machine: an exchange with the auth endpoints, from when it is
/// asked for until it is over. Ids never repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpId(pub(crate) NonZeroU32);

impl OpId {
    /// The id as a number greater than zero, for a shell to carry through another language.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The id a shell carried through another language; zero names no operation.
    pub const fn from_number(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

/// Which sessions a logout ends at the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Scope {
    /// This one.
    Local = 0,
    /// All of the user's but this one.
    Others = 1,
    /// All of the user's.
    #[default]
    Global = 2,
}

impl Scope {
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        [Self::Local, Self::Others, Self::Global]
            .into_iter()
            .find(|scope| *scope as u64 == number)
    }
}

/// Why a refresh began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Why {
    /// The token was about to expire, or an earlier try failed.
    Timer = 0,
    /// A resource answered 401.
    Rejected = 1,
    /// A caller needed a token and there was none that is good.
    Demand = 2,
    /// A session from last time is looked for.
    Restore = 3,
    /// The page was kept aside and is shown again: the other tabs are asked, and the backend only if it must be.
    Wake = 4,
}

/// A request to an auth endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The one with the credentials of the caller who was given this operation.
    Login,
    /// The one that renews.
    Refresh(Why),
    /// The one that ends sessions.
    Logout(Scope),
}

/// What the world tells the machine.
#[derive(Clone, Debug)]
pub enum Input {
    /// An exchange ended.
    Answer {
        /// Which.
        op: OpId,
        /// With what.
        outcome: Outcome,
    },
    /// Time passed. May come early, late, or for no reason.
    Tick,
    /// The lock that [`Effect::Lock`] asked for is held.
    Locked {
        /// Which.
        lock: OpId,
        /// What is stored now that it is held.
        stored: Stored,
    },
    /// Another tab said something.
    Heard {
        /// What.
        message: Message,
        /// How long ago it was said, as far as the clock on the wall can tell.
        ago: Duration,
        /// Whether a token came with it.
        token: bool,
    },
    /// This is stored now: when another tab changed it, and before every answer.
    Stored(Stored),
    /// The browser is online, or no longer.
    Online(bool),
    /// The page is being left: it may be gone, or kept aside and come back.
    Hidden,
    /// The page is back from where it was kept, and this is stored now.
    Shown(Stored),
}

/// What should happen in the world, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this request and bring the answer as [`Input::Answer`].
    Send {
        /// The operation to name in the answer.
        op: OpId,
        /// What to send.
        exchange: Exchange,
        /// The `Idempotency-Key` to send with it.
        key: Option<String>,
    },
    /// Ask for the lock that all tabs share, and say [`Input::Locked`] when it is held; at once, if there is no
    /// such lock.
    Lock(OpId),
    /// Give the lock back, or no longer wait for it.
    Unlock(OpId),
    /// Keep this text in this slot, before anything else is done; `None`: keep nothing there.
    Keep(Slot, Option<String>),
    /// Say this to the other tabs; with the present token and user beside it if it is a
    /// [`Status`](crate::Status) with a token.
    Post(Message),
    /// Stop waiting for this operation's answer; it no longer matters.
    Abort(OpId),
    /// What `from` brought is the session now: its token is `token`.
    Adopt {
        /// The operation whose answer it is; none for what came beside the message that was just heard.
        from: Option<OpId>,
        /// The name of its access token from now on.
        token: TokenId,
        /// Whether it renews what there was: if it names no user, the present one stays.
        keep_user: bool,
        /// When the token expires, if that is known.
        expires: Option<Instant>,
    },
    /// Forget the token and the user.
    Forget,
    /// Everyone whom [`Access::Wait`] sent to this operation goes on: with the failure, or by asking again once all
    /// effects there are have been performed.
    Wake {
        /// The operation.
        op: OpId,
        /// What all of them are told; `None` sends them back to `authorize`.
        failure: Option<Failure>,
    },
    /// The login or logout that this operation is has ended, for its own caller.
    Done {
        /// The operation.
        op: OpId,
        /// How.
        result: Result<(), Failure>,
    },
    /// What [`Session::view`](crate::Session::view) shows has changed.
    Changed,
    /// Something worth telling happened.
    Report(Event),
}

/// Something that happened, without a secret in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A session from last time is back.
    Restored,
    /// A user signed in.
    SignedIn,
    /// A session ended.
    SignedOut(Reason),
    /// A refresh is about to be sent.
    RefreshStarted {
        /// Why.
        why: Why,
        /// Which try it is since the last success; 1 is the first.
        attempt: u32,
    },
    /// There is a new token.
    Refreshed {
        /// When it expires, if that is known.
        expires: Option<Instant>,
        /// How many refreshes lie between it and the login or the restore.
        generation: u32,
    },
    /// Another tab's token is the session's now.
    Adopted,
    /// A resource's answer brought a newer token, which is the session's now.
    HandedOver,
    /// Another tab had the lock.
    LockWaited(Duration),
    /// A refresh did not work; the session stays.
    RefreshFailed {
        /// What was wrong.
        failure: Failure,
        /// When it is tried again without anybody asking, if at all.
        retry_in: Option<Duration>,
    },
}

/// The answer to "may this request go?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Yes, with this token.
    Use(TokenId),
    /// Not yet: this operation decides. Ask again when it wakes you without a failure.
    Wait(OpId),
    /// No, and this is why.
    Refused(Failure),
    /// The 401 is the answer: the token that was refused belonged to another user, or only the backend renews.
    Replaced,
}

/// A deadline and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The exchange on the wire has had its time.
    Exchange,
    /// The token is to be renewed, or a failed refresh tried again.
    Refresh,
    /// The token expires while it cannot be renewed, which listeners are told.
    Stale,
    /// A logout that the server has not heard of is tried again.
    Logout,
    /// The lock has been waited for long enough.
    Lock,
    /// The other tabs have been waited for long enough.
    Ask,
}

/// What everybody sees of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// It is being found out whether there is a session.
    Restoring {
        /// Why that takes longer than it should.
        trouble: Option<Failure>,
    },
    /// There is none.
    SignedOut(Reason),
    /// A login is on its way.
    SigningIn,
    /// There is one.
    SignedIn {
        /// The present token.
        token: TokenId,
        /// When it expires, if that is known.
        expires: Option<Instant>,
        /// Whether it has expired and cannot be renewed just now.
        stale: bool,
    },
    /// The session is over here; the server is being told.
    SigningOut,
}
