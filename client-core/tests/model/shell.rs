//! Plays a script against the machine as a browser would, and shows the ledger all that happens.

use evertoken_core::Duration;
use std::collections::BTreeMap;

use evertoken_core::{
    Access, Code, Config, Effect, Exchange, Failure, Input, Instant, OpId, Restore, Session, Slot,
    Stored, TokenId, View,
};

use super::entries::Want;
use super::ledger::Ledger;
use super::script::{Answer, End, Grant, Start, Step};

/// Whoever is woken may have to wait again, for something younger; but not for ever.
const MOST_ROUNDS: usize = 8;

#[derive(Debug)]
pub struct Shell {
    session: Session,
    ledger: Ledger,
    now: Instant,
    /// What listeners saw last.
    seen: View,
    waiting: Vec<(OpId, Want)>,
    woken: Vec<(OpId, Option<Failure>)>,
    /// Every operation and every token there ever was.
    ops: Vec<OpId>,
    tokens: Vec<TokenId>,
    kept: BTreeMap<Slot, Option<String>>,
}

impl Shell {
    pub fn new(start: &Start) -> Self {
        let now = Instant::from_millis(1_000);
        let config = Config {
            restore: if start.restore {
                Restore::Always
            } else {
                Restore::Never
            },
            random_keys: start.random_keys,
            channel: false,
            ..Config::default()
        };
        let session = Session::new(config, start.seed);
        let mut shell = Self {
            seen: session.view(now),
            session,
            ledger: Ledger::new(start.restore, start.random_keys),
            now,
            waiting: vec![],
            woken: vec![],
            ops: vec![],
            tokens: vec![],
            kept: BTreeMap::new(),
        };
        shell.session.start(now, Stored::default());
        shell.settled();
        shell
    }

    pub fn play(&mut self, step: &Step) {
        match step {
            Step::Login => {
                let op = self.session.login(self.now).expect("not disposed");
                self.ledger.login(self.now, op);
                self.ops.push(op);
                self.settled();
            }
            Step::Logout(scope) => {
                let op = self.session.logout(self.now, *scope).expect("not disposed");
                self.ledger.logout(self.now, op, *scope);
                self.ops.push(op);
                self.settled();
            }
            Step::SetSession(grant) => {
                let set = self.session.set_session(self.now, grant.granted());
                let op = set.expect("not disposed");
                self.ledger.set_session(self.now, op, grant.granted());
                self.ops.push(op);
                self.settled();
            }
            Step::Refresh => self.ask(Want::Renewal),
            Step::Call => self.ask(Want::Token),
            Step::Rejected(which) => {
                if let Some(token) = nth(&self.tokens, *which) {
                    self.ask(Want::Other(token));
                }
            }
            Step::Answer(answer) => self.answer(*answer),
            Step::Late(which, answer) => self.answer_late(*which, *answer),
            Step::Tick => self.tick(),
            Step::Ring(late) => self.ring(*late),
            Step::Pass(time) => self.pass(*time),
            Step::Sleep(time) => self.now = self.now.after(*time),
        }
    }

    /// What holds after every step.
    pub fn check(&self) {
        self.ledger
            .check(self.session.poll_timeout(), self.waiting.len());
    }

    /// The script is over; nobody may be left waiting.
    pub fn come_to_rest(&mut self, end: End) {
        match end {
            End::Answered => self.answer_everything(),
            End::Silent => {
                let exchanges = self.ledger.undone() + 3;
                self.pass(exchanges as u64 * Duration::from_secs(10));
            }
            End::Disposed => self.dispose(),
        }
        self.check();
        assert_eq!(self.ledger.undone(), 0, "a login or logout is not over");
        assert!(self.waiting.is_empty(), "{:?} still wait", self.waiting);
    }

    fn answer_everything(&mut self) {
        let mut answers = 0;
        loop {
            match self.ledger.on_wire() {
                Some((_, Exchange::Logout(_))) => self.answer(Answer::Ended),
                Some(_) => self.answer(Answer::Granted(Grant(Some("a"), Some(900), None))),
                None if self.ledger.owes() => self.ring(Duration::ZERO),
                None => return,
            }
            answers += 1;
            assert!(answers < 200, "it never comes to rest");
        }
    }

    fn dispose(&mut self) {
        let under_way = self.ledger.on_wire();
        self.session.dispose();
        self.ledger.dispose();
        self.drain();
        self.session.dispose();
        if let Some((op, _)) = under_way {
            let outcome = Answer::Granted(Grant(Some("a"), None, None)).outcome();
            self.session.handle(self.now, Input::Answer { op, outcome });
            let done = self.session.poll_effect();
            assert!(matches!(done, Some(Effect::Unlock(_))), "{done:?}");
        }
        for which in 0..self.ops.len() {
            self.answer_late(which, Answer::Granted(Grant(Some("a"), None, None)));
        }
        self.session.handle(self.now, Input::Tick);
        self.ask(Want::Token);
        self.ask(Want::Renewal);
        let refusals = [
            self.session.login(self.now),
            self.session.logout(self.now, Default::default()),
            self.session
                .set_session(self.now, Grant(None, None, None).granted()),
        ];
        let disposed = Err(Failure::new(Code::Disposed));
        assert!(refusals.into_iter().all(|refusal| refusal == disposed));
        assert_eq!(self.session.poll_effect(), None);
        assert_eq!(
            self.session.view(self.now),
            self.seen,
            "what was seen last stays"
        );
    }

    fn answer(&mut self, answer: Answer) {
        let Some((op, _)) = self.ledger.on_wire() else {
            return;
        };
        let outcome = answer.outcome();
        self.ledger.answered(self.now, outcome.clone());
        self.session.handle(self.now, Input::Answer { op, outcome });
        self.settled();
    }

    /// An answer to an operation that is not current changes nothing.
    fn answer_late(&mut self, which: usize, answer: Answer) {
        // So that nothing else is due at this moment.
        self.session.handle(self.now, Input::Tick);
        self.settled();
        let on_wire = self.ledger.on_wire().map(|(op, _)| op);
        let Some(op) = nth(&self.ops, which).filter(|op| Some(*op) != on_wire) else {
            return;
        };
        let outcome = answer.outcome();
        let before = (self.session.view(self.now), self.session.poll_timeout());
        self.session.handle(self.now, Input::Answer { op, outcome });
        assert_eq!(
            self.session.poll_effect(),
            None,
            "a late answer did something"
        );
        let after = (self.session.view(self.now), self.session.poll_timeout());
        assert_eq!(before, after);
    }

    fn tick(&mut self) {
        self.session.handle(self.now, Input::Tick);
        self.settled();
        let next = self.session.poll_timeout();
        assert!(
            next.is_none_or(|(at, _)| at > self.now),
            "a timer spins: {next:?}"
        );
    }

    fn ring(&mut self, late: Duration) {
        if let Some((at, _)) = self.session.poll_timeout() {
            self.now = self.now.max(at).after(late);
            self.tick();
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        while let Some((at, _)) = self.session.poll_timeout().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.tick();
        }
        self.now = end;
    }

    fn ask(&mut self, want: Want) {
        self.ask_once(want);
        self.drain();
    }

    fn ask_once(&mut self, want: Want) {
        let access = match want {
            Want::Token => self.session.authorize(self.now, None),
            Want::Other(token) => self.session.authorize(self.now, Some(token)),
            Want::Renewal => self.session.refresh(self.now),
        };
        // What this sends, the ledger has to know: it says what there is to wait for.
        self.perform();
        self.ledger.judge(self.now, want, access);
        if let Access::Wait(op) = access {
            self.ops.push(op);
            self.waiting.push((op, want));
        }
    }

    /// After every call that may change something.
    fn settled(&mut self) {
        self.drain();
        let view = self.session.view(self.now);
        assert_eq!(self.seen, view, "a change was not announced");
        self.ledger.check_view(self.now, view);
    }

    /// Performs all effects; whoever is woken asks again.
    fn drain(&mut self) {
        self.perform();
        for round in 0.. {
            assert!(round < MOST_ROUNDS, "they are sent round for ever");
            let woken = std::mem::take(&mut self.woken);
            if woken.is_empty() {
                return;
            }
            for (op, failure) in woken {
                for (_, want) in self
                    .waiting
                    .extract_if(.., |(waits, _)| *waits == op)
                    .collect::<Vec<_>>()
                {
                    if failure.is_none() && want != Want::Renewal {
                        self.ask_once(want);
                    }
                }
            }
        }
    }

    fn stored(&self) -> Stored {
        Stored::read(|slot| Some(self.kept.get(&slot)?.as_ref()?.to_string()))
    }

    fn perform(&mut self) {
        while let Some(effect) = self.session.poll_effect() {
            match effect {
                Effect::Send { op, exchange, key } => {
                    self.ops.push(op);
                    self.ledger.sent(self.now, op, exchange, key);
                }
                Effect::Abort(op) => self.ledger.aborted(self.now, op),
                Effect::Adopt {
                    from: Some(op),
                    token,
                    keep_user,
                    expires,
                } => {
                    self.tokens.push(token);
                    self.ledger.adopted(self.now, op, token, keep_user, expires);
                }
                Effect::Adopt { from: None, .. } | Effect::Post(_) => panic!("there are no others"),
                Effect::Keep(slot, text) => {
                    drop(self.kept.insert(slot, text));
                    let stored = self.stored();
                    self.ledger.noted(&stored);
                }
                // A browser without locks.
                Effect::Lock(lock) => {
                    let stored = self.stored();
                    self.session
                        .handle(self.now, Input::Locked { lock, stored });
                }
                Effect::Unlock(_) => {}
                Effect::Forget => self.ledger.forgotten(),
                Effect::Wake { op, failure } => self.woken.push((op, failure)),
                Effect::Done { op, result } => self.ledger.done(op, result),
                Effect::Changed => {
                    let view = self.session.view(self.now);
                    assert_ne!(self.seen, view, "nothing changed");
                    self.seen = view;
                }
                Effect::Report(event) => self.ledger.reported(event),
            }
        }
    }
}

fn nth<T: Copy>(all: &[T], which: usize) -> Option<T> {
    (!all.is_empty()).then(|| all[which % all.len()])
}
