//! The one exchange on the wire, those that wait for it, and how it gets there.
//!
//! All exchanges share one cookie jar, so they go one after the other: a Set-Cookie that arrives late
//! must not overwrite a newer one. That there is one slot *is* the single flight: a second refresh has
//! nowhere to live. Other tabs have the same jar, so each exchange goes three steps:
//!
//! ```text
//!   Idle ──queue──► Locking ──held, or waited long enough──► Asking ──answered, or 100 ms──► Sent ──► Idle
//!                      └──── nothing is queued any more ───────┴──────────────────────────────────────►┘
//! ```
//!
//! What is sent is decided at the last step: what was queued may have been settled by another tab.

use crate::effect::{Exchange, OpId, Scope, Timer, Why};
use crate::tabs::{Position, Tabs};
use crate::time::{Duration, Instant};

/// How long a login or logout lets the exchange before it answer. Most answers are there within two
/// seconds; one that is not is aborted, because the user is waiting.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// How much longer than an exchange may take the lock is waited for: whoever has it then is asleep.
const LOCK_GRACE: Duration = Duration::from_secs(1);

/// How long the other tabs are waited for. They answer within a few milliseconds, unless they are asleep.
pub(super) const ASK_BOUND: Duration = Duration::from_millis(100);

/// A timer that rings so much later than it was set for woke a page that was asleep: what the other tabs said
/// meanwhile may be still on its way.
const ASLEEP: Duration = Duration::from_secs(1);

/// An exchange that waits its turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queued {
    pub(super) op: OpId,
    pub(super) exchange: Exchange,
    /// When it was asked for.
    pub(super) since: Instant,
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
    pub(super) since: Instant,
    pub(super) repeated: bool,
    pub(super) again: bool,
    /// Whether a repetition of it is known for what it is.
    pub(super) keyed: bool,
    /// The turn it was sent in: its answer counts in no other.
    pub(super) turn: u32,
    /// Where the session stood when it was sent.
    pub(super) from: Position,
    pub(super) at: Instant,
    pub(super) deadline: Instant,
}

/// How far the exchange at the head of the queue has come.
#[derive(Debug, Default)]
pub(super) enum Stage {
    #[default]
    Idle,
    /// It waits for the lock.
    Locking { deadline: Instant },
    /// It waits for what the other tabs know: those who have not answered.
    Asking { deadline: Instant, missing: Tabs },
    /// It is on its way.
    Sent(Sent),
}

/// The lock that was asked for and has not been given back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lock {
    pub(super) op: OpId,
    pub(super) asked: Instant,
    pub(super) held: bool,
}

#[derive(Debug, Default)]
pub(super) struct Wire {
    pub(super) stage: Stage,
    pub(super) queue: Vec<Queued>,
    pub(super) lock: Option<Lock>,
    /// The page is hidden: nothing is begun.
    pub(super) paused: bool,
    /// What looks at the other tabs since the page was shown again, a refresh or a look and no more.
    pub(super) look: Option<OpId>,
}

/// What a timer that rang is for.
pub(super) enum Due {
    /// The lock has been waited for long enough.
    Lock,
    /// The other tabs have been.
    Ask,
    /// They have not been: this page was asleep meanwhile.
    AskAgain,
    /// The exchange on the wire has.
    Exchange(Sent),
}

impl Wire {
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Idle) && self.queue.is_empty()
    }

    pub(super) fn sent(&self) -> Option<&Sent> {
        match &self.stage {
            Stage::Sent(sent) => Some(sent),
            Stage::Idle | Stage::Locking { .. } | Stage::Asking { .. } => None,
        }
    }

    pub(super) fn sent_mut(&mut self) -> Option<&mut Sent> {
        match &mut self.stage {
            Stage::Sent(sent) => Some(sent),
            Stage::Idle | Stage::Locking { .. } | Stage::Asking { .. } => None,
        }
    }

    /// Puts an exchange at the end of the queue. The user waits for a login or a logout, so it bounds the
    /// patience with the one before it; a refresh or a logout that is repeated does not.
    pub(super) fn enqueue(&mut self, now: Instant, queued: Queued) {
        if hurries(&queued)
            && let Some(sent) = self.sent_mut()
        {
            sent.deadline = sent.deadline.min(now.after(PATIENCE));
        }
        self.queue.push(queued);
    }

    /// Puts a refresh that was answered as an old copy of itself back, to be sent once more.
    pub(super) fn again(&mut self, sent: Sent) {
        let queued = Queued {
            op: sent.op,
            exchange: sent.exchange,
            since: sent.since,
            repeated: sent.repeated,
            again: true,
        };
        self.queue.insert(0, queued);
    }

    /// Waits for the lock. An exchange may take `bound`.
    pub(super) fn begin_locking(&mut self, now: Instant, op: OpId, bound: Duration) {
        self.lock = Some(Lock {
            op,
            asked: now,
            held: false,
        });
        self.stage = Stage::Locking {
            deadline: now.after(bound).after(LOCK_GRACE),
        };
    }

    /// Waits for the other tabs.
    pub(super) fn begin_asking(&mut self, now: Instant, missing: Tabs) {
        self.stage = Stage::Asking {
            deadline: now.after(ASK_BOUND),
            missing,
        };
    }

    /// Puts the head of the queue on the wire.
    pub(super) fn send_next(
        &mut self,
        now: Instant,
        turn: u32,
        from: Position,
        bound: Duration,
    ) -> Option<Sent> {
        let queued = take_first(&mut self.queue)?;
        let waited_for = self.queue.iter().any(hurries);
        let patience = if waited_for {
            PATIENCE.min(bound)
        } else {
            bound
        };
        let sent = Sent {
            op: queued.op,
            exchange: queued.exchange,
            since: queued.since,
            repeated: queued.repeated,
            again: queued.again,
            keyed: false,
            turn,
            from,
            at: now,
            deadline: now.after(patience),
        };
        self.stage = Stage::Sent(sent);
        Some(sent)
    }

    /// Takes every such exchange out of the queue. (`retain` would weigh more.)
    pub(super) fn take_queued(&mut self, taken: &dyn Fn(&Queued) -> bool) -> Vec<Queued> {
        let mut out = Vec::new();
        for queued in std::mem::take(&mut self.queue) {
            let queue = if taken(&queued) {
                &mut out
            } else {
                &mut self.queue
            };
            queue.push(queued);
        }
        out
    }

    /// Takes the exchange off the wire if it is `op`.
    pub(super) fn answered(&mut self, op: OpId) -> Option<Sent> {
        let sent = *self.sent().filter(|sent| sent.op == op)?;
        self.stage = Stage::Idle;
        Some(sent)
    }

    /// What is due now.
    pub(super) fn due(&mut self, now: Instant) -> Option<Due> {
        let (deadline, _) = self.deadline().filter(|(at, _)| *at <= now)?;
        match self.stage {
            Stage::Idle => None,
            Stage::Locking { .. } => Some(Due::Lock),
            Stage::Asking { .. } if now.since(deadline) > ASLEEP => Some(Due::AskAgain),
            Stage::Asking { .. } => Some(Due::Ask),
            Stage::Sent(sent) => {
                self.stage = Stage::Idle;
                Some(Due::Exchange(sent))
            }
        }
    }

    /// When something is due, and what.
    pub(super) fn deadline(&self) -> Option<(Instant, Timer)> {
        match &self.stage {
            Stage::Idle => None,
            Stage::Locking { deadline } => Some((*deadline, Timer::Lock)),
            Stage::Asking { deadline, .. } => Some((*deadline, Timer::Ask)),
            Stage::Sent(sent) => Some((sent.deadline, Timer::Exchange)),
        }
    }

    /// The refresh that is queued, or on the wire and of this turn.
    pub(super) fn refresh(&self, turn: u32) -> Option<OpId> {
        self.find(turn, |exchange| matches!(exchange, Exchange::Refresh(_)))
    }

    /// The login that was asked for last and still counts.
    pub(super) fn login(&self, turn: u32) -> Option<OpId> {
        self.find(turn, |exchange| exchange == Exchange::Login)
    }

    /// The look at the other tabs that everybody has to wait for.
    pub(super) fn waking(&self, turn: u32) -> Option<OpId> {
        let op = self.look?;
        // Those who waited for one of an earlier turn have been told.
        let is_it = |sent: &Sent| sent.op == op && sent.turn == turn;
        let is_sent = self.sent().is_some_and(is_it);
        let is_queued = || self.queue.iter().any(|queued| queued.op == op);
        (is_sent || is_queued()).then_some(op)
    }

    /// Somebody wants a token, so looking at the other tabs is not all any longer.
    pub(super) fn look_becomes(&mut self, why: Why) {
        for queued in &mut self.queue {
            if queued.exchange == Exchange::Refresh(Why::Wake) {
                queued.exchange = Exchange::Refresh(why);
            }
        }
    }

    /// The logout of `scope` and of this turn that somebody waits for.
    pub(super) fn logout(&self, scope: Scope, turn: u32) -> Option<OpId> {
        let wanted = Exchange::Logout(scope);
        let queued = self
            .queue
            .iter()
            .find(|q| q.exchange == wanted && !q.repeated);
        queued.map(|q| q.op).or_else(|| {
            let sent = self.sent()?;
            (sent.exchange == wanted && !sent.repeated && sent.turn == turn).then_some(sent.op)
        })
    }

    fn find(&self, turn: u32, wanted: fn(Exchange) -> bool) -> Option<OpId> {
        let queued = self.queue.iter().rev().find(|q| wanted(q.exchange));
        queued.map(|q| q.op).or_else(|| {
            let sent = self.sent()?;
            (sent.turn == turn && wanted(sent.exchange)).then_some(sent.op)
        })
    }
}

/// Takes the first of what waits in line. (There are never more than a few, and a `VecDeque` weighs 0.2 KB more.)
pub(super) fn take_first<T>(line: &mut Vec<T>) -> Option<T> {
    (!line.is_empty()).then(|| line.remove(0))
}

fn hurries(queued: &Queued) -> bool {
    match queued.exchange {
        Exchange::Login | Exchange::Logout(_) => !queued.repeated,
        Exchange::Refresh(_) => false,
    }
}
