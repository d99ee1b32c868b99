//! One world of its own: users, sessions, clock, faults, counters.
//!
//! A server has one tenant at `/` and makes others on first use at `/t/{name}/…`, so that tests run
//! side by side on one server. A tenant's tokens are nothing to another.

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
use crate::domain::{Contract, FamilyId, Reason, User, UserId, Users};
use crate::faults::Faults;
use crate::journal::{Entry, Journal};
use crate::limits::Limits;
use crate::secret::Secret;
use crate::shared::Shared;
use crate::store::Memory;
use crate::tickets::{CODE_SECONDS, CONSENT_SECONDS, Tickets};
use crate::tokens::AccessClaims;

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
    pub(crate) sessions: Memory,
    users: RwLock<Arc<Users>>,
    issued: Issued,
    codes: Tickets<UserId>,
    redirects: Tickets<Url>,
}

/// How many tokens were issued, and up to which of them they count as expired. It never counts back:
/// what was issued before a reset is not good after it.
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
            clock,
            faults: Faults::default(),
            tally: Tally::default(),
            journal: Journal::default(),
            sessions: Memory::new(),
            users: RwLock::default(),
            issued: Issued::default(),
            codes: Tickets::new(),
            redirects: Tickets::new(),
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

    /// The last 1,000 requests, in the order they came.
    #[must_use]
    pub fn requests(&self) -> Vec<Entry> {
        self.journal.read()
    }

    /// Every family and its state, in the order of their logins.
    #[must_use]
    pub fn families(&self) -> Vec<FamilyView> {
        let now = self.clock.seconds();
        let mut families = Vec::new();
        self.sessions.each(|_, sessions| {
            families.extend(sessions.all(now).map(|(family, reason)| FamilyView {
                id: family.id().clone(),
                sub: family.user().clone(),
                client: family.client().to_owned(),
                contract: family.contract(),
                seq: family.seq(),
                status: if reason.is_some() { "ended" } else { "alive" },
                reason,
            }));
        });
        families.sort_by(|a, b| a.id.cmp(&b.id));
        families
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
        let issued = self.issued.access.load(Ordering::SeqCst);
        match user {
            None => self.issued.expired.store(issued, Ordering::SeqCst),
            Some(user) => {
                let mut expired = self
                    .issued
                    .expired_of
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                // Users come and go through the controls; whoever is gone needs no mark of his own.
                let users = self.users();
                expired.retain(|id, _| users.by_id(id).is_some());
                expired.insert(user.clone(), issued);
            }
        }
    }

    /// Every refresh token issued so far, of one user or of all, counts as expired.
    pub fn expire_refresh(&self, user: Option<&UserId>) {
        let now = self.clock.seconds();
        match user {
            None => self.sessions.each(|_, sessions| sessions.expire(now)),
            Some(user) => self.sessions.step(user, |sessions| sessions.expire(now)),
        }
    }

    /// Forgets everything: sessions, accounts, faults, counters, requests, and how far the clock was
    /// moved. Access tokens from before are no longer good.
    pub fn reset(&self) {
        self.expire_access(None);
        self.sessions.clear();
        self.codes.clear();
        self.redirects.clear();
        self.faults.clear();
        self.tally.clear();
        self.journal.clear();
        self.clock.reset();
        self.limits.reset();
        *self.users.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A `jti` that says the order of issue.
    pub(crate) fn next_jti(&self) -> String {
        let number = self
            .issued
            .access
            .fetch_add(1, Ordering::SeqCst)
            .saturating_add(1);
        format!("{number}-{}", self.random())
    }

    /// A family's name: in the order of logins, and not to be guessed.
    pub(crate) fn next_family(&self) -> FamilyId {
        let number = self
            .issued
            .families
            .fetch_add(1, Ordering::SeqCst)
            .saturating_add(1);
        FamilyId(format!("{number:012}-{}", self.random()))
    }

    /// An id for a user who came without one.
    pub(crate) fn next_user(&self) -> UserId {
        UserId(format!("usr_{}", self.random()))
    }

    /// A login code for this user.
    pub(crate) fn mint_code(&self, user: &User) -> Secret {
        let code = self.random();
        let expires_at = self.clock.seconds().saturating_add(CODE_SECONDS);
        self.codes.issue(code.clone(), expires_at, user.id.clone());
        Secret::new(code)
    }

    /// Whose code it is, if it is good; from now on it is not.
    pub(crate) fn redeem_code(&self, code: &Secret) -> Option<UserId> {
        self.codes.redeem(code.expose(), self.clock.seconds())
    }

    /// The `state` of a login by redirect that ends there.
    pub(crate) fn begin_redirect(&self, return_to: Url) -> String {
        let state = self.random();
        let expires_at = self.clock.seconds().saturating_add(CONSENT_SECONDS);
        self.redirects.issue(state.clone(), expires_at, return_to);
        state
    }

    /// Where the login with this `state` ends, if it is good; from now on it is not.
    pub(crate) fn end_redirect(&self, state: &str) -> Option<Url> {
        self.redirects.redeem(state, self.clock.seconds())
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
