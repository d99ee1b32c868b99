//! The laws: what must hold in every world.

/// Something that must always hold, and did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A client has at most one exchange under way.
    OneExchange,
    /// With locks, nobody sends without the lock who has not waited as long as there is reason to.
    LockFirst,
    /// With locks, at most one exchange is under way in the browser, but for those that went on after their bound.
    OnePerBrowser,
    /// The server never takes an honest client for a thief.
    NoReuse,
    /// A session ends only by a logout, a denial, or a login that takes its place.
    EndsForCause,
    /// A session that the server would renew is not given up.
    SessionKept,
    /// What a logout ended does not come back.
    StaysSignedOut,
    /// Nobody goes back to a login that another took the place of.
    NeverBack,
    /// A request goes out with the token of the user who is shown.
    RightToken,
    /// A request that was begun as one user is never sent as another.
    SameUser,
    /// The answer to an exchange that is not current changes nothing.
    LateAnswer,
    /// What one tab has renewed no other renews again.
    OneForAll,
    /// A login whose answer was lost is found out.
    FoundOut,
    /// The storage holds no token and no user.
    NoSecrets,
    /// A server that asks for patience is left alone for as long.
    Patience,
    /// Every wait ends within its bound.
    WaitEnds,
    /// A timer that rang is set for later.
    Spin,
    /// Nothing goes on for ever.
    Endless,
    /// The machine asks its shell only for what can be done.
    Shell,
    /// When all is well again, nobody waits.
    ComesToRest,
    /// When all is well again, all tabs show the same session, and the cookie is that session's.
    Agreement,
    /// When all is well again, the server has been told of every logout.
    LogoutTold,
    /// Whoever signed in last, and was told so, is signed in.
    LoginCounts,
    /// Whoever signed out last, and was told so, is signed out.
    LogoutCounts,
}

/// A law, and how it was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub law: Law,
    /// When.
    pub at: u64,
    /// How.
    pub how: String,
}
