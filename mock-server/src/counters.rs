//! What was answered, counted. Tests assert on these and on nothing that the client says of itself.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The counters of a tenant at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counters {
    /// Logins.
    pub login: Logins,
    /// Refreshes.
    pub refresh: Refreshes,
    /// Tokens that were spent for a successor.
    pub rotations: u64,
    /// Presentations of a spent token that ended sessions (row 10 of the table only).
    pub reuse: u64,
    /// Logouts answered, whether or not there was a session to end.
    pub logout: u64,
    /// Bearer resources.
    pub resource: Resources,
}

/// Logins by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Logins {
    /// Granted.
    pub ok: u64,
    /// Wrong password, or an inactive user.
    pub denied: u64,
}

/// Refreshes by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refreshes {
    /// Granted, replays not counted.
    pub ok: u64,
    /// Answered with the current token once more.
    pub replayed: u64,
    /// Old copies of honest requests.
    pub superseded: u64,
    /// Refused as `invalid_grant`.
    pub denied: u64,
    /// Refused for their number.
    pub limited: u64,
}

/// Bearer resources by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Resources {
    /// Served.
    pub ok: u64,
    /// 401.
    pub unauthorized: u64,
    /// 403.
    pub forbidden: u64,
}

/// Counts one thing.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn clear(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

/// The running counts behind [`Counters`].
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) login_ok: Count,
    pub(crate) login_denied: Count,
    pub(crate) refresh_ok: Count,
    pub(crate) refresh_replayed: Count,
    pub(crate) refresh_superseded: Count,
    pub(crate) refresh_denied: Count,
    pub(crate) refresh_limited: Count,
    pub(crate) rotations: Count,
    pub(crate) reuse: Count,
    pub(crate) logout: Count,
    pub(crate) resource_ok: Count,
    pub(crate) resource_unauthorized: Count,
    pub(crate) resource_forbidden: Count,
}

impl Tally {
    pub(crate) fn read(&self) -> Counters {
        Counters {
            login: Logins {
                ok: self.login_ok.read(),
                denied: self.login_denied.read(),
            },
            refresh: Refreshes {
                ok: self.refresh_ok.read(),
                replayed: self.refresh_replayed.read(),
                superseded: self.refresh_superseded.read(),
                denied: self.refresh_denied.read(),
                limited: self.refresh_limited.read(),
            },
            rotations: self.rotations.read(),
            reuse: self.reuse.read(),
            logout: self.logout.read(),
            resource: Resources {
                ok: self.resource_ok.read(),
                unauthorized: self.resource_unauthorized.read(),
                forbidden: self.resource_forbidden.read(),
            },
        }
    }

    pub(crate) fn clear(&self) {
        for count in [
            &self.login_ok,
            &self.login_denied,
            &self.refresh_ok,
            &self.refresh_replayed,
            &self.refresh_superseded,
            &self.refresh_denied,
            &self.refresh_limited,
            &self.rotations,
            &self.reuse,
            &self.logout,
            &self.resource_ok,
            &self.resource_unauthorized,
            &self.resource_forbidden,
        ] {
            count.clear();
        }
    }
}
