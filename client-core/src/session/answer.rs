//! What an answer, or the lack of one, does to the session.

use crate::backoff;
use crate::effect::{Effect, Event, Exchange, Scope};
use crate::failure::{Code, Detail, Failure, Reason};
use crate::read::{Granted, Outcome};
use crate::time::Instant;

use super::state::{State, Trouble};
use super::steps::wider;
use super::wire::{Queued, Sent};
use super::{OwedLogout, Session};

impl Session {
    /// The exchange has had its time.
    pub(super) fn give_up(&mut self, now: Instant, sent: Sent) {
        self.effects.push_back(Effect::Abort(sent.op));
        // Aborting is not ordering: its Set-Cookie may still land, after that of whatever comes next.
        if sent.epoch != self.epoch || !self.wire.queue.is_empty() {
            self.unsettled = true;
        }
        self.finish(now, sent, Outcome::Failed(Failure::new(Code::Timeout)));
    }

    /// The exchange is over.
    pub(super) fn finish(&mut self, now: Instant, sent: Sent, outcome: Outcome) {
        match sent.exchange {
            Exchange::Refresh(_) => self.finish_refresh(now, sent, outcome),
            Exchange::Login => self.finish_login(now, sent, outcome),
            Exchange::Logout(scope) => self.finish_logout(now, sent, scope, outcome),
        }
    }

    fn finish_refresh(&mut self, now: Instant, sent: Sent, outcome: Outcome) {
        if sent.epoch != self.epoch {
            return;
        }
        let told = match outcome {
            Outcome::Granted(granted) => self.refreshed(now, sent, granted),
            Outcome::Denied {
                reason,
                missing,
                status,
            } => Some(self.denied(now, reason, missing, status)),
            // An old copy of it was answered: the session has moved on, and the newest key says so. A login
            // that waits is about to replace it.
            Outcome::Failed(failure)
                if failure.is_superseded()
                    && !sent.again
                    && self.wire.login(self.epoch).is_none() =>
            {
                return self.wire.again(sent);
            }
            Outcome::Failed(failure) => Some(self.not_refreshed(now, failure, sent.keyed)),
            Outcome::Ended => Some(self.not_refreshed(now, Failure::new(Code::Server), sent.keyed)),
        };
        self.wake(sent.op, told);
    }

    /// Another token for this session, or the session from last time.
    fn refreshed(&mut self, now: Instant, sent: Sent, granted: Granted) -> Option<Failure> {
        let before = match &self.state {
            State::SignedIn { grant, .. } => Some(grant.clone()),
            State::Restoring { .. } | State::SignedOut { .. } | State::Disposed => None,
        };
        let had_session = before.is_some();
        let before = before.filter(|grant| grant.is_of(granted.subject.as_deref()));
        if had_session && before.is_none() && self.unsettled {
            return Some(self.taken_over(now));
        }
        self.unsettled = false;
        let expires = self.commit(now, sent.at, sent.op, granted, before.as_ref(), 1);
        let event = match (before, had_session) {
            (Some(before), _) => Event::Refreshed {
                expires,
                generation: before.generation.saturating_add(1),
            },
            // The cookie jar holds another user's session now.
            (None, true) => Event::SignedIn,
            (None, false) => Event::Restored,
        };
        self.report(event);
        None
    }

    /// A late Set-Cookie of an earlier user's won over this one's. Nobody asked to be that user again.
    fn taken_over(&mut self, now: Instant) -> Failure {
        self.unsettled = false;
        self.epoch += 1;
        self.sign_out(Reason::Replaced);
        self.owe_logout(now, Scope::Local);
        Failure::new(Code::LoginRequired).detail(Detail::Replaced)
    }

    /// The server refused, for good.
    fn denied(
        &mut self,
        now: Instant,
        reason: Option<Reason>,
        missing: bool,
        status: u16,
    ) -> Failure {
        let reason = match &self.state {
            // The cookie that the login was answered with never came back: this is no logout.
            State::SignedIn { grant, .. } if missing && grant.generation == 0 => {
                let failure = Failure::new(Code::Misconfigured).status(status);
                return self.not_refreshed(now, failure.detail(Detail::CookieDropped), true);
            }
            State::Restoring { .. } if missing => Reason::Never,
            State::SignedIn { .. } | State::Restoring { .. } => reason.unwrap_or(Reason::Denied),
            // It was only asked whether there is a session after all.
            State::SignedOut { reason } => *reason,
            State::Disposed => Reason::Never,
        };
        self.epoch += 1;
        self.sign_out(reason);
        Failure::new(Code::LoginRequired).status(status)
    }

    /// It did not work, which says nothing about the session. Without a key, a repetition of what may have been
    /// carried out looks like theft to the server, so it is not sent unless somebody asks.
    fn not_refreshed(&mut self, now: Instant, failure: Failure, keyed: bool) -> Failure {
        let failures = self.state.trouble().map_or(0, |trouble| trouble.failures) + 1;
        let asked = failure.retry_after;
        let may_repeat = keyed || !failure.is_ambiguous();
        let retry_in = (failure.is_transient() && may_repeat)
            .then(|| backoff::delay(failures, asked, &mut self.rng));
        let new = Trouble {
            failure,
            failures,
            retry_at: retry_in.map(|wait| now.after(wait)),
            not_before: match (asked, failure.code) {
                (Some(asked), _) => Some(now.after(backoff::bounded(asked))),
                (None, Code::RateLimited) => retry_in.map(|wait| now.after(wait)),
                (None, _) => None,
            },
        };
        match &mut self.state {
            State::SignedIn { trouble, .. } | State::Restoring { trouble } => {
                *trouble = Some(new);
                self.report(Event::RefreshFailed { failure, retry_in });
            }
            State::SignedOut { .. } | State::Disposed => self.report(Event::RefreshFailed {
                failure,
                retry_in: None,
            }),
        }
        failure
    }

    fn finish_login(&mut self, now: Instant, sent: Sent, outcome: Outcome) {
        let overtaken = sent.epoch != self.epoch;
        let result = match outcome {
            // It was told already that it came too late; what it left in the cookie jar has to go.
            Outcome::Granted(_) if overtaken => {
                match self.state {
                    State::SignedOut { .. } | State::Restoring { .. } => {
                        self.owe_logout(now, Scope::Local);
                    }
                    // Whoever signed in since holds the cookie jar, or never needed it.
                    State::SignedIn { .. } | State::Disposed => {}
                }
                return;
            }
            Outcome::Granted(granted) => {
                self.sign_in(now, sent.at, sent.op, granted);
                Ok(())
            }
            Outcome::Failed(_) | Outcome::Denied { .. } | Outcome::Ended if overtaken => return,
            Outcome::Failed(failure) => {
                if failure.is_ambiguous() {
                    self.find_out();
                }
                Err(failure)
            }
            Outcome::Denied { status, .. } => {
                Err(Failure::new(Code::InvalidCredentials).status(status))
            }
            Outcome::Ended => Err(Failure::new(Code::Server)),
        };
        self.wake(sent.op, None);
        self.done(sent.op, sent.exchange, result);
    }

    /// Nobody knows whether the login was granted. One refresh tells, as soon as the wire is free.
    fn find_out(&mut self) {
        self.epoch += 1;
        self.state = State::Restoring { trouble: None };
        self.effects.push_back(Effect::Forget);
    }

    fn finish_logout(&mut self, now: Instant, sent: Sent, scope: Scope, outcome: Outcome) {
        let result = match outcome {
            Outcome::Ended | Outcome::Granted(_) | Outcome::Denied { .. } => Ok(()),
            Outcome::Failed(failure) => Err(failure),
        };
        match (scope, result) {
            (Scope::Local | Scope::Global, Err(failure)) if failure.is_transient() => {
                self.repeat_logout(now, scope, failure);
            }
            // What has come to be owed since it was sent still is.
            (Scope::Local | Scope::Global, Ok(()) | Err(_))
                if sent.repeated && sent.epoch == self.epoch =>
            {
                self.owed_logout = None;
            }
            (Scope::Local | Scope::Others | Scope::Global, Ok(()) | Err(_)) => {}
        }
        if !sent.repeated {
            self.done(sent.op, sent.exchange, result);
        }
    }

    /// The server still has to be told, unless a younger session took its place.
    fn repeat_logout(&mut self, now: Instant, scope: Scope, failure: Failure) {
        match self.state {
            State::SignedOut { .. } | State::Restoring { .. } => {}
            State::SignedIn { .. } | State::Disposed => return,
        }
        let owed = self.owed_logout;
        let failures = owed.map_or(0, |owed| owed.failures) + 1;
        let wait = backoff::delay(failures, failure.retry_after, &mut self.rng);
        self.owed_logout = Some(OwedLogout {
            scope: owed.map_or(scope, |owed| wider(owed.scope, scope)),
            failures,
            retry_at: now.after(wait),
        });
        // A refresh that waited for it would restore what it was to end.
        let is_refresh = |exchange| matches!(exchange, Exchange::Refresh(_));
        for Queued { op, .. } in self.wire.take_queued(is_refresh) {
            let failure = self.not_refreshed(now, failure, true);
            self.wake(op, Some(failure));
        }
    }

    /// The server is to be told of a logout as soon as the wire is free.
    pub(super) fn owe_logout(&mut self, now: Instant, scope: Scope) {
        let owed = self.owed_logout.map(|owed| owed.scope);
        self.owed_logout = Some(OwedLogout {
            scope: owed.map_or(scope, |owed| wider(owed, scope)),
            failures: 0,
            retry_at: now,
        });
    }
}
