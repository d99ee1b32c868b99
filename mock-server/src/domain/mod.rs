//! What rotation is, with nothing around it.
//!
//! A login opens a [`Family`]: one record that stands for every refresh token that will ever follow
//! from it. A token is only a position in its family, so nothing is stored per token, and what is
//! asked of a presented token is where its position lies and who can vouch for it. That question is
//! answered by [`Family::rotate`], one table in one place.
//!
//! A [`Sessions`] is all there is of one user: the families, and an [`Epoch`] that ends all of them in
//! one step. It is what a store has to change atomically. Every decision is about one family and the
//! epoch, so a store that keeps families apart may show only that one.
//!
//! Nothing here reads a clock, makes a random number, signs, waits or speaks HTTP. Time is whole
//! seconds since the Unix epoch, as in a JWT's `NumericDate` (RFC 7519 §2).

mod epoch;
mod family;
mod sessions;
mod user;

pub use epoch::Epoch;
pub use family::{Family, Key, KeyHash, Opening, Standing, Status, Verdict};
pub use sessions::{LogoutScope, ReuseRevokes, Sessions, Step};
pub use user::{User, Users};

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whole seconds, since the Unix epoch or as a length.
pub type Seconds = u64;

/// Names a user: the `sub` of its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct UserId(pub String);

/// Names a family: the `fid` of its refresh tokens and the `sid` of its access tokens.
///
/// Sorted as text, the families of one tenant stand in the order of their logins.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct FamilyId(pub String);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The shape of backend a family was opened through. A refresh token is good in its own contract only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Contract {
    /// A rotating cookie.
    Rotation,
    /// A token endpoint with its tokens in the body (RFC 6749).
    Oauth2,
    /// A cookie that is not rotated, refused with 403.
    FixedCookie,
    /// The backend renews while it serves.
    Gateway,
    /// A platform's login code for tokens in the body.
    CodeExchange,
}

/// Why a family ended. Stored with it, and told to whoever still presents one of its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The user signed out: here, elsewhere, or everywhere.
    Logout,
    /// A token that had been spent was presented (RFC 9700 §4.14.2).
    Reuse,
    /// Ended by the server.
    Revoked,
    /// The user is gone or inactive.
    Inactive,
    /// Another login in the same browser took its place.
    Replaced,
    /// Nobody renewed it in time, or it reached its absolute expiry.
    Expired,
}

impl Reason {
    /// The word for it in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Reuse => "reuse",
            Self::Revoked => "revoked",
            Self::Inactive => "inactive",
            Self::Replaced => "replaced",
            Self::Expired => "expired",
        }
    }
}
