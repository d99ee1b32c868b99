//! What an answer, or the lack of one, does to the session.

use crate::backoff;
use crate::effect::{Effect, Event, Exchange, Scope, Why};
use crate::failure::{Code, Detail, Failure, Reason};
use crate::planted::Fault;
use crate::read::{Granted, Outcome};
use crate::tabs::Position;
use crate::time::{Duration, Instant};

use super::peers::NEWS;
use super::state::{State, Trouble};
use super::steps::wider;
use super::wire::{Queued, Sent};
use super::{OwedLogout, Session};

/// Over how many milliseconds those who waited for the network spread their next try.
const SPREAD: u64 = 1_000;

impl Session {
    /// The exchange has had its time.
    pub(super) fn give_up(&mut self, now: Instant, sent: Sent) {
        self.effects.push(Effect::Abort(sent.op));
        // Aborting is not ordering: its Set-Cookie may still land, after that of whatever comes next.
        if sent.turn != self.turn || !self.wire.queue.is_empty() {
            self.unsettled = true;
        }
        self.finish(now, sent, Outcome::Failed(Failure::new(Code::Timeout)));
    }

    /// The exchange is over.
    pub(super) fn finish(&mut self, now: Instant, sent: Sent, outcome: Outcome) {
        match sent.exchange {
            Exchange::Refresh(why) => self.finish_refresh(now, sent, why, outcome),
            Exchange::Login => self.finish_login(now, sent, outcome),
            Exchange::Logout(scope) => self.finish_logout(now, sent, scope, outcome),
        }
    }

    fn finish_refresh(&mut self, now: Instant, sent: Sent, why: Why, outcome: Outcome) {
        if sent.turn != self.turn && !self.plants(Fault::AnswerCountsInAnyTurn) {
            return self.leave_backend_alone(now, &outcome);
        }
        let told = match outcome {
            Outcome::Granted(granted) => self.refreshed(now, sent, granted),
            Outcome::Denied {
                reason,
                missing,
                status,
            } => self.denied(now, &sent, reason, missing, status),
            Outcome::NothingToSend => Some(self.cannot_renew(now, why)),
            // An old copy of it was answered: the session has moved on, and the newest key says so. A login
            // that waits is about to replace it.
            Outcome::Failed(failure)
                if failure.is_superseded()
                    && (!sent.again || self.plants(Fault::SupersededLoops))
                    && self.wire.login(self.turn).is_none() =>
            {
                return self.wire.again(sent);
            }
            Outcome::Failed(failure)
                if failure.is_transient() && self.plants(Fault::FailureEndsSession) =>
            {
                self.denied(now, &sent, None, false, 500)
            }
            Outcome::Failed(failure) => Some(self.not_refreshed(now, failure, sent.keyed)),
            Outcome::Ended => Some(self.not_refreshed(now, Failure::new(Code::Server), sent.keyed)),
        };
        if told.is_none() || !self.plants(Fault::FailureIsNotShared) {
            self.wake(sent.op, told);
        }
    }

    /// An answer that no longer counts may still say that the backend wants to be left alone.
    fn leave_backend_alone(&mut self, now: Instant, outcome: &Outcome) {
        let Outcome::Failed(failure) = outcome else {
            return;
        };
        let has_token = matches!(self.state, State::SignedIn { .. });
        if failure.code == Code::RateLimited && !has_token {
            self.refuse_refreshes(now, *failure);
        }
    }

    /// Another token for this session, or the session from last time.
    fn refreshed(&mut self, now: Instant, sent: Sent, granted: Granted) -> Option<Failure> {
        // This is what a logout was to end that the server has not heard of, as came to be known meanwhile.
        if self.position.ended
            && let Some(owed) = &mut self.owed_logout
        {
            owed.retry_at = now;
            return Some(Failure::new(Code::LoginRequired));
        }
        let before = self.state.grant().cloned();
        let had_session = before.is_some();
        let before = before.filter(|grant| {
            grant.is_of(granted.subject.as_deref()) || self.plants(Fault::SubjectNotCompared)
        });
        if had_session && before.is_none() && self.unsettled {
            return Some(self.taken_over(now));
        }
        let continues = match &before {
            Some(_) => sent.from.generation < u32::MAX,
            // The cookie jar holds another user's session now, or one that nobody here knew of.
            None => !had_session && self.is_known_session(),
        };
        let position = if continues {
            Position {
                generation: sent.from.generation.saturating_add(1),
                ..sent.from
            }
        } else {
            self.opening(now, 1)
        };
        if before
            .as_ref()
            .is_some_and(|grant| grant.position >= position)
        {
            // Another tab was quicker, and what it brought is here.
            return None;
        }
        self.unsettled = false;
        self.cookie_works = true;
        if self.finding_out {
            self.finding_out = false;
            self.settle_login();
        }
        self.commit(now, sent.at, sent.op, granted, position, before.as_ref());
        let event = match (self.state.grant(), had_session) {
            (Some(grant), true) if before.is_some() => Event::Refreshed {
                expires: grant.expires,
                generation: position.generation,
            },
            (Some(_) | None, true) => Event::SignedIn,
            (Some(_) | None, false) => Event::Restored,
        };
        self.report(event);
        None
    }

    /// Whether some tab has left word of a session that is not over.
    fn is_known_session(&self) -> bool {
        self.position.epoch.is_login() && !self.position.ended && !self.finding_out
    }

    /// The server refused, for good. That counts only for the generation that was refused.
    fn denied(
        &mut self,
        now: Instant,
        sent: &Sent,
        reason: Option<Reason>,
        missing: bool,
        status: u16,
    ) -> Option<Failure> {
        if sent.from != self.position && !self.plants(Fault::RefusalCountsForAnyGeneration) {
            return None;
        }
        let reason = match &self.state {
            // The cookie that the login was answered with never came back: this is no logout.
            State::SignedIn { grant, .. }
                if missing && grant.position.generation == 0 && self.may_have_dropped_cookie() =>
            {
                let failure = Failure::new(Code::Misconfigured).detail(Detail::CookieDropped);
                return Some(self.not_refreshed(now, failure.status(status), true));
            }
            State::Restoring { .. } if missing => Reason::Never,
            State::SignedIn { .. } | State::Restoring { .. } => reason.unwrap_or(Reason::Denied),
            // It was only asked whether there is a session after all.
            State::SignedOut { reason } => *reason,
            State::Disposed => Reason::Never,
        };
        if self.finding_out {
            self.finding_out = false;
            self.settle_login();
        }
        let is_news = !self.position.ended && self.position.epoch.is_login();
        let is_noted = is_news || self.key.is_some();
        // Where nobody has ever signed in there is nothing to end.
        self.position.ended |= self.position.epoch.is_login();
        self.sign_out(reason);
        if is_noted {
            self.keep_record();
        }
        if is_news {
            self.post_status(now, NEWS, None);
        }
        Some(Failure::new(Code::LoginRequired).status(status))
    }

    /// Whether the browser may never have kept the login's cookie. Where it did once, or where something that was given
    /// up may have cleared it since, the session is over.
    fn may_have_dropped_cookie(&self) -> bool {
        !self.cookie_works && !self.unsettled
    }

    /// It did not work, which says nothing about the session. Without a key, a repetition of what may have been
    /// carried out looks like theft to the server, so it is not sent unless somebody asks.
    fn not_refreshed(&mut self, now: Instant, failure: Failure, keyed: bool) -> Failure {
        let failures = self.state.trouble().map_or(0, |trouble| trouble.failures) + 1;
        let asked = failure.retry_after;
        let may_repeat = keyed || !failure.is_ambiguous() || self.plants(Fault::UnkeyedIsRepeated);
        let retry_in = (failure.is_transient() && may_repeat)
            .then(|| backoff::delay(failures, asked, self.is_online, &mut self.rng));
        let retry_in = retry_in.map(|wait| match self.plants(Fault::RetryAfterIgnored) {
            true => Duration::from_millis(250),
            false => wait,
        });
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
            State::SignedOut { .. } | State::Disposed => {
                self.left_alone = new.not_before.map(|until| (until, failure));
                self.report(Event::RefreshFailed {
                    failure,
                    retry_in: None,
                });
            }
        }
        failure
    }

    fn finish_login(&mut self, now: Instant, sent: Sent, outcome: Outcome) {
        let overtaken = sent.turn != self.turn && !self.plants(Fault::OvertakenLoginCounts);
        // One that a logout overtook may have left its cookie all the same.
        let unknown = (overtaken || self.config.tells)
            && matches!(&outcome, Outcome::Failed(failure) if failure.is_ambiguous());
        if unknown {
            // Whoever settled the login before this one may have taken this one's mark away with its own.
            self.mark_login(sent.from.epoch);
        } else if !self.finding_out {
            // How an earlier one ended may have to be found out still.
            self.settle_login();
        }
        let result = match outcome {
            // It was told already that it came too late; what it left in the cookie jar has to go, unless
            // whoever signed in since holds the jar.
            Outcome::Granted(_) if overtaken => {
                if self.position.ended && !self.plants(Fault::OvertakenLoginStays) {
                    self.log_out_late_login(now);
                }
                return;
            }
            Outcome::Granted(granted) => {
                self.sign_in(now, sent.at, sent.op, granted);
                Ok(())
            }
            Outcome::Failed(_)
            | Outcome::Denied { .. }
            | Outcome::NothingToSend
            | Outcome::Ended
                if overtaken =>
            {
                return;
            }
            Outcome::Failed(failure) => {
                if unknown && !self.plants(Fault::LostLoginIsForgotten) {
                    self.find_out();
                }
                Err(failure)
            }
            Outcome::Denied { status, .. } => {
                Err(Failure::new(Code::InvalidCredentials).status(status))
            }
            Outcome::NothingToSend => Err(Failure::new(Code::Misconfigured)),
            Outcome::Ended => Err(Failure::new(Code::Server)),
        };
        self.wake(sent.op, None);
        self.done(sent.op, sent.exchange, result);
    }

    /// Nobody knows whether the login was granted. One refresh tells, as soon as the wire is free.
    fn find_out(&mut self) {
        self.finding_out = true;
        self.found_mark = false;
        self.state = State::Restoring { trouble: None };
        self.effects.push(Effect::Forget);
    }

    fn finish_logout(&mut self, now: Instant, sent: Sent, scope: Scope, outcome: Outcome) {
        let result = match outcome {
            Outcome::Ended
            | Outcome::Granted(_)
            | Outcome::Denied { .. }
            | Outcome::NothingToSend => Ok(()),
            Outcome::Failed(failure) => Err(failure),
        };
        match (scope, result) {
            (Scope::Local | Scope::Global, Err(failure)) if failure.is_transient() => {
                self.repeat_logout(now, scope, failure);
            }
            (Scope::Local | Scope::Global, Ok(()) | Err(_)) => self.logout_is_told(&sent, scope),
            (Scope::Others, Ok(()) | Err(_)) => {}
        }
        if !sent.repeated {
            self.done(sent.op, sent.exchange, result);
        }
    }

    /// The server knows. What has come to be owed since it was sent, or ends more, still is.
    fn logout_is_told(&mut self, sent: &Sent, scope: Scope) {
        let covers = |owed: OwedLogout| wider(owed.scope, scope) == scope;
        if sent.from == self.position && self.owed_logout.is_none_or(covers) {
            if self.owed_logout.is_some_and(|owed| owed.stray) {
                self.settle_login();
            }
            self.owed_logout = None;
            // Unless another is on its way already.
            if !self.is_signing_out() {
                self.entomb(None);
            }
        }
    }

    /// The server still has to be told, unless a younger session took its place.
    fn repeat_logout(&mut self, now: Instant, scope: Scope, failure: Failure) {
        if !self.position.ended {
            self.owed_logout = None;
            return;
        }
        let owed = self.owed_logout;
        let failures = owed.map_or(0, |owed| owed.failures) + 1;
        let asked = failure.retry_after;
        let wait = backoff::delay(failures, asked, self.is_online, &mut self.rng);
        let scope = owed.map_or(scope, |owed| wider(owed.scope, scope));
        self.owed_logout = Some(OwedLogout {
            scope,
            failures,
            retry_at: now.after(wait),
            stray: owed.is_some_and(|owed| owed.stray),
            own: owed.is_some_and(|owed| owed.own),
        });
        self.entomb(Some(scope));
        // A refresh that waited for it would restore what it was to end.
        if self.wire.refresh(self.turn).is_some() {
            self.refuse_refreshes(now, failure);
        }
    }

    /// No refresh is sent before the next try.
    fn refuse_refreshes(&mut self, now: Instant, failure: Failure) {
        // What would look like theft if it was repeated still does.
        let may_repeat = self
            .state
            .trouble()
            .is_none_or(|trouble| trouble.retry_at.is_some());
        let failure = self.not_refreshed(now, failure, may_repeat);
        let is_refresh = |queued: &Queued| matches!(queued.exchange, Exchange::Refresh(_));
        for Queued { op, .. } in self.wire.take_queued(&is_refresh) {
            self.wake(op, Some(failure));
        }
    }

    /// The browser is online again: what only waited for that is tried soon, though not by all tabs at once.
    pub(super) fn went_online(&mut self, now: Instant, is_online: bool) {
        self.is_online = is_online;
        if !is_online {
            return;
        }
        let soon = now.after(Duration::from_millis(self.rng.up_to(SPREAD)));
        match &mut self.state {
            State::SignedIn {
                trouble: Some(trouble),
                ..
            }
            | State::Restoring {
                trouble: Some(trouble),
            } if trouble.not_before.is_none_or(|at| at <= soon) => {
                trouble.retry_at = trouble.retry_at.map(|at| at.min(soon));
            }
            State::SignedIn { .. }
            | State::Restoring { .. }
            | State::SignedOut { .. }
            | State::Disposed => {}
        }
        if let Some(owed) = &mut self.owed_logout {
            owed.retry_at = owed.retry_at.min(soon);
        }
    }
}
