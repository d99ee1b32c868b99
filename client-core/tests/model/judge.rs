//! What the model says of what the machine wants done, of what callers are told and of what everybody sees.

use evertoken_core::{
    Access, Code, Event, Exchange, Failure, Instant, OpId, Outcome, Scope, Timer, TokenId, View,
    Why,
};

use super::entries::{LateCookie, OnWire, User, Want, Who};
use super::ledger::{BOUND, CEILING, FLOOR, Ledger, PATIENCE, WORTH_ONE_TRY};

// What the machine wants done.
impl Ledger {
    pub fn sent(&mut self, now: Instant, op: OpId, exchange: Exchange, key: Option<String>) {
        assert!(
            self.wire.is_none(),
            "one exchange at a time: {:?}",
            self.wire
        );
        assert!(!self.over.contains(&op), "{op:?} is over");
        assert!(!matches!(self.who, Who::Disposed), "disposed");
        let again = self.again.take();
        assert!(again.is_none_or(|again| again == op), "{again:?} first");
        self.notice_stray(exchange);
        match exchange {
            Exchange::Refresh(why) => {
                self.check_key(key.as_deref());
                assert_eq!(self.debt, None, "an owed logout goes before any refresh");
                let undone = self.callers.values();
                let mut undone = undone.filter(|caller| caller.scope != Some(Scope::Others));
                assert!(undone.next().is_none(), "a login or logout goes first");
                let pause = self.last_refresh_ended.map(|ended| now.since(ended));
                if let (Why::Timer, Some(pause), None) = (why, pause, again) {
                    assert!(!self.unrepeatable, "it would look like theft");
                    assert!(pause >= FLOOR, "spinning: {pause:?}");
                }
                self.last_op = self.last_op.max(Some(op));
            }
            Exchange::Login => {
                let caller = self.callers.get_mut(&op).expect("somebody asked");
                assert_eq!((caller.scope, caller.verdict), (None, None));
                caller.sent = true;
            }
            Exchange::Logout(scope) => match self.callers.get_mut(&op) {
                Some(caller) => {
                    assert_eq!((caller.scope, caller.verdict), (Some(scope), None));
                    caller.sent = true;
                }
                None => assert_eq!(self.debt, Some(scope), "nobody asked for this logout"),
            },
        }
        let hurried = self.callers.values().any(|caller| !caller.sent);
        self.wire = Some(OnWire {
            op,
            exchange,
            era: self.era,
            at: now,
            deadline: now.after(if hurried { PATIENCE } else { BOUND }),
            keyed: key.is_some(),
            again: again.is_some(),
            debt_grew: false,
        });
    }

    /// A refresh sends the newest key, and the same until there is a newer one. It is kept before it is sent.
    fn check_key(&mut self, key: Option<&str>) {
        if self.key.is_some() {
            assert_eq!(self.key.as_deref(), key, "the newest key");
        } else {
            assert_eq!(self.random_keys, key.is_some());
            self.key = key.map(String::from);
        }
        if key.is_some() {
            assert_eq!(self.remembered.as_deref(), key, "kept before it is sent");
        }
    }

    pub fn aborted(&mut self, now: Instant, op: OpId) {
        let sent = self.wire.as_ref().expect("something is on the wire");
        assert_eq!(sent.op, op);
        assert!(sent.deadline <= now, "given up before its time");
        let followed = self.callers.values().any(|caller| !caller.sent);
        if sent.era != self.era || followed {
            self.late_cookie = LateCookie::Certainly;
        } else if self.late_cookie == LateCookie::No {
            // The machine may have had something in its queue that nobody asked for.
            self.late_cookie = LateCookie::Perhaps;
        }
        self.answered(now, Outcome::Failed(Failure::new(Code::Timeout)));
    }

    pub fn adopted(
        &mut self,
        now: Instant,
        op: OpId,
        token: TokenId,
        keep_user: bool,
        expires: Option<Instant>,
    ) {
        let due = self.due.take().expect("a token is due");
        assert_eq!(
            (op, keep_user, expires),
            (due.op, due.keep_user, due.expires)
        );
        let last = self.stretches.last_key_value();
        assert!(
            last.is_none_or(|(last, _)| *last < token),
            "tokens never repeat"
        );
        let last = last.map_or(0, |(_, stretch)| *stretch);
        let stretch = if keep_user { last } else { last + 1 };
        self.stretches.insert(token, stretch);
        self.left_alone = None;
        self.unrepeatable = false;
        self.key = due.key;
        self.who = Who::User(User {
            token,
            stretch,
            name: due.name,
            good_until: expires.map(|at| at.max(now.after(WORTH_ONE_TRY))),
            first: due.first,
            failing: false,
        });
    }

    pub fn forgotten(&mut self) {
        if self.due.take_if(|due| due.or_nobody).is_some() {
            self.taken_over();
        }
        assert!(
            !matches!(self.who, Who::User(_)),
            "nothing ended the session"
        );
    }

    pub fn done(&mut self, op: OpId, result: Result<(), Failure>) {
        let caller = self
            .callers
            .remove(&op)
            .expect("its caller was not told yet");
        assert_eq!(caller.verdict, Some(result.is_ok()), "{op:?}: {result:?}");
        if !caller.sent {
            self.over.insert(op);
        }
    }
}

// What callers are told and everybody sees.
impl Ledger {
    /// Whether this is the answer to who asks now for that.
    pub fn judge(&self, now: Instant, want: Want, access: Access) {
        if let (Access::Use(token), Want::Other(rejected)) = (access, want) {
            assert_ne!(token, rejected, "a rejected token is never handed back");
        }
        let undone = self.callers.iter().rev();
        let mut logins = undone.filter(|(_, caller)| caller.scope.is_none());
        if let (Some((login, _)), false) = (logins.next(), matches!(self.who, Who::Disposed)) {
            assert_eq!(access, Access::Wait(*login), "a login decides");
            return;
        }
        match (&self.who, want) {
            (Who::Disposed, _) => assert_eq!(refused(access), Some(Code::Disposed)),
            (Who::Nobody(_), Want::Renewal) if !self.is_signing_out() => self.renews(now, access),
            (Who::Nobody(_), _) => assert_eq!(refused(access), Some(Code::LoginRequired)),
            (Who::Unknown, _) | (Who::User(_), Want::Renewal) => self.renews(now, access),
            (Who::User(user), Want::Other(rejected)) if user.token == rejected => {
                self.renews(now, access);
            }
            (Who::User(user), Want::Other(rejected))
                if self.stretches[&rejected] != user.stretch =>
            {
                assert_eq!(access, Access::Replaced, "it was of another user");
            }
            (Who::User(user), Want::Token | Want::Other(_)) if user.is_good(now) => {
                assert_eq!(access, Access::Use(user.token), "a good token is used");
            }
            (Who::User(_), Want::Token | Want::Other(_)) => self.renews(now, access),
        }
    }

    /// A renewal is on its way, unless the backend asked to be left alone.
    fn renews(&self, now: Instant, access: Access) {
        if refused(access).is_none() {
            self.waits(access);
            return;
        }
        let (at, asked) = self.left_alone.expect("nobody asked to be left alone");
        assert!(now < at.after(asked.unwrap_or(CEILING)), "long enough");
        assert_eq!(self.refresh(), None, "a refresh is on its way: join it");
    }

    fn waits(&self, access: Access) {
        let Access::Wait(op) = access else {
            panic!("there is something to wait for: {access:?}");
        };
        assert!(
            !self.over.contains(&op),
            "{op:?} is over, nobody would be woken"
        );
        assert!(!self.callers.contains_key(&op), "{op:?} renews nothing");
        if let Some((refresh, _)) = self.refresh() {
            assert_eq!(op, refresh, "one refresh at a time");
        }
    }

    /// The refresh on the wire that still counts, and when it was sent.
    fn refresh(&self) -> Option<(OpId, Instant)> {
        let sent = self.wire.as_ref()?;
        let counts = sent.era == self.era && matches!(sent.exchange, Exchange::Refresh(_));
        counts.then_some((sent.op, sent.at))
    }

    /// Whether that can have happened.
    pub fn reported(&self, event: Event) {
        match event {
            Event::SignedOut(reason) => {
                assert!(
                    matches!(self.who, Who::Nobody(why) if why == reason),
                    "{reason:?}"
                );
            }
            Event::Restored | Event::SignedIn | Event::Refreshed { .. } => {
                assert!(matches!(self.who, Who::User(_)), "{event:?}");
            }
            Event::RefreshStarted { .. } => assert!(self.refresh().is_some(), "none is sent"),
            Event::RefreshFailed { .. } => {}
            Event::Adopted | Event::HandedOver | Event::LockWaited(_) => {
                panic!("there are no others: {event:?}")
            }
        }
    }

    /// Logins and logouts whose callers wait.
    pub fn undone(&self) -> usize {
        self.callers.len()
    }

    pub fn on_wire(&self) -> Option<(OpId, Exchange)> {
        self.wire.as_ref().map(|sent| (sent.op, sent.exchange))
    }

    pub fn owes(&self) -> bool {
        self.debt.is_some()
    }

    pub(super) fn is_signing_out(&self) -> bool {
        self.callers
            .values()
            .any(|caller| matches!(caller.scope, Some(Scope::Local | Scope::Global)))
    }

    /// Whether the machine may rest here, after it was asked or told something.
    pub fn check(&self, timeout: Option<(Instant, Timer)>, waiting: usize) {
        assert!(self.due.is_none(), "a token is due: {:?}", self.due);
        assert_eq!(self.again, None, "it was to be sent once more");
        if let (Who::Nobody(_), None) = (&self.who, &self.key) {
            assert_eq!(self.remembered, None, "nobody is signed in");
        }
        for (op, caller) in &self.callers {
            assert_eq!(caller.verdict, None, "{op:?}'s caller was not told");
        }
        match &self.wire {
            Some(sent) => {
                let deadline = timeout.map(|(at, _)| at);
                assert!(
                    deadline.is_some_and(|at| at <= sent.deadline),
                    "{timeout:?}"
                );
            }
            None => {
                assert!(
                    self.callers.is_empty(),
                    "{:?} wait for nothing",
                    self.callers
                );
                assert_eq!(waiting, 0, "they wait for nothing");
                assert!(
                    self.debt.is_none() || timeout.is_some(),
                    "a forgotten logout"
                );
            }
        }
        if let Who::Disposed = self.who {
            assert_eq!(timeout, None);
        }
    }

    /// Whether that is what everybody must see.
    pub fn check_view(&self, now: Instant, view: View) {
        if let Who::Disposed = self.who {
            return;
        }
        if self.is_signing_in() {
            assert_eq!(view, View::SigningIn);
            return;
        }
        match (&self.who, view) {
            (Who::Nobody(_), View::SigningOut) => assert!(self.is_signing_out()),
            (Who::Nobody(reason), View::SignedOut(seen)) => {
                assert!(!self.is_signing_out(), "the logout is on its way");
                assert_eq!(*reason, seen);
            }
            (Who::Unknown, View::Restoring { trouble }) => {
                assert!(trouble.is_some() || self.wire.is_some(), "nobody finds out");
            }
            (Who::User(user), View::SignedIn { token, stale, .. }) => {
                let is_stale = user.failing && !user.is_good(now);
                assert_eq!((token, stale), (user.token, is_stale));
            }
            (who, view) => panic!("{view:?} although the model has {who:?}"),
        }
    }
}

fn refused(access: Access) -> Option<Code> {
    match access {
        Access::Refused(failure) => Some(failure.code),
        Access::Use(_) | Access::Wait(_) | Access::Replaced => None,
    }
}
