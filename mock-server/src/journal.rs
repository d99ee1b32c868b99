//! The last requests, as a test wants to see them: what came, with which token, what went back. Never
//! a token.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{FamilyId, Seconds, UserId};
use crate::tokens::{AccessClaims, RefreshClaims};

/// How many requests are kept of a tenant.
const KEPT: usize = 1_000;

/// The longest method, path and origin that are kept whole: nothing a client sends makes the journal large.
const LONGEST: usize = 512;

/// One request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Entry {
    /// Its number: the first request of a tenant is 1, and a reset does not begin anew. So whoever reads the log
    /// again knows what is new.
    pub n: u64,
    /// When it came, by the tenant's clock, in seconds since the Unix epoch.
    #[schema(value_type = u64)]
    pub at: Seconds,
    /// Its method.
    pub method: String,
    /// Its path, without the tenant's prefix and without the query.
    pub path: String,
    /// Its `Origin`.
    pub origin: Option<String>,
    /// What was answered; `None` while it is on its way, or if it got no answer.
    pub status: Option<u16>,
    /// Which token came with it, if its signature is ours.
    pub token: Option<Seen>,
    /// Whether a fault spoiled it.
    pub faulted: bool,
}

/// A token, named and not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Seen {
    /// An access token.
    Access {
        /// Whose.
        sub: UserId,
        /// Of which family.
        sid: FamilyId,
        /// Its own name.
        jti: String,
    },
    /// A refresh token.
    Refresh {
        /// Whose.
        sub: UserId,
        /// Of which family.
        sid: FamilyId,
        /// Its position there.
        seq: u64,
    },
}

impl From<AccessClaims> for Seen {
    fn from(claims: AccessClaims) -> Self {
        Self::Access {
            sub: claims.sub,
            sid: claims.sid,
            jti: claims.jti,
        }
    }
}

impl From<RefreshClaims> for Seen {
    fn from(claims: RefreshClaims) -> Self {
        Self::Refresh {
            sub: claims.sub,
            sid: claims.fid,
            seq: claims.seq,
        }
    }
}

/// Names one entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryId(u64);

/// The last requests of one tenant, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    kept: Mutex<Kept>,
    all: Total,
}

/// How many requests the tenants of a server keep together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Total(Arc<AtomicUsize>);

impl Total {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
struct Kept {
    first: u64,
    entries: VecDeque<Entry>,
}

impl Journal {
    /// One of several, which are counted together.
    pub(crate) fn new(all: Total) -> Self {
        Self {
            kept: Mutex::default(),
            all,
        }
    }

    /// A request came; it gets its number here.
    pub(crate) fn begin(&self, mut entry: Entry) -> EntryId {
        shorten(&mut entry.method);
        shorten(&mut entry.path);
        if let Some(origin) = entry.origin.as_mut() {
            shorten(origin);
        }
        let mut kept = self.lock();
        if kept.entries.len() >= KEPT {
            kept.entries.pop_front();
            kept.first = kept.first.saturating_add(1);
        } else {
            self.all.0.fetch_add(1, Ordering::Relaxed);
        }
        let id = kept.first.saturating_add(kept.entries.len() as u64);
        entry.n = id.saturating_add(1);
        kept.entries.push_back(entry);
        EntryId(id)
    }

    /// This token was in its body.
    pub(crate) fn saw(&self, id: EntryId, token: Seen) {
        self.change(id, |entry| entry.token = Some(token));
    }

    /// It is being spoiled.
    pub(crate) fn faulted(&self, id: EntryId) {
        self.change(id, |entry| entry.faulted = true);
    }

    /// It was answered.
    pub(crate) fn answered(&self, id: EntryId, status: u16) {
        self.change(id, |entry| entry.status = Some(status));
    }

    pub(crate) fn read(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut kept = self.lock();
        kept.first = kept.first.saturating_add(kept.entries.len() as u64);
        self.all.0.fetch_sub(kept.entries.len(), Ordering::Relaxed);
        // Its memory too, which an idle tenant has no use for.
        kept.entries = VecDeque::new();
    }

    fn change(&self, id: EntryId, change: impl FnOnce(&mut Entry)) {
        let mut kept = self.lock();
        // An entry that was pushed out or cleared meanwhile is nobody's concern any more.
        if let Some(index) =
            id.0.checked_sub(kept.first)
                .and_then(|index| usize::try_from(index).ok())
        {
            kept.entries.get_mut(index).map(change);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.clear();
    }
}

fn shorten(text: &mut String) {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
    }
}
