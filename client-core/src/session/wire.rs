//! The one exchange on the wire, and those that wait for it.
//!
//! All exchanges share one cookie jar, so they go one after the other: a Set-Cookie that arrives late
//! must not overwrite a newer one. That there is one slot *is* the single flight: a second refresh has
//! nowhere to live.

use std::collections::VecDeque;

use core::time::Duration;

use crate::effect::{Exchange, OpId, Scope};
use crate::time::Instant;

/// How long a login or logout lets the exchange before it answer. Most answers are there within two
/// seconds; one that is not is aborted, because the user is waiting.
const PATIENCE: Duration = Duration::from_secs(2);

/// An exchange that waits its turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queued {
    pub(super) op: OpId,
    pub(super) exchange: Exchange,
    /// Whether a failed logout is being repeated, which nobody waits for.
    pub(super) repeated: bool,
    /// Whether it is sent once more because an old copy of it was answered.
    pub(super) again: bool,
}

/// An exchange on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) op: OpId,
    pub(super) exchange: Exchange,
    pub(super) repeated: bool,
    pub(super) again: bool,
    /// Whether a repetition of it is known for what it is.
    pub(super) keyed: bool,
    /// The epoch it was sent from: its answer counts in no other.
    pub(super) epoch: u32,
    pub(super) at: Instant,
    pub(super) deadline: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Wire {
    pub(super) sent: Option<Sent>,
    pub(super) queue: VecDeque<Queued>,
}

impl Wire {
    pub(super) fn is_idle(&self) -> bool {
        self.sent.is_none() && self.queue.is_empty()
    }

    /// Puts an exchange at the end of the queue. The user waits for a login or a logout, so it bounds the
    /// patience with the one before it; a refresh or a logout that is repeated does not.
    pub(super) fn enqueue(&mut self, now: Instant, queued: Queued) {
        if hurries(&queued)
            && let Some(sent) = &mut self.sent
        {
            sent.deadline = sent.deadline.min(now.after(PATIENCE));
        }
        self.queue.push_back(queued);
    }

    /// Puts a refresh that was answered as an old copy of itself back, to be sent once more.
    pub(super) fn again(&mut self, sent: Sent) {
        self.queue.push_front(Queued {
            op: sent.op,
            exchange: sent.exchange,
            repeated: sent.repeated,
            again: true,
        });
    }

    /// Takes the next exchange if the wire is free.
    pub(super) fn send_next(&mut self, now: Instant, epoch: u32, bound: Duration) -> Option<Sent> {
        if self.sent.is_some() {
            return None;
        }
        let Queued {
            op,
            exchange,
            repeated,
            again,
        } = self.queue.pop_front()?;
        let waited_for = self.queue.iter().any(hurries);
        let patience = if waited_for {
            PATIENCE.min(bound)
        } else {
            bound
        };
        let sent = Sent {
            op,
            exchange,
            repeated,
            again,
            keyed: false,
            epoch,
            at: now,
            deadline: now.after(patience),
        };
        self.sent = Some(sent);
        Some(sent)
    }

    /// Takes every refresh out of the queue.
    pub(super) fn take_queued_refreshes(&mut self) -> Vec<OpId> {
        let is_refresh = |q: &Queued| matches!(q.exchange, Exchange::Refresh(_));
        let taken = self.queue.iter().filter(|q| is_refresh(q));
        let taken = taken.map(|q| q.op).collect();
        self.queue.retain(|q| !is_refresh(q));
        taken
    }

    /// Takes the exchange off the wire if it is `op`.
    pub(super) fn answered(&mut self, op: OpId) -> Option<Sent> {
        self.sent.take_if(|sent| sent.op == op)
    }

    /// Takes the exchange off the wire if its time is up.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Sent> {
        self.sent.take_if(|sent| sent.deadline <= now)
    }

    /// The refresh that is queued, or on the wire and of this epoch.
    pub(super) fn refresh(&self, epoch: u32) -> Option<OpId> {
        self.find(epoch, |exchange| matches!(exchange, Exchange::Refresh(_)))
    }

    /// The login that was asked for last and still counts.
    pub(super) fn login(&self, epoch: u32) -> Option<OpId> {
        self.find(epoch, |exchange| exchange == Exchange::Login)
    }

    /// The logout of `scope` and of this epoch that somebody waits for.
    pub(super) fn logout(&self, scope: Scope, epoch: u32) -> Option<OpId> {
        let wanted = Exchange::Logout(scope);
        let queued = self
            .queue
            .iter()
            .find(|q| q.exchange == wanted && !q.repeated);
        queued.map(|q| q.op).or_else(|| {
            let sent = self.sent.as_ref()?;
            (sent.exchange == wanted && !sent.repeated && sent.epoch == epoch).then_some(sent.op)
        })
    }

    /// Whether a logout nobody waits for is queued, or on the wire and of this epoch: an earlier one does not
    /// tell of what has been owed since.
    pub(super) fn is_repeating_logout(&self, epoch: u32) -> bool {
        self.queue.iter().any(|queued| queued.repeated)
            || self
                .sent
                .is_some_and(|sent| sent.repeated && sent.epoch == epoch)
    }

    fn find(&self, epoch: u32, wanted: impl Fn(Exchange) -> bool) -> Option<OpId> {
        let queued = self.queue.iter().rev().find(|q| wanted(q.exchange));
        queued.map(|q| q.op).or_else(|| {
            let sent = self.sent.as_ref()?;
            (sent.epoch == epoch && wanted(sent.exchange)).then_some(sent.op)
        })
    }
}

fn hurries(queued: &Queued) -> bool {
    match queued.exchange {
        Exchange::Login | Exchange::Logout(_) => !queued.repeated,
        Exchange::Refresh(_) => false,
    }
}
