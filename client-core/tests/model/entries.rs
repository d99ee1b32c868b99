//! What the ledger keeps.

use evertoken_core::{Exchange, Instant, OpId, Reason, Scope, TokenId};

#[derive(Debug)]
pub enum Who {
    Nobody(Reason),
    /// Nobody knows yet.
    Unknown,
    User(User),
    Disposed,
}

/// One token, and the stretch of one user's tokens that it belongs to.
#[derive(Debug)]
pub struct User {
    pub(super) token: TokenId,
    pub(super) stretch: u32,
    pub(super) name: Option<String>,
    pub(super) good_until: Option<Instant>,
    /// It is a login's own token: no cookie has come back yet.
    pub(super) first: bool,
    /// The last refresh did not work.
    pub(super) failing: bool,
}

#[derive(Debug)]
pub(super) struct OnWire {
    pub(super) op: OpId,
    pub(super) exchange: Exchange,
    pub(super) era: u32,
    pub(super) at: Instant,
    pub(super) deadline: Instant,
    pub(super) keyed: bool,
    /// It is sent once more because an old copy of it was answered.
    pub(super) again: bool,
    /// The server was to be told of more after this was sent.
    pub(super) debt_grew: bool,
}

/// The caller of a login or a logout, until it is told how that ended.
#[derive(Debug)]
pub(super) struct Caller {
    /// `None` for a login, else what the logout ends.
    pub(super) scope: Option<Scope>,
    pub(super) sent: bool,
    /// How it ended, if it has.
    pub(super) verdict: Option<bool>,
}

/// A token that must come out as [`evertoken_core::Effect::Adopt`].
#[derive(Debug)]
pub(super) struct Due {
    pub(super) op: OpId,
    pub(super) keep_user: bool,
    pub(super) first: bool,
    pub(super) name: Option<String>,
    pub(super) key: Option<String>,
    pub(super) expires: Option<Instant>,
    /// The session may be given up instead: nobody can tell whose cookie it was.
    pub(super) or_nobody: bool,
}

/// Whether a late Set-Cookie of an exchange that was given up, or overtaken, may have won.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum LateCookie {
    No,
    Perhaps,
    Certainly,
}

/// What somebody wants of the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Want {
    Token,
    /// A token that is not this one.
    Other(TokenId),
    /// A renewal.
    Renewal,
}

impl User {
    pub(super) fn is_good(&self, now: Instant) -> bool {
        self.good_until.is_none_or(|until| now < until)
    }
}
