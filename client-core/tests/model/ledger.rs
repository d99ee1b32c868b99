//! The model: who is signed in, the one exchange on the wire, and what the server still has to be told.
//!
//! It hears every verb and every answer, and from them alone says what must have become of the session. Of the
//! machine's own state it knows nothing. What it keeps is in `entries.rs`; what it says of effects and answers
//! is in `judge.rs`.

use evertoken_core::Duration;
use std::collections::{BTreeMap, BTreeSet};

use evertoken_core::{
    Code, Detail, Exchange, Failure, Granted, Instant, OpId, Outcome, Reason, Scope, Stored,
    TokenId,
};

use super::entries::{Caller, Due, LateCookie, OnWire, Who};

pub(super) const BOUND: Duration = Duration::from_secs(10);
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// The longest that a 429 without a time is respected.
pub(super) const CEILING: Duration = Duration::from_secs(60);
pub(super) const FLOOR: Duration = Duration::from_millis(250);
pub(super) const WORTH_ONE_TRY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Ledger {
    pub who: Who,
    /// Counts what ends everything that was asked before it.
    pub(super) era: u32,
    pub(super) wire: Option<OnWire>,
    pub(super) debt: Option<Scope>,
    pub(super) callers: BTreeMap<OpId, Caller>,
    pub(super) over: BTreeSet<OpId>,
    pub(super) stretches: BTreeMap<TokenId, u32>,
    pub(super) due: Option<Due>,
    pub(super) late_cookie: LateCookie,
    /// When the last refresh failed because the backend asked to be left alone, and for how long.
    pub(super) left_alone: Option<(Instant, Option<Duration>)>,
    pub(super) last_refresh_ended: Option<Instant>,
    pub(super) last_op: Option<OpId>,
    /// The newest key, and whether a random one is made where none was handed out.
    pub(super) key: Option<String>,
    pub(super) random_keys: bool,
    /// The key that the browser keeps.
    pub(super) remembered: Option<String>,
    /// How the last login ended nobody knows: one refresh will tell.
    pub(super) finding_out: bool,
    /// A login that nobody waits for any longer may have been granted.
    pub(super) marked: bool,
    /// A login that a logout overtook may still leave its cookie.
    pub(super) stray: bool,
    /// A refresh has been granted: the browser keeps the cookie.
    pub(super) cookie_works: bool,
    /// The refresh that is to be sent once more.
    pub(super) again: Option<OpId>,
    /// The last refresh may have been carried out, and nothing would tell a repetition from theft.
    pub(super) unrepeatable: bool,
}

impl Ledger {
    pub fn new(restore: bool, random_keys: bool) -> Self {
        Self {
            who: if restore {
                Who::Unknown
            } else {
                Who::Nobody(Reason::Never)
            },
            era: 0,
            wire: None,
            debt: None,
            callers: BTreeMap::new(),
            over: BTreeSet::new(),
            stretches: BTreeMap::new(),
            due: None,
            late_cookie: LateCookie::No,
            left_alone: None,
            last_refresh_ended: None,
            last_op: None,
            key: None,
            random_keys,
            remembered: None,
            finding_out: false,
            marked: false,
            stray: false,
            cookie_works: false,
            again: None,
            unrepeatable: false,
        }
    }

    pub fn noted(&mut self, stored: &Stored) {
        let record = stored.record.as_ref();
        self.remembered = record.and_then(|record| record.refresh_key.clone());
    }

    pub fn login(&mut self, now: Instant, op: OpId) {
        self.drop_unsent_logouts();
        self.ask(now, op, None);
    }

    pub fn logout(&mut self, now: Instant, op: OpId, scope: Scope) {
        if let Some(joined) = self.callers.get(&op) {
            assert_eq!(joined.scope, Some(scope), "a logout joins one of its kind");
            assert_eq!(joined.verdict, None, "a logout joins one that is not over");
        }
        let joined = self.callers.contains_key(&op);
        if scope == Scope::Others {
            if !joined {
                self.ask(now, op, Some(scope));
            }
            return;
        }
        self.end_logins();
        self.who = Who::Nobody(Reason::Logout);
        self.note_stray();
        if !joined {
            self.era += 1;
            self.key = None;
            let scope = self.debt.take().map_or(scope, |debt| both(debt, scope));
            self.ask(now, op, Some(scope));
        }
    }

    pub fn set_session(&mut self, now: Instant, op: OpId, granted: Granted) {
        self.end_logins();
        self.drop_unsent_logouts();
        self.debt = None;
        self.settle_logins();
        if self.wire.is_some() {
            self.late_cookie = LateCookie::Certainly;
        }
        self.era += 1;
        self.is_new(op);
        self.over.insert(op);
        self.begin(op, now, granted, true);
    }

    pub fn dispose(&mut self) {
        for caller in self.callers.values_mut() {
            caller.verdict = Some(false);
        }
        self.who = Who::Disposed;
        self.wire = None;
        self.debt = None;
    }

    /// The exchange on the wire is over.
    pub fn answered(&mut self, now: Instant, outcome: Outcome) {
        let sent = self.wire.take().expect("something is on the wire");
        let is_refresh = matches!(sent.exchange, Exchange::Refresh(_));
        let counts = sent.era == self.era && !self.is_signing_in();
        if is_refresh && counts && is_superseded(&outcome) && !sent.again {
            self.again = Some(sent.op);
            return;
        }
        self.over.insert(sent.op);
        match sent.exchange {
            Exchange::Refresh(_) => {
                if sent.era == self.era {
                    self.last_refresh_ended = Some(now);
                    self.refreshed(now, &sent, outcome);
                } else if let (Outcome::Failed(failure), Who::Nobody(_) | Who::Unknown) =
                    (outcome, &self.who)
                    && failure.code == Code::RateLimited
                {
                    // It counts no longer, and the backend wants to be left alone all the same.
                    self.leave_alone(now, failure);
                }
            }
            Exchange::Login => self.logged_in(&sent, outcome),
            Exchange::Logout(scope) => self.logged_out(now, &sent, scope, &outcome),
        }
    }

    fn refreshed(&mut self, now: Instant, sent: &OnWire, outcome: Outcome) {
        match outcome {
            Outcome::Granted(granted) => match &self.who {
                Who::User(user) => {
                    let (old, new) = (user.name.clone(), granted.subject.clone());
                    let same = old.is_none() || new.is_none() || old == new;
                    let late = self.late_cookie;
                    self.late_cookie = LateCookie::No;
                    if !same && late == LateCookie::Certainly {
                        self.taken_over();
                        return;
                    }
                    self.cookie_works = true;
                    self.finding_out = false;
                    self.due = Some(Due {
                        op: sent.op,
                        keep_user: same,
                        first: false,
                        expires: granted.lifetime.map(|lifetime| sent.at.after(lifetime)),
                        name: if same { new.or(old) } else { new },
                        key: granted.refresh_key,
                        or_nobody: !same && late == LateCookie::Perhaps,
                    });
                }
                Who::Nobody(_) | Who::Unknown | Who::Disposed => {
                    self.late_cookie = LateCookie::No;
                    self.cookie_works = true;
                    self.finding_out = false;
                    self.begin(sent.op, sent.at, granted, false);
                }
            },
            Outcome::Denied { missing, .. } => self.denied(missing),
            Outcome::NothingToSend => unreachable!("a cookie always goes along"),
            Outcome::Failed(failure) => self.refresh_failed(now, failure, sent.keyed),
            Outcome::Ended => {
                self.refresh_failed(now, Failure::new(Code::Server), sent.keyed);
            }
        }
    }

    fn denied(&mut self, missing: bool) {
        self.finding_out = false;
        let works = self.cookie_works || self.late_cookie == LateCookie::Certainly;
        match &mut self.who {
            Who::User(user) if missing && user.first && !works => {
                user.failing = true;
                self.left_alone = None;
                self.unrepeatable = false;
                return;
            }
            Who::Unknown if missing => self.who = Who::Nobody(Reason::Never),
            Who::User(_) | Who::Unknown => self.who = Who::Nobody(Reason::Expired),
            Who::Nobody(_) | Who::Disposed => {}
        }
        self.key = None;
    }

    fn refresh_failed(&mut self, now: Instant, failure: Failure, keyed: bool) {
        match &mut self.who {
            Who::User(user) => user.failing = true,
            Who::Unknown => {}
            Who::Nobody(_) | Who::Disposed => return self.leave_alone(now, failure),
        }
        self.unrepeatable = !keyed && may_have_been_granted(failure);
        self.leave_alone(now, failure);
    }

    fn leave_alone(&mut self, now: Instant, failure: Failure) {
        let asked = failure.retry_after;
        let is_asked = asked.is_some() || failure.code == Code::RateLimited;
        self.left_alone = is_asked.then_some((now, asked));
    }

    /// The session ended, and a login may still be granted of which nobody will hear.
    fn note_stray(&mut self) {
        self.stray |= std::mem::take(&mut self.finding_out);
        self.stray |= std::mem::take(&mut self.marked);
    }

    /// It is known how all logins ended, or it no longer matters.
    fn settle_logins(&mut self) {
        self.finding_out = false;
        self.marked = false;
        self.stray = false;
    }

    /// What may still come of a login that a logout overtook is found before the next exchange.
    pub(super) fn notice_stray(&mut self, exchange: Exchange) {
        if self.stray && self.debt.is_none() && !self.is_signing_out() {
            self.debt = Some(Scope::Local);
            self.stray = false;
        }
        // Its own note takes the place of the other's.
        if exchange == Exchange::Login {
            self.marked = false;
            self.stray = false;
        }
    }

    fn logged_in(&mut self, sent: &OnWire, outcome: Outcome) {
        if sent.era != self.era {
            let is_known = !matches!(&outcome, Outcome::Failed(f) if may_have_been_granted(*f));
            if is_known && !self.finding_out {
                // There is one note, and it was the last login's.
                self.stray = false;
                self.marked = false;
            }
            match (outcome, &self.who) {
                (Outcome::Granted(_), Who::Nobody(_) | Who::Unknown) => self.owe(Scope::Local),
                (Outcome::Failed(failure), Who::Nobody(_) | Who::Unknown) => {
                    self.stray |= may_have_been_granted(failure);
                }
                (Outcome::Failed(failure), Who::User(_)) => {
                    self.marked |= may_have_been_granted(failure);
                }
                _ => {}
            }
            return;
        }
        let granted = matches!(outcome, Outcome::Granted(_));
        self.callers.get_mut(&sent.op).expect("it has one").verdict = Some(granted);
        match outcome {
            Outcome::Granted(granted) => {
                self.debt = None;
                self.settle_logins();
                self.begin(sent.op, sent.at, granted, true);
            }
            Outcome::Failed(failure) if may_have_been_granted(failure) => {
                self.who = Who::Unknown;
                self.finding_out = true;
                self.left_alone = None;
                self.unrepeatable = false;
            }
            Outcome::Failed(_)
            | Outcome::Denied { .. }
            | Outcome::NothingToSend
            | Outcome::Ended => {}
        }
    }

    fn logged_out(&mut self, now: Instant, sent: &OnWire, scope: Scope, outcome: &Outcome) {
        let caller = self.callers.get_mut(&sent.op);
        if let Some(caller) = caller {
            caller.verdict = Some(!matches!(outcome, Outcome::Failed(_)));
        }
        match (scope, outcome) {
            (Scope::Others, _) => {}
            (_, Outcome::Failed(failure)) if failure.is_transient() => match self.who {
                Who::Nobody(_) | Who::Unknown => {
                    self.owe(scope);
                    // Whoever waited to be restored after it failed with it.
                    let before = self.left_alone;
                    self.leave_alone(now, *failure);
                    self.left_alone = self.left_alone.or(before);
                }
                Who::User(_) | Who::Disposed => {}
            },
            // Whoever it was for, it ends what the debt was to end.
            _ if !sent.debt_grew => {
                self.debt = self.debt.filter(|debt| both(*debt, scope) != scope)
            }
            _ => {}
        }
    }

    fn begin(&mut self, op: OpId, sent: Instant, granted: Granted, first: bool) {
        self.due = Some(Due {
            op,
            keep_user: false,
            first,
            expires: granted.lifetime.map(|lifetime| sent.after(lifetime)),
            name: granted.subject,
            key: granted.refresh_key,
            or_nobody: false,
        });
    }

    pub(super) fn is_signing_in(&self) -> bool {
        self.callers.values().any(|caller| caller.scope.is_none())
    }

    pub(super) fn taken_over(&mut self) {
        self.note_stray();
        self.who = Who::Nobody(Reason::Replaced);
        self.key = None;
        self.owe(Scope::Local);
    }

    fn owe(&mut self, scope: Scope) {
        self.debt = Some(self.debt.map_or(scope, |debt| both(debt, scope)));
        if let Some(sent) = &mut self.wire {
            sent.debt_grew = true;
        }
    }

    fn ask(&mut self, now: Instant, op: OpId, scope: Option<Scope>) {
        self.is_new(op);
        if let Some(sent) = &mut self.wire {
            sent.deadline = sent.deadline.min(now.after(PATIENCE));
        }
        let caller = Caller {
            scope,
            sent: false,
            verdict: None,
        };
        self.callers.insert(op, caller);
    }

    fn is_new(&mut self, op: OpId) {
        assert!(self.last_op < Some(op), "operations never repeat: {op:?}");
        self.last_op = Some(op);
    }

    fn end_logins(&mut self) {
        for caller in self.callers.values_mut() {
            if caller.scope.is_none() {
                caller.verdict = Some(false);
            }
        }
    }

    /// A younger session takes the place of the one they were to end. If it comes to nothing, they are owed.
    fn drop_unsent_logouts(&mut self) {
        let unsent = |caller: &&mut Caller| {
            !caller.sent && matches!(caller.scope, Some(Scope::Local | Scope::Global))
        };
        let mut owed = vec![];
        for caller in self.callers.values_mut().filter(unsent) {
            caller.verdict = Some(true);
            owed.extend(caller.scope);
        }
        owed.into_iter().for_each(|scope| self.owe(scope));
    }
}

/// The scope that ends what both end.
fn both(one: Scope, other: Scope) -> Scope {
    if one == other { one } else { Scope::Global }
}

/// Whether the backend may have gone on although nobody heard of it.
fn may_have_been_granted(failure: Failure) -> bool {
    let is_too_early = matches!(failure.status, Some(408 | 425));
    matches!(failure.code, Code::Network | Code::Timeout)
        || (failure.code == Code::Server && !is_too_early && failure.detail != Detail::Superseded)
}

fn is_superseded(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(failure) if failure.detail == Detail::Superseded)
}
