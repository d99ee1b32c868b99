//! A world as data: what it is made of, what its people do and when. Chance adds the rest, from the seed, so a
//! script can be played again, and what does not matter can be taken out of it.

use evertoken_core::{Fault, Restore, Scope};

/// Everything that makes one world.
#[derive(Clone, Debug)]
pub struct Script {
    /// Where its chance comes from.
    pub seed: u64,
    /// What it is made of.
    pub setting: Setting,
    /// What is done in it, in the order of time.
    pub steps: Vec<Step>,
}

/// How the server knows an honest repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// It hands out a refresh key with each generation.
    HandedOut,
    /// It compares whatever `Idempotency-Key` comes, as a string.
    Strings,
}

/// What a world is made of. Times are in milliseconds.
#[derive(Clone, Debug)]
pub struct Setting {
    /// How many tabs may be open at a time.
    pub places: usize,
    /// Whether there are Web Locks.
    pub locks: bool,
    /// Whether there is a `BroadcastChannel`.
    pub channel: bool,
    /// Whether tabs give each other the access token.
    pub shares: bool,
    /// Whether there is a `localStorage`.
    pub storage: bool,
    /// How the server knows an honest repetition.
    pub keys: Keys,
    /// Whether clients send a key of their own where none was handed out.
    pub random_keys: bool,
    /// Whether clients look for a session at their start.
    pub restore: Restore,
    /// How long an access token lives.
    pub lifetime: u64,
    /// How long a refresh token lives.
    pub refresh_ttl: u64,
    /// The bound of one exchange.
    pub request_timeout: u64,
    /// Whether reuse ends all sessions of the user, or only that one.
    pub reuse_ends_user: bool,
    /// Whether every delay is as long as it can be, and nothing is left to chance.
    pub steady: bool,
    /// A mistake that the machine makes on purpose.
    pub planted: Option<Fault>,
}

impl Default for Setting {
    /// Two tabs in a good browser, in front of the reference contract.
    fn default() -> Self {
        Self {
            places: 2,
            locks: true,
            channel: true,
            shares: true,
            storage: true,
            keys: Keys::HandedOut,
            random_keys: true,
            restore: Restore::Always,
            lifetime: 30_000,
            refresh_ttl: 7 * 86_400_000,
            request_timeout: 10_000,
            reuse_ends_user: true,
            steady: false,
            planted: None,
        }
    }
}

/// Somebody does something.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub at: u64,
    /// In which tab, counted from zero; some things concern all.
    pub place: usize,
    /// What.
    pub act: Act,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// Opens a tab.
    Open,
    /// Closes it: the page is left, and what it sent lives on.
    Close,
    /// Kills it: it cannot even say goodbye.
    Kill,
    /// Closes it and opens it again.
    Reload,
    /// Disposes of the client and makes another, in the same page.
    Recreate,
    /// Puts it to sleep where it stands.
    Freeze,
    /// Wakes it.
    Thaw,
    /// Leaves the page, which is kept aside.
    Hide,
    /// Comes back to it.
    Show,
    /// Signs in.
    Login {
        /// As whom.
        user: u8,
        /// Whether the password is right.
        right: bool,
    },
    /// Signs out.
    Logout(Scope),
    /// Makes this many requests at once.
    Fetch(u8),
    /// Renews, whatever the token's age.
    Renew,
    /// Signs in somewhere else, say in a popup, and hands the client what came of it.
    SetSession {
        /// As whom.
        user: u8,
    },
    /// The next resource that is asked refuses what it is asked for, in a contract that logs out on it.
    Forbid,
    /// The server accepts no access token any longer that it has issued so far.
    Distrust,
    /// The machine sleeps.
    Sleep(u64),
    /// Somebody sets the clock on the wall.
    SetClock(i64),
    /// The network goes away.
    Offline,
    /// The network comes back.
    Online,
    /// The network changes.
    Weather(Weather),
    /// The browser becomes slower or faster.
    Lags(Lags),
    /// What the tab sends next fares so.
    Fate(Fate),
}

/// How the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Everything arrives, soon.
    Calm,
    /// Everything arrives, late.
    Slow,
    /// Some of it is lost, and some comes twice.
    Lossy,
    /// Hardly anything comes through.
    Broken,
}

/// How long things take inside the browser, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lags {
    /// From when a lock is free until its next holder knows.
    pub lock: u64,
    /// From one tab to another by channel.
    pub channel: u64,
    /// From one tab's storage to what all share, and from there to another tab's: each as long.
    pub storage: u64,
}

impl Lags {
    /// A browser at ease.
    pub const SHORT: Self = Self {
        lock: 2,
        channel: 4,
        storage: 6,
    };

    /// Whether a question and its answer take longer than tabs wait for them.
    #[must_use]
    pub const fn is_slow(self) -> bool {
        2 * self.channel > 100
    }

    /// Whether a note may be read later than tabs wait for an answer.
    #[must_use]
    pub const fn is_slow_to_note(self) -> bool {
        2 * self.storage > 100
    }
}

/// What becomes of one request to an auth endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// From the tab to the server.
    pub up: u64,
    /// From the server to the cookie jar.
    pub down: u64,
    /// From the cookie jar to the script.
    pub body: u64,
    /// What goes wrong.
    pub trouble: Trouble,
    /// When, after it was sent, a copy of it comes to the server whose answer goes nowhere.
    pub copy: Option<u64>,
    /// Whether its headers land although it was aborted.
    pub lands_after_abort: bool,
}

impl Fate {
    /// Nothing goes wrong.
    pub const FINE: Self = Self {
        up: 20,
        down: 20,
        body: 5,
        trouble: Trouble::None,
        copy: None,
        lands_after_abort: true,
    };
}

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// It never comes to the server.
    LostBefore,
    /// The answer never comes, not even its headers.
    LostAfter,
    /// The headers come; the rest of the answer does not.
    Truncated,
    /// A proxy answers in the server's place, with a 502.
    ProxyBefore,
    /// A proxy answers with a 504 although the server has done it.
    ProxyAfter,
    /// The server asks for this many seconds of patience.
    Limited(u64),
    /// The server takes it for an old copy.
    Superseded,
    /// A captive portal answers with a page.
    Page,
    /// The server has done it, and nothing comes, not even an error.
    Hangs,
    /// The connection dies after the server has done it, and the browser sends it again by itself.
    Twice,
}
