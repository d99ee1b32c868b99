//! Where sessions are kept, and what is handed out once.
//!
//! The one thing a store does with sessions is a [`step`](Store::step): it lets a decision see a family
//! and its user's epoch and change them, and what the decision saw is what it changed. Memory makes it
//! so with a lock; Redis by comparing when it commits, and by asking the decision again if somebody came
//! between. So a decision may be made several times over, only the last one counts, and whatever it did
//! beside changing what it was shown (counting, say) is done after the step.
//!
//! A login that [spends](Store::spend) a ticket is such a step too: there is a session and no ticket any
//! more, or a ticket and no session.

mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::domain::{FamilyId, Seconds, Sessions, UserId};
use crate::options::{OptionsError, StoreAt};
use crate::shared::Shared;
use crate::tickets::Tickets;
use memory::Memory;

/// The store did not answer. What was asked of it may have been done all the same, so a client repeats
/// it as it repeats whatever got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreDown;

impl fmt::Display for StoreDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store did not answer; see that Redis runs, and try again")
    }
}

impl std::error::Error for StoreDown {}

/// What is good for one login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ticket {
    /// A login code of this user.
    Code(UserId),
    /// A login by redirect that ends at this URL.
    Redirect(String),
}

/// What all tenants' stores have in common.
pub(crate) enum Backend {
    Memory,
    #[cfg(feature = "redis")]
    Redis(redis::Link),
}

impl Backend {
    /// Connects to nothing yet.
    pub(crate) fn new(at: &StoreAt) -> Result<Self, OptionsError> {
        match at {
            StoreAt::Memory => Ok(Self::Memory),
            #[cfg(feature = "redis")]
            StoreAt::Redis(url) => redis::link(url).map(Self::Redis),
            #[cfg(not(feature = "redis"))]
            StoreAt::Redis(_) => Err(OptionsError::NoRedis),
        }
    }
}

/// The store of one tenant.
pub(crate) enum Store {
    Memory {
        sessions: Box<Memory>,
        tickets: Tickets<Ticket>,
    },
    #[cfg(feature = "redis")]
    Redis(redis::Redis),
}

impl Store {
    /// `prefix` is the tenant's: empty or `/t/{name}`.
    #[cfg_attr(
        not(feature = "redis"),
        expect(unused_variables, reason = "memory needs nothing of it")
    )]
    pub(crate) fn new(shared: &Shared, prefix: &str, clock: &Arc<Clock>) -> Self {
        match &shared.backend {
            Backend::Memory => Self::Memory {
                sessions: Box::new(Memory::new()),
                tickets: Tickets::new(),
            },
            #[cfg(feature = "redis")]
            Backend::Redis(link) => Self::Redis(redis::Redis::new(
                link.clone(),
                shared,
                prefix,
                clock.clone(),
            )),
        }
    }

    /// One atomic step over one family, which need not be there yet, and the epoch of its user. What
    /// else the user has may be there to see or not.
    pub(crate) async fn step<T>(
        &self,
        user: &UserId,
        #[cfg_attr(
            not(feature = "redis"),
            expect(unused_variables, reason = "memory has everything of a user at hand")
        )]
        family: &FamilyId,
        decide: impl FnMut(&mut Sessions) -> T,
    ) -> Result<T, StoreDown> {
        match self {
            Self::Memory { sessions, .. } => Ok(sessions.step(user, decide)),
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.step(user, family, decide).await,
        }
    }

    /// The same step, and with it this ticket is spent; if the decision fails neither is done. `None`: the
    /// ticket is spent already.
    pub(crate) async fn spend<T, E>(
        &self,
        ticket: &str,
        user: &UserId,
        #[cfg_attr(
            not(feature = "redis"),
            expect(unused_variables, reason = "as for a step")
        )]
        family: &FamilyId,
        decide: impl FnMut(&mut Sessions) -> Result<T, E>,
    ) -> Result<Option<Result<T, E>>, StoreDown> {
        match self {
            Self::Memory { sessions, tickets } => {
                Ok(tickets.spend(ticket, || sessions.step(user, decide)))
            }
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.spend(ticket, user, family, decide).await,
        }
    }

    /// A step for whatever there is of this user, or of all: every family is visited once. A listing,
    /// not a snapshot.
    pub(crate) async fn each(
        &self,
        only: Option<&UserId>,
        mut visit: impl FnMut(&mut Sessions),
    ) -> Result<(), StoreDown> {
        match (self, only) {
            (Self::Memory { sessions, .. }, None) => {
                sessions.each(|_, of_user| visit(of_user));
                Ok(())
            }
            (Self::Memory { sessions, .. }, Some(user)) => {
                sessions.step(user, visit);
                Ok(())
            }
            #[cfg(feature = "redis")]
            (Self::Redis(redis), only) => {
                for (user, family) in redis.families(only).await? {
                    redis.step(&user, &family, &mut visit).await?;
                }
                Ok(())
            }
        }
    }

    /// Hands out a ticket. Its name is random and not to be guessed.
    pub(crate) async fn issue(
        &self,
        name: String,
        (now, expires_at): (Seconds, Seconds),
        ticket: Ticket,
    ) -> Result<(), StoreDown> {
        match self {
            Self::Memory { tickets, .. } => {
                tickets.issue(name, (now, expires_at), ticket);
                Ok(())
            }
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.issue(&name, (now, expires_at), ticket).await,
        }
    }

    /// What the ticket stands for, if it is good.
    pub(crate) async fn look(&self, name: &str, now: Seconds) -> Result<Option<Ticket>, StoreDown> {
        match self {
            Self::Memory { tickets, .. } => Ok(tickets.look(name, now)),
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.look(name, now).await,
        }
    }

    /// Forgets everything of this tenant.
    pub(crate) async fn clear(&self) -> Result<(), StoreDown> {
        match self {
            Self::Memory { sessions, tickets } => {
                sessions.clear();
                tickets.clear();
                Ok(())
            }
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.clear().await,
        }
    }
}
