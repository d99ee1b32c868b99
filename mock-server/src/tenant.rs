//! One world of its own: users, sessions, clock, faults, counters.
//!
//! A server has one tenant at `/` and makes others on first use at `/t/{name}/…`, so that tests run
//! side by side on one server. A tenant's tokens are nothing to another.
//!
//! With a store that processes share, they share a tenant's sessions, login codes and logins by redirect,
//! and nothing else of it: users, clock, faults, counters, limits and the requests seen are each
//! process's own, and so is which access tokens were told to expire.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::clock::Clock;
use crate::counters::{Counters, Tally};
use crate::domain::{Contract, FamilyId, Reason, Seconds, Sessions, User, UserId, Users};
use crate::faults::Faults;
use crate::journal::{Entry, Journal};
use crate::limits::Limits;
use crate::secret::Secret;
use crate::shared::Shared;
use crate::store::{Store, StoreDown, Ticket};
use crate::tickets::{CODE_SECONDS, CONSENT_SECONDS};
use crate::tokens::AccessClaims;

/// How many users may have had their access tokens expired before those who are gone are forgotten.
const MARKS: usize = 1_000;

/// One tenant, for whoever drives the server from Rust.
pub struct Tenant {
    pub(crate) shared: Arc<Shared>,
    prefix: String,
    issuer: String,
    clock: Arc<Clock>,
    pub(crate) limits: Limits,
    faults: Faults,
    pub(crate) tally: Tally,
    pub(crate) journal: Journal,
    pub(crate) store: Store,
    users: RwLock<Arc<Users>>,
    issued: Issued,
}

/// Which numbers families and access tokens were issued with last, and up to which of them access tokens
/// count as expired. The numbers rise, with the microseconds of the world's own clock, so that those of
/// several processes are in order too. They never go back: what was issued before a reset is not good
/// after it.
#[derive(Default)]
struct Issued {
    families: AtomicU64,
    access: AtomicU64,
    expired: AtomicU64,
    expired_of: Mutex<HashMap<UserId, u64>>,
}

/// A family, for a reader.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Family)]
pub struct FamilyView {
    /// Its name.
    pub id: FamilyId,
    /// Whose it is.
    pub sub: UserId,
    /// The client it was opened for.
    pub client: String,
    /// The contract it was opened through.
    pub contract: Contract,
    /// The position of its current token, from 1.
    pub seq: u64,
    /// `alive` or `ended`.
    pub status: &'static str,
    /// Why it ended.
    pub reason: Option<Reason>,
}

impl Tenant {
    /// `prefix` is empty or `/t/{name}`.
    pub(crate) fn new(shared: Arc<Shared>, prefix: String) -> Self {
        let clock = Arc::new(Clock::new(shared.world.clone()));
        Self {
            issuer: if prefix.is_empty() {
                shared.issuer.clone()
            } else {
                format!("{}{prefix}", shared.issuer.trim_end_matches('/'))
            },
            limits: Limits::new(shared.rate, clock.clone()),
            faults: Faults::default(),
            tally: Tally::default(),
            journal: Journal::new(shared.journalled.clone()),
            store: Store::new(&shared, &prefix, &clock),
            clock,
            users: RwLock::default(),
            issued: Issued::default(),
            shared,
            prefix,
        }
    }

    /// Where it answers, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.shared.url, self.prefix)
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Its faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Its counters as they are now.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.tally.read()
    }

    /// The last 1,000 requests, in the order they came. Where all tenants together have more than 200,000, those
    /// that have been idle the longest forget theirs.
    #[must_use]
    pub fn requests(&self) -> Vec<Entry> {
        self.journal.read()
    }

    /// Every family and its state, in the order of their logins.
    ///
    /// # Errors
    /// A store outside of this process does not answer.
    pub async fn families(&self) -> Result<Vec<FamilyView>, StoreDown> {
        let now = self.clock.seconds();
        let mut families = Vec::new();
        let list = |sessions: &mut Sessions| {
            families.extend(sessions.all(now).map(|(family, reason)| FamilyView {
                id: family.id().clone(),
                sub: family.user().clone(),
                client: family.client().to_owned(),
                contract: family.contract(),
                seq: family.seq(),
                status: if reason.is_some() { "ended" } else { "alive" },
                reason,
            }));
        };
        self.store.each(None, list).await?;
        families.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(families)
    }

    /// The accounts.
    #[must_use]
    pub fn users(&self) -> Arc<Users> {
        self.users
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Replaces the accounts. Who is not among them is gone.
    pub fn set_users(&self, users: Vec<User>) {
        *self.users.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Users::new(users));
    }

    /// Every access token issued so far, of one user or of all, counts as expired.
    pub fn expire_access(&self, user: Option<&UserId>) {
        // What is issued next is above it, also if the system's clock is put back in between.
        let tick = self.tick();
        let issued = self
            .issued
            .access
            .fetch_max(tick, Ordering::SeqCst)
            .max(tick);
        match user {
            None => self.issued.expired.store(issued, Ordering::SeqCst),
            Some(user) => {
                let mut expired = self
                    .issued
                    .expired_of
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                // Users come and go through the controls, and may come back.
                if expired.len() >= MARKS {
                    let users = self.users();
                    expired.retain(|id, _| users.by_id(id).is_some());
                }
                expired.insert(user.clone(), issued);
            }
        }
    }

    /// Every refresh token issued so far, of one user or of all, counts as expired.
    ///
    /// # Errors
    /// A store outside of this process does not answer. Some of them may have expired.
    pub async fn expire_refresh(&self, user: Option<&UserId>) -> Result<(), StoreDown> {
        let now = self.clock.seconds();
        self.store.each(user, |sessions| sessions.expire(now)).await
    }

    /// Forgets everything: sessions, accounts, faults, counters, requests, and how far the clock was
    /// moved. Access tokens from before are no longer good.
    ///
    /// # Errors
    /// A store outside of this process does not answer. Nothing else was forgotten.
    pub async fn reset(&self) -> Result<(), StoreDown> {
        self.store.clear().await?;
        self.expire_access(None);
        self.faults.clear();
        self.tally.clear();
        self.journal.clear();
        self.clock.reset();
        self.limits.reset();
        *self.users.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        Ok(())
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A `jti` that says the order of issue.
    pub(crate) fn next_jti(&self) -> String {
        format!("{}-{}", self.next(&self.issued.access), self.random())
    }

    /// A family's name: in the order of logins, and not to be guessed.
    pub(crate) fn next_family(&self) -> FamilyId {
        let number = self.next(&self.issued.families);
        FamilyId(format!("{number:016}-{}", self.random()))
    }

    /// An id for a user who came without one.
    pub(crate) fn next_user(&self) -> UserId {
        UserId(format!("usr_{}", self.random()))
    }

    /// A login code for this user.
    pub(crate) async fn mint_code(&self, user: &User) -> Result<Secret, StoreDown> {
        let ticket = Ticket::Code(user.id.clone());
        self.issue(CODE_SECONDS, ticket).await.map(Secret::new)
    }

    /// Whose code it is, if it is good.
    pub(crate) async fn owner_of(&self, code: &Secret) -> Result<Option<UserId>, StoreDown> {
        match self.look(code.expose()).await? {
            Some(Ticket::Code(user)) => Ok(Some(user)),
            Some(Ticket::Redirect(_)) | None => Ok(None),
        }
    }

    /// The `state` of a login by redirect that ends there.
    pub(crate) async fn begin_redirect(&self, return_to: &Url) -> Result<String, StoreDown> {
        let ticket = Ticket::Redirect(return_to.to_string());
        self.issue(CONSENT_SECONDS, ticket).await
    }

    /// Where the login with this `state` ends, if it is good.
    pub(crate) async fn end_of(&self, state: &str) -> Result<Option<Url>, StoreDown> {
        match self.look(state).await? {
            Some(Ticket::Redirect(return_to)) => Ok(Url::parse(&return_to).ok()),
            Some(Ticket::Code(_)) | None => Ok(None),
        }
    }

    async fn issue(&self, lifetime: Seconds, ticket: Ticket) -> Result<String, StoreDown> {
        let name = self.random();
        let now = self.clock.seconds();
        let time = (now, now.saturating_add(lifetime));
        self.store.issue(name.clone(), time, ticket).await?;
        Ok(name)
    }

    async fn look(&self, name: &str) -> Result<Option<Ticket>, StoreDown> {
        self.store.look(name, self.clock.seconds()).await
    }

    /// Whether this token counts as expired, by its own word or by ours.
    pub(crate) fn is_expired(&self, claims: &AccessClaims) -> bool {
        let of_user = {
            let expired = self
                .issued
                .expired_of
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            expired.get(&claims.sub).copied().unwrap_or(0)
        };
        let until = self.issued.expired.load(Ordering::SeqCst).max(of_user);
        self.clock.seconds() >= claims.exp || claims.issue().is_none_or(|issue| issue <= until)
    }

    /// A number from 0 up to, but not, 1.
    pub(crate) fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        self.shared.world.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    /// Waits as the world waits.
    pub(crate) async fn sleep(&self, time: Duration) {
        self.shared.world.sleep(time).await;
    }

    /// The microseconds of the world's clock, which nobody moves.
    fn tick(&self) -> u64 {
        u64::try_from(self.shared.world.now().as_micros()).unwrap_or(u64::MAX)
    }

    /// A number above this one, which is put up to it.
    fn next(&self, last: &AtomicU64) -> u64 {
        let tick = self.tick();
        let above = |last: u64| last.max(tick).saturating_add(1);
        // The closure always answers, so the update cannot fail.
        let (Ok(before) | Err(before)) =
            last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(above(last)));
        above(before)
    }

    fn random(&self) -> String {
        let mut bytes = [0; 16];
        self.shared.world.fill(&mut bytes);
        format!("{:032x}", u128::from_le_bytes(bytes))
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
