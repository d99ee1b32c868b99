//! What can be seen of a session: its view, and when it wants to be woken.

use crate::effect::{Scope, Timer, View};
use crate::time::Instant;

use super::Session;
use super::state::State;

impl Session {
    /// When [`Input::Tick`](crate::Input::Tick) is due, and for what. Derived from the state at every call.
    pub fn poll_timeout(&self) -> Option<(Instant, Timer)> {
        let exchange = self.wire.deadline();
        let stale = self.stale_at().map(|at| (at, Timer::Stale));
        // What begins an exchange waits until the wire is free.
        let idle = self.wire.is_idle() && !self.wire.paused;
        let refresh = self.state.renew_at().filter(|_| idle);
        let logout = self.owed_logout.filter(|_| idle);
        let refresh = refresh.map(|at| (at, Timer::Refresh));
        let logout = logout.map(|owed| (owed.retry_at, Timer::Logout));
        sooner(sooner(exchange, stale), sooner(refresh, logout))
    }

    /// What everybody sees.
    pub fn view(&self, now: Instant) -> View {
        if self.wire.login(self.turn).is_some() {
            return View::SigningIn;
        }
        match &self.state {
            State::Restoring { trouble } => View::Restoring {
                trouble: trouble.map(|trouble| trouble.failure),
            },
            State::SignedOut { .. } if self.is_signing_out() => View::SigningOut,
            State::SignedOut { reason } => View::SignedOut(*reason),
            State::SignedIn { grant, trouble } => View::SignedIn {
                token: grant.token,
                expires: grant.expires,
                stale: trouble.is_some() && !grant.is_good(now),
            },
            // Nobody is told any more; what was seen last stays.
            State::Disposed => self.announced,
        }
    }

    pub(super) fn is_signing_out(&self) -> bool {
        [Scope::Local, Scope::Global]
            .into_iter()
            .any(|scope| self.wire.logout(scope, self.turn).is_some())
    }

    /// When listeners are to be told that the token is stale, if they have not been.
    pub(super) fn stale_at(&self) -> Option<Instant> {
        match self.announced {
            View::SignedIn { stale: false, .. } => self.state.stale_at(),
            View::SignedIn { stale: true, .. }
            | View::Restoring { .. }
            | View::SignedOut(_)
            | View::SigningIn
            | View::SigningOut => None,
        }
    }
}

/// The earlier of two deadlines; of two at once the first.
fn sooner(
    one: Option<(Instant, Timer)>,
    other: Option<(Instant, Timer)>,
) -> Option<(Instant, Timer)> {
    match (one, other) {
        (Some((at, _)), Some((before, _))) if before < at => other,
        (None, _) => other,
        (Some(_), _) => one,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_deadlines_the_earlier_rings_and_of_two_at_once_the_first() {
        let one = |ms| Some((Instant::from_millis(ms), Timer::Exchange));
        let other = |ms| Some((Instant::from_millis(ms), Timer::Stale));
        assert_eq!(sooner(one(1), other(2)), one(1));
        assert_eq!(sooner(one(2), other(1)), other(1));
        assert_eq!(sooner(one(1), other(1)), one(1));
        assert_eq!(sooner(one(1), None), one(1));
        assert_eq!(sooner(None, other(1)), other(1));
    }
}
