//! What the session *is*. What is being done about it is in `wire.rs`.
//!
//! ```text
//!                 new(restore)                    new(no restore)
//!                      │                                │
//!                      ▼          denied                ▼
//!    login's fate ┌───────────┐ ───────────────► ┌─────────────┐
//!     unknown ┌──►│ Restoring │                  │  SignedOut  │◄──┐
//!             │   └───────────┘ ◄─ ─ (never) ─ ─ └─────────────┘   │
//!             │      │ granted                     │ login granted │ logout
//!             │      ▼                             ▼               │ denied
//!             │   ┌────────────────────────────────────────────┐   │
//!             └── │ SignedIn { grant }   refreshed ↺           │ ──┘
//!                 └────────────────────────────────────────────┘
//!    dispose, from anywhere: Disposed, for good.
//! ```
//!
//! `signing-in` and `signing-out` are not states of their own: they are a state of this picture
//! *while* a login or a logout is on its way, and derived from that. So a refused login need not
//! give anything back, because nothing was taken.

use crate::failure::{Failure, Reason};
use crate::grant::Grant;
use crate::time::Instant;

#[derive(Debug)]
pub(super) enum State {
    SignedOut {
        reason: Reason,
    },
    Restoring {
        trouble: Option<Trouble>,
    },
    SignedIn {
        grant: Grant,
        trouble: Option<Trouble>,
    },
    Disposed,
}

/// The last refresh did not work. It is forgotten with the next grant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    pub(super) failure: Failure,
    /// How many refreshes have failed in a row.
    pub(super) failures: u32,
    /// When the next one is begun without anybody asking; never if time cannot help.
    pub(super) retry_at: Option<Instant>,
    /// Before this nobody may begin one: the backend asked for it.
    pub(super) not_before: Option<Instant>,
}

impl State {
    pub(super) fn grant(&self) -> Option<&Grant> {
        match self {
            Self::SignedIn { grant, .. } => Some(grant),
            Self::SignedOut { .. } | Self::Restoring { .. } | Self::Disposed => None,
        }
    }

    pub(super) fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Restoring { trouble } | Self::SignedIn { trouble, .. } => trouble.as_ref(),
            Self::SignedOut { .. } | Self::Disposed => None,
        }
    }

    /// When a refresh is to begin by itself.
    pub(super) fn renew_at(&self) -> Option<Instant> {
        match self {
            Self::SignedIn {
                trouble: Some(trouble),
                ..
            }
            | Self::Restoring {
                trouble: Some(trouble),
            } => trouble.retry_at,
            Self::SignedIn {
                grant,
                trouble: None,
            } => grant.renew_at,
            Self::Restoring { trouble: None } | Self::SignedOut { .. } | Self::Disposed => None,
        }
    }

    /// When a token that cannot be renewed becomes stale.
    pub(super) fn stale_at(&self) -> Option<Instant> {
        match self {
            Self::SignedIn {
                grant,
                trouble: Some(_),
            } => grant.good_until,
            Self::SignedIn { trouble: None, .. }
            | Self::Restoring { .. }
            | Self::SignedOut { .. }
            | Self::Disposed => None,
        }
    }
}
