//! How an exchange gets on the wire: lock, ask, send. `wire.rs` has the picture.

use crate::effect::{Effect, Event, Exchange, OpId, Why};
use crate::planted::Fault;
use crate::tabs::{Message, Stored};
use crate::time::{Duration, Instant};

use super::Session;
use super::state::State;
use super::wire::{Due, Sent, Stage, take_first};

/// A browser takes a few milliseconds to grant a lock that nobody holds.
const NOTEWORTHY: Duration = Duration::from_millis(50);

impl Session {
    pub(super) fn tick(&mut self, now: Instant) {
        match self.wire.due(now) {
            Some(Due::Lock) => self.stop_waiting_for_lock(now),
            Some(Due::Ask) => {
                self.forget_silent_peers();
                self.dispatch(now);
            }
            Some(Due::AskAgain) => self.ask(now),
            Some(Due::Exchange(sent)) => self.give_up(now, sent),
            None => {}
        }
        if !self.wire.is_idle() || self.wire.paused {
            return;
        }
        // A logout that is owed begins where every call ends.
        if self.state.renew_at().is_some_and(|at| at <= now) {
            self.refresh_by(now, Why::Timer);
        }
    }

    /// Brings what is queued one step on, if nothing has to be waited for.
    pub(super) fn advance(&mut self, now: Instant) {
        let idle = match self.wire.stage {
            Stage::Sent(_) => return,
            Stage::Idle => true,
            Stage::Locking { .. } | Stage::Asking { .. } => false,
        };
        if self.wire.queue.is_empty() || self.wire.paused {
            self.wire.stage = Stage::Idle;
            self.unlock();
        } else if idle {
            self.begin(now);
        }
    }

    fn begin(&mut self, now: Instant) {
        let head = self.wire.queue.first();
        // What a login that came too late left in the cookie jar goes before anybody else has a turn.
        let keeps_lock = head.is_some_and(|queued| queued.repeated);
        let is_look = head.is_some_and(|queued| queued.exchange == Exchange::Refresh(Why::Wake));
        if !keeps_lock {
            self.unlock();
        }
        if is_look || self.wire.lock.is_some_and(|lock| lock.held) {
            self.ask(now);
        } else {
            self.wait_for_lock(now);
        }
    }

    fn wait_for_lock(&mut self, now: Instant) {
        self.unlock();
        let op = self.next_op();
        let mut bound = self.config.request_timeout;
        if self.plants(Fault::LockIsWaitedForForEver) {
            bound = Duration::from_secs(1 << 32);
        }
        self.wire.begin_locking(now, op, bound);
        self.effects.push(Effect::Lock(op));
    }

    /// Gives the lock back, or no longer waits for it.
    pub(super) fn unlock(&mut self) {
        if self.plants(Fault::LockIsKept) && self.wire.queue.is_empty() {
            return;
        }
        if let Some(lock) = self.wire.lock.take() {
            self.effects.push(Effect::Unlock(lock.op));
        }
    }

    /// The lock is held. It may come late, after this tab went on without it, or when it is wanted no longer.
    pub(super) fn locked(&mut self, now: Instant, op: OpId, stored: &Stored) {
        match &mut self.wire.lock {
            Some(lock) if lock.op == op => lock.held = true,
            Some(_) | None => return self.effects.push(Effect::Unlock(op)),
        }
        // Another login whose answer nobody has seen may win over this one's with its cookie.
        if stored.login.is_some() && self.wire.login(self.turn).is_some() {
            self.unsettled = true;
        }
        self.see(now, stored);
        self.take_up_question(stored);
        match self.wire.stage {
            Stage::Locking { .. } => {
                self.report_wait(now);
                self.ask(now);
            }
            // What was asked while another held the lock does not tell what that one did.
            Stage::Asking { .. } => self.ask(now),
            Stage::Idle | Stage::Sent(_) => {}
        }
    }

    /// Whoever holds the lock is asleep. It is not stolen: this tab goes on beside it, with the newest key.
    fn stop_waiting_for_lock(&mut self, now: Instant) {
        self.report_wait(now);
        self.ask(now);
    }

    fn report_wait(&mut self, now: Instant) {
        if let Some(lock) = self.wire.lock
            && self.has_waited(now)
        {
            self.report(Event::LockWaited(now.since(lock.asked)));
        }
    }

    /// Whether another tab had the lock when this one asked for it.
    fn has_waited(&self, now: Instant) -> bool {
        let waited = self.wire.lock.map(|lock| now.since(lock.asked));
        waited.is_some_and(|waited| waited >= NOTEWORTHY)
    }

    /// Asks the other tabs where the session stands, held lock or not: a free lock says nothing about messages
    /// that are still on their way. Only who knows that it is alone does not ask.
    fn ask(&mut self, now: Instant) {
        // Whoever had the lock until now is there, noted or not, and may have signed in. What this tab asked the backend
        // then, with a key of its own making, could look like theft.
        let is_new = self.key.is_none() && self.config.random_keys && self.has_waited(now);
        // Where the notes do not work, nobody knows.
        let is_alone = self.peers.is_empty() && self.is_noted && !is_new;
        let needless = self.wire.queue.is_empty() || is_alone || !self.config.channel;
        if needless || self.plants(Fault::FreeLockDoesNotAsk) {
            return self.dispatch(now);
        }
        self.post_question();
        self.wire.begin_asking(now, self.peers.clone());
    }

    pub(super) fn post_question(&mut self) {
        self.last_question = self.last_question.wrapping_add(1);
        self.effects.push(Effect::Post(Message::Ask {
            from: self.tab,
            question: self.last_question,
            has: self.state.grant().map(|grant| grant.position),
        }));
    }

    /// All that can be known is known: sends the head of the queue, if it still has to be.
    pub(super) fn dispatch(&mut self, now: Instant) {
        while let Some(queued) = self.wire.queue.first().copied() {
            let Exchange::Refresh(why) = queued.exchange else {
                break;
            };
            let has_token =
                matches!(&self.state, State::SignedIn { grant, .. } if grant.is_good(now));
            let told = match self.asked_to_wait(now) {
                _ if why == Why::Wake && has_token => None,
                Some(failure) => Some(failure),
                None => break,
            };
            take_first(&mut self.wire.queue);
            self.wake(queued.op, told);
        }
        if self.wire.queue.is_empty() {
            self.wire.stage = Stage::Idle;
        } else if self.wire.lock.is_none() {
            self.wait_for_lock(now);
        } else {
            self.send(now);
        }
    }

    /// A logout that turned out to be owed while a refresh waited goes before it.
    fn pay_first(&mut self, now: Instant) {
        let head = self.wire.queue.first().map(|queued| queued.exchange);
        if matches!(head, Some(Exchange::Refresh(_))) && !self.plants(Fault::OwedLogoutWaits) {
            self.enqueue_owed_logout(now);
            if let Some(logout) = self.wire.queue.pop_if(|queued| queued.repeated) {
                self.wire.queue.insert(0, logout);
            }
        }
    }

    fn send(&mut self, now: Instant) {
        self.pay_first(now);
        let bound = self.config.request_timeout;
        let sent = self.wire.send_next(now, self.turn, self.position, bound);
        let Some(Sent { op, exchange, .. }) = sent else {
            return;
        };
        let mut key = None;
        match exchange {
            Exchange::Refresh(why) => {
                key = self.key_to_send();
                let failures = self.state.trouble().map_or(0, |trouble| trouble.failures);
                self.report(Event::RefreshStarted {
                    why,
                    attempt: failures.saturating_add(1),
                });
            }
            Exchange::Login => {
                // Whoever holds the lock may still be answered, with a cookie that wins over this login's.
                if self.wire.lock.is_some_and(|lock| !lock.held) {
                    self.unsettled = true;
                }
                // There is one mark, and what an earlier one stands for must not be forgotten.
                if let Some(owed) = self.owed_logout.as_mut().filter(|owed| owed.stray) {
                    owed.stray = false;
                    let scope = owed.scope;
                    self.entomb(Some(scope));
                }
                self.mark_login(self.position.epoch);
            }
            Exchange::Logout(_) => {}
        }
        if let Some(sent) = self.wire.sent_mut() {
            sent.keyed = key.is_some();
        }
        self.effects.push(Effect::Send { op, exchange, key });
    }
}
