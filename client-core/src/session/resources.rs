//! What an application's own requests and its user tell the session past the auth endpoints: a resource's answer that
//! brings a newer token or ends the session, a page that is left for a login elsewhere, and that there is nothing to
//! renew with.

use crate::effect::{Event, OpId, Scope, Why};
use crate::failure::{Code, Failure, Reason};
use crate::grant::TokenId;
use crate::read::Granted;
use crate::tabs::Position;
use crate::time::Instant;

use super::Session;
use super::peers::NEWS;
use super::state::State;

impl Session {
    /// The answer to a request that was sent at `asked` with the token `with` brought another, in a contract whose
    /// backend renews by itself. It counts for the same user only, and only if it is newer. The operation is the name
    /// under which its [`Effect::Adopt`](crate::Effect::Adopt) comes.
    pub fn handed_over(
        &mut self,
        now: Instant,
        asked: Instant,
        with: TokenId,
        granted: Granted,
    ) -> Option<OpId> {
        let before = self.state.grant().filter(|grant| {
            with >= grant.since
                && grant.is_of(granted.subject.as_deref())
                && grant.is_older_than(granted.issued_at, with)
        });
        let before = before?.clone();
        let op = self.next_op();
        let position = Position {
            generation: self.position.generation.saturating_add(1),
            ..self.position
        };
        self.commit(now, asked, op, granted, position, Some(&before));
        self.report(Event::HandedOver);
        self.settle(now);
        Some(op)
    }

    /// A resource answered 403 to this token, in a contract that ends the session on it. A late one, for an earlier
    /// token, ends nothing. The operation is the logout's, if there is one.
    pub fn forbidden(&mut self, now: Instant, token: TokenId) -> Option<OpId> {
        if !self.is_present(token) {
            return None;
        }
        let op = self.log_out(now, Scope::Local, Reason::Forbidden);
        self.settle(now);
        Some(op)
    }

    /// A resource refused this token for good, in a contract whose backend renews by itself: the session is over, and
    /// the server knows. A late refusal, of an earlier token, ends nothing.
    pub fn refused(&mut self, now: Instant, token: TokenId, reason: Reason) {
        if !self.is_present(token) {
            return;
        }
        self.position.ended = true;
        self.sign_out(reason);
        self.keep_record();
        self.post_status(now, NEWS, None);
        self.settle(now);
    }

    /// Whether the answer to an exchange would still count: nobody has signed in or out since it was sent.
    pub fn counts(&self, op: OpId) -> bool {
        let sent = self.wire.sent();
        sent.is_some_and(|sent| sent.op == op && sent.turn == self.turn)
    }

    /// The page is left for a login elsewhere. Whoever comes back asks the backend how it ended, and not the other
    /// tabs, which still have what was there before.
    ///
    /// # Errors
    ///
    /// [`Code::Disposed`].
    pub fn redirects(&mut self) -> Result<(), Failure> {
        self.check_not_disposed()?;
        self.mark_login(self.position.epoch);
        Ok(())
    }

    /// There is nothing to renew with. That is no word of the server's, so the other tabs hear nothing of it; a token
    /// that is still good is used to its end.
    pub(super) fn cannot_renew(&mut self, now: Instant, why: Why) -> Failure {
        let failure = Failure::new(Code::LoginRequired);
        let reason = match &mut self.state {
            State::SignedIn { grant, .. } if why != Why::Rejected && grant.is_good(now) => {
                grant.renew_at = grant.good_until;
                return failure;
            }
            State::SignedIn { .. } => Reason::Expired,
            State::SignedOut { reason } => *reason,
            State::Restoring { .. } | State::Disposed => Reason::Never,
        };
        if self.finding_out {
            self.finding_out = false;
            self.settle_login();
        }
        self.sign_out(reason);
        failure
    }

    fn is_present(&self, token: TokenId) -> bool {
        self.state.grant().is_some_and(|grant| grant.token == token)
    }
}
