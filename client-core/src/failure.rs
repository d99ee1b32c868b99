//! Why something did not work, as codes. The sentences people read live with the caller's language
//! (`npm/src/errors.ts` for TypeScript): text weighs more than numbers in a browser.

use crate::time::Duration;

/// What went wrong, in the words of the public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// There is no session; the user has to sign in.
    LoginRequired = 1,
    /// The backend knows no such account, or the secret was wrong.
    InvalidCredentials = 2,
    /// The backend refused the login for another reason, which its answer names.
    Rejected = 3,
    /// No answer arrived.
    Network = 4,
    /// No answer arrived in time.
    Timeout = 5,
    /// The backend asked for patience (RFC 6585 §4).
    RateLimited = 6,
    /// The backend failed, or its answer cannot be read.
    Server = 7,
    /// The backend answered in a way that no session of this contract explains.
    Misconfigured = 8,
    /// The caller passed something that cannot be right.
    InvalidArgument = 9,
    /// The client was disposed of.
    Disposed = 10,
    /// The engine itself could not be started.
    Engine = 11,
}

/// What exactly, where one code has several cures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Detail {
    /// The code says it all.
    None = 0,
    /// A login ended because `logout` was called after it.
    LoggedOutMeanwhile = 1,
    /// The first refresh after a login came without a cookie: the browser dropped it.
    CookieDropped = 2,
    /// A successful answer holds no access token where the contract says it is.
    NoAccessToken = 3,
    /// A successful answer holds a lifetime that is negative or absurd.
    BadLifetime = 4,
    /// Something that is not the auth endpoint answered: HTML, or another kind of challenge.
    NotTheBackend = 5,
    /// There is no such endpoint (404), or not with this method or type (405, 415).
    NoSuchEndpoint = 6,
    /// The backend does not accept requests from this page's origin.
    OriginRefused = 7,
    /// The backend refused the client itself, not the session.
    ClientRefused = 8,
    /// The session was replaced by another while this call waited.
    Replaced = 9,
    /// A refresh brought the very token that was refused.
    SameToken = 10,
    /// An old copy of an honest refresh was answered; the session has moved on.
    Superseded = 11,
    /// The backend renews by itself, while it serves requests.
    BackendRenews = 12,
}

/// A failure as callers, listeners and events learn of it. It holds no secret and no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: Code,
    /// The case, where the code has several.
    pub detail: Detail,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// How long the backend asked to be left alone.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure that its code describes whole.
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            detail: Detail::None,
            status: None,
            retry_after: None,
        }
    }

    /// The same, with the case named.
    #[must_use]
    pub const fn detail(self, detail: Detail) -> Self {
        Self { detail, ..self }
    }

    /// The same, with the status it came with.
    #[must_use]
    pub const fn status(self, status: u16) -> Self {
        Self {
            status: Some(status),
            ..self
        }
    }

    /// Whether it is the answer to an old copy of an honest refresh.
    pub fn is_superseded(self) -> bool {
        self.detail == Detail::Superseded
    }

    /// Whether the request may have been carried out all the same.
    pub fn is_ambiguous(self) -> bool {
        match self.code {
            Code::Network | Code::Timeout => true,
            // A proxy may have given up on a backend that went on. 408 and 425 come before any work.
            Code::Server => !matches!(self.status, Some(408 | 425)) && !self.is_superseded(),
            Code::LoginRequired
            | Code::InvalidCredentials
            | Code::Rejected
            | Code::RateLimited
            | Code::Misconfigured
            | Code::InvalidArgument
            | Code::Disposed
            | Code::Engine => false,
        }
    }

    /// Whether trying again later, unchanged, can help.
    pub const fn is_transient(self) -> bool {
        match self.code {
            Code::Network | Code::Timeout | Code::RateLimited | Code::Server => true,
            Code::LoginRequired
            | Code::InvalidCredentials
            | Code::Rejected
            | Code::Misconfigured
            | Code::InvalidArgument
            | Code::Disposed
            | Code::Engine => false,
        }
    }
}

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// Nobody was, as far as this browser knows.
    Never = 0,
    /// The user signed out.
    Logout = 1,
    /// The session reached its end.
    Expired = 2,
    /// The server saw a spent refresh token again and took it for theft (RFC 9700 §4.14.2).
    Reuse = 3,
    /// The session was revoked at the server.
    Revoked = 4,
    /// Another login took this session's place.
    Replaced = 5,
    /// The account was closed or suspended.
    Inactive = 6,
    /// The contract ends the session on a 403.
    Forbidden = 7,
    /// The server refused without saying why.
    Denied = 8,
}

impl Reason {
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        [
            Self::Never,
            Self::Logout,
            Self::Expired,
            Self::Reuse,
            Self::Revoked,
            Self::Replaced,
            Self::Inactive,
            Self::Forbidden,
            Self::Denied,
        ]
        .into_iter()
        .find(|reason| *reason as u64 == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_it_was_given() {
        let failure = Failure::new(Code::Server)
            .detail(Detail::NotTheBackend)
            .status(502);
        let expected = Failure {
            code: Code::Server,
            detail: Detail::NotTheBackend,
            status: Some(502),
            retry_after: None,
        };
        assert_eq!(failure, expected);
    }

    #[test]
    fn what_the_backend_refused_before_any_work_was_not_carried_out_and_an_old_copy_neither() {
        let server = Failure::new(Code::Server);
        for (failure, may_have_been) in [
            (Failure::new(Code::Network), true),
            (Failure::new(Code::Timeout), true),
            (server, true),
            (server.status(502), true),
            (server.status(408), false),
            (server.status(425), false),
            (server.status(409).detail(Detail::Superseded), false),
            (Failure::new(Code::RateLimited).status(429), false),
        ] {
            assert_eq!(failure.is_ambiguous(), may_have_been, "{failure:?}");
        }
    }
}
