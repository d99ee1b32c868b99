//! One tab: the machine, and all that a shell keeps around it.

use std::collections::VecDeque;
use std::rc::Rc;

use evertoken_core::{Clock, Failure, Instant, OpId, Session, TokenId, View};

use crate::browser;
use crate::script::Fate;
use crate::server::Token;

/// How a tab is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Awake,
    /// It is asleep where it stands, and holds what it holds.
    Frozen,
    /// Its page was left and is kept aside.
    Kept,
    /// It is gone.
    Gone,
}

/// Something for the tab's script to deal with, as soon as the tab runs.
#[derive(Clone, Debug)]
pub enum Errand {
    /// A request is over.
    Answer(usize),
    /// The lock is held.
    Locked(OpId),
    /// Another tab said something.
    Heard(Rc<Post>),
    /// Another tab wrote.
    Stored,
    /// The network came or went.
    Online(bool),
    /// A resource answered a call; without a status, nothing came.
    Resource(u32, Option<u16>),
}

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Post {
    /// Who says it.
    pub from: usize,
    /// What.
    pub text: String,
    /// The token beside it.
    pub beside: Option<Token>,
    /// When, by the clock on the wall.
    pub said: f64,
}

/// The exchange that the tab waits for.
#[derive(Clone, Copy, Debug)]
pub struct Wire {
    /// Its operation.
    pub op: OpId,
    /// The request.
    pub request: usize,
    /// Whether it was sent although another tab held the lock.
    pub passed: bool,
}

/// The lock that the tab asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The name it gave it.
    pub op: OpId,
    /// When, on its own time line.
    pub asked: Instant,
    /// Whether it holds it.
    pub held: bool,
}

/// A call of `fetch`.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Which.
    pub number: u32,
    /// How far it is.
    pub stage: Stage,
    /// The token it was first sent with.
    pub first: Option<Token>,
    /// When it began to wait, in the tab's waking time.
    pub since: u64,
    /// Whether the end of the world waits for it.
    pub is_last: bool,
}

/// How far a call is.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// It is about to ask whether it may go.
    Asks,
    /// It waits for an operation, after `rejected` was refused.
    Waiting {
        /// Which.
        op: OpId,
        /// What the resource did not take.
        rejected: Option<TokenId>,
    },
    /// It is on its way.
    Sent(TokenId, Token),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The resource answered.
    Status(u16),
    /// Nothing came back from the resource.
    Lost,
    /// The client said that it cannot go.
    Refused(Failure),
    /// Its user is another now, so it got its 401 back.
    Replaced,
}

/// One tab. Gone tabs stay, for what they sent lives on.
#[derive(Debug)]
pub struct Tab {
    /// Where it is open.
    pub place: usize,
    /// What the trace calls it.
    pub name: String,
    /// Its own part of chance.
    pub thing: u64,
    /// How it is.
    pub life: Life,
    /// Its machine.
    pub session: Session,
    /// Its time line.
    pub clock: Clock,
    /// Its copy of the storage.
    pub view: browser::View,
    /// The token it has.
    pub present: Option<(TokenId, Token)>,
    /// What came beside the message it is hearing.
    pub heard: Option<Token>,
    /// What came with the answer it is dealing with.
    pub arrived: Option<(OpId, Token)>,
    /// The exchange it waits for.
    pub wire: Option<Wire>,
    /// The lock it asked for.
    pub wish: Option<Wish>,
    /// Logins it has been asked for, by operation.
    pub logins: Vec<(OpId, u32)>,
    /// Who waits for a login or logout, and since when in waking time.
    pub callers: Vec<(OpId, u64)>,
    /// Calls that are not over.
    pub calls: Vec<Call>,
    /// Those who are to go on, once the machine is drained.
    pub woken: Vec<(OpId, Option<Failure>)>,
    /// Which timer counts, and when it is due on the tab's time line.
    pub timer: (u64, Option<Instant>),
    /// How often in a row the timer rang for nothing.
    pub spins: u32,
    /// What came while it was asleep.
    pub inbox: VecDeque<Errand>,
    /// How long it was asleep in all, and since when it is.
    pub idle: (u64, Option<u64>),
    /// Whether it ever was.
    pub was_asleep: bool,
    /// Of what chance decides: how many of each there were.
    pub draws: [u64; 4],
    /// What becomes of the requests it sends next, where a script says so.
    pub fates: VecDeque<Fate>,
    /// When the last message from each other tab arrives, so that none overtakes another.
    pub arrivals: Vec<(usize, u64)>,
    /// When its last write arrives at the browser, and the last of the browser's news here.
    pub writes: (u64, u64),
    /// What everybody saw last.
    pub seen: View,
    /// The families whose tokens it had.
    pub known: Vec<u32>,
    /// Those of them that ended here by a logout.
    pub dead: Vec<u32>,
    /// Logins of its own that a logout came after.
    pub dead_logins: Vec<u32>,
    /// The family of the token it took last.
    pub family: Option<u32>,
    /// Whether the next resource it asks refuses.
    pub is_forbidden: bool,
    /// Whether its last refresh had no key and may have been carried out without its knowing.
    pub repeats_blindly: bool,
    /// Whether it has its token from an answer of its own.
    pub renewed: bool,
    /// When it last took another tab's token.
    pub adopted: u64,
    /// Until when the server asked it for patience, on its own time line.
    pub patience: Option<Instant>,
    /// Whether its last exchange failed.
    pub is_in_trouble: bool,
    /// How the call ended that the end of the world waits for.
    pub last_end: Option<End>,
}

/// What chance decides about a tab, each with a count of its own.
#[derive(Clone, Copy, Debug)]
pub enum Draw {
    /// What becomes of a request.
    Send,
    /// How long a message or a note takes.
    Lag,
    /// How long a resource takes.
    Resource,
    /// How late a timer rings, and whatever else.
    Other,
}

impl Tab {
    /// The time it has been awake for, in milliseconds.
    #[must_use]
    pub fn awake(&self, now: u64, slept: u64) -> u64 {
        let asleep = self.idle.1.map_or(0, |since| now - since);
        now.saturating_sub(self.idle.0 + asleep + slept)
    }

    /// Whether it hears what other tabs say.
    #[must_use]
    pub fn hears(&self) -> bool {
        match self.life {
            Life::Awake | Life::Frozen => true,
            Life::Kept | Life::Gone => false,
        }
    }
}
