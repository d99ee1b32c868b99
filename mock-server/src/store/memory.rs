//! Sessions in memory: gone at exit, and everyone is signed out.
//!
//! All families of a user and the user's epoch lie behind one lock, so one step is enough for every
//! decision there is; different users rarely meet at a lock. Nothing is awaited inside a step, and
//! nothing calls out of one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::PoisonError;
#[cfg(not(test))]
use std::sync::{Mutex, MutexGuard};

// Unit tests take the same lock from shuttle, which tries the orders in which threads come to it. Outside of
// shuttle's runs it cannot be taken; the tests in `tests/` have the library as it ships.
#[cfg(test)]
use shuttle::sync::{Mutex, MutexGuard};

use crate::domain::{Sessions, UserId};

/// How many locks there are: a few times the cores of a large machine. A tenant costs an empty map for
/// each.
const SHARDS: usize = 16;

type Shard = HashMap<UserId, Sessions>;

/// The memory store of one tenant.
#[derive(Debug)]
pub(crate) struct Memory {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            shards: Default::default(),
            hasher: RandomState::new(),
        }
    }

    /// One atomic step over everything of one user.
    pub(crate) fn step<T>(&self, user: &UserId, decide: impl FnOnce(&mut Sessions) -> T) -> T {
        let place = self.hasher.hash_one(user) as usize % SHARDS;
        #[expect(
            clippy::indexing_slicing,
            reason = "a remainder is less than its divisor"
        )]
        let mut shard = lock(&self.shards[place]);
        decide(shard.entry(user.clone()).or_default())
    }

    /// Visits every user, one shard after the other: a listing, not a snapshot.
    pub(crate) fn each(&self, mut visit: impl FnMut(&UserId, &mut Sessions)) {
        for shard in &self.shards {
            for (user, sessions) in lock(shard).iter_mut() {
                visit(user, sessions);
            }
        }
    }

    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            lock(shard).clear();
        }
    }
}

/// A panic elsewhere does not take the sessions with it: a step replaces records whole.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod orders;
