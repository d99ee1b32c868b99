//! Whatever other tabs say and leave behind, in any order and at any time: nothing panics, spins or piles up.

use evertoken_core::Duration;
use std::collections::{BTreeMap, BTreeSet};

use evertoken_core::{
    Access, Code, Config, Effect, Exchange, Failure, Granted, Input, Instant, Message, OpId,
    Outcome, Position, Reason, Restore, Session, Slot, Status, Stored, Tombstone,
};
use proptest::prelude::*;
use proptest::test_runner::{Config as Proptest, RngSeed};

use crate::said::{Notes, Place, Step, notes, step};
use crate::words::{self, NOON};

/// The same cases at every run; `PROPTEST_CASES=100000 PROPTEST_RNG_SEED=7` plays others.
pub fn config(least: u32) -> Proptest {
    let given = Proptest::default();
    let asked_for_others = std::env::var_os("PROPTEST_RNG_SEED").is_some();
    Proptest {
        cases: given.cases.max(least),
        failure_persistence: None,
        rng_seed: if asked_for_others {
            given.rng_seed
        } else {
            RngSeed::Fixed(1)
        },
        ..given
    }
}

const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// A browser that believes everything.
struct Walk {
    now: Instant,
    session: Session,
    kept: BTreeMap<Slot, String>,
    here: Position,
    question: (u32, u32),
    locks: Vec<OpId>,
    /// Asked for and not given back.
    lock: Option<OpId>,
    on_wire: Option<(OpId, Exchange)>,
    /// Logins and logouts whose callers wait.
    callers: BTreeSet<OpId>,
    /// A token may be taken from another tab only from what was just heard.
    hears: bool,
}

impl Walk {
    fn new(restore: Restore, seed: u64, notes: Notes) -> Self {
        let config = Config {
            restore,
            random_keys: seed.is_multiple_of(2),
            ..Config::default()
        };
        let mut walk = Self {
            now: NOON,
            session: Session::new(config, seed),
            kept: BTreeMap::new(),
            here: Position::default(),
            question: (0, 0),
            locks: vec![],
            lock: None,
            on_wire: None,
            callers: BTreeSet::new(),
            hears: false,
        };
        walk.note(notes);
        let stored = walk.stored();
        walk.session.start(walk.now, stored);
        walk.drain();
        walk
    }

    fn place(&self, place: Place) -> Position {
        let position = match place {
            Place::Here(later, ended) => Position {
                generation: self.here.generation.saturating_add(later),
                ended,
                ..self.here
            },
            Place::Near(number, later, true) => words::later(words::login(number), later),
            Place::Near(number, _, false) => words::logout_at(number, self.now),
            Place::Anywhere(position) => position,
        };
        // Nobody stands in a logout as if it were none.
        let is_begun = position.epoch != Position::default().epoch;
        Position {
            ended: position.ended || is_begun && !position.epoch.is_login(),
            ..position
        }
    }

    fn input(&mut self, input: Input) {
        self.session.handle(self.now, input);
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Login => self.callers.extend(self.session.login(self.now)),
            Step::Logout(scope) => self.callers.extend(self.session.logout(self.now, scope)),
            Step::Refresh => drop(self.session.refresh(self.now)),
            Step::Call => self.call(),
            Step::SetSession => drop(self.session.set_session(self.now, Granted::default())),
            Step::Answer(how) => self.answer(how),
            Step::Lock => self.grant(self.lock),
            Step::OldLock(which) if !self.locks.is_empty() => {
                self.grant(Some(*which.get(&self.locks)));
            }
            Step::OldLock(_) => {}
            Step::Ask(from, has) => {
                let has = has.map(|place| self.place(place));
                self.hear(
                    Message::Ask {
                        from,
                        question: 1,
                        has,
                    },
                    Duration::ZERO,
                );
            }
            Step::Status {
                from,
                answers,
                place,
                token,
                ago,
            } => {
                let status = Status {
                    from,
                    answers: if answers { self.question } else { (0, 0) },
                    token,
                    ..words::news(self.place(place))
                };
                self.hear(Message::Status(status), ago);
            }
            Step::Bye(from) => self.hear(Message::Bye { from }, Duration::ZERO),
            Step::Store(notes) => {
                self.note(notes);
                self.input(Input::Stored(self.stored()));
            }
            Step::Hide => self.input(Input::Hidden),
            Step::Show => self.input(Input::Shown(self.stored())),
            Step::Online(is_online) => self.input(Input::Online(is_online)),
            Step::Tick => self.tick(),
            Step::Ring(late) => {
                if let Some((at, _)) = self.session.poll_timeout() {
                    // Not to the end of time, where nothing can be later than now.
                    self.now = self.now.max(at).min(self.now.after(YEAR));
                }
                self.now = self.now.after(late);
                self.tick();
            }
            Step::Dispose => self.session.dispose(),
        }
        self.drain();
    }

    fn call(&mut self) {
        if let Access::Use(token) = self.session.authorize(self.now, None) {
            let again = self.session.authorize(self.now, Some(token));
            assert_ne!(
                again,
                Access::Use(token),
                "a refused token is never given back"
            );
        }
    }

    fn answer(&mut self, how: u8) {
        let Some((op, exchange)) = self.on_wire.take() else {
            return;
        };
        let outcome = match (how % 8, exchange) {
            (0, _) => words::failed(Code::Network),
            (1, _) => words::failed(Code::RateLimited),
            (2, _) => words::failed(Code::Misconfigured),
            (3, Exchange::Refresh(_)) => words::denied(Reason::Reuse),
            (4, Exchange::Refresh(_)) => {
                let failure = Failure::new(Code::Server).status(409);
                Outcome::Failed(failure.detail(evertoken_core::Detail::Superseded))
            }
            (_, Exchange::Logout(_)) => Outcome::Ended,
            (5, _) => words::granted("b", 900),
            (6, _) => words::granted("a", 0),
            (_, _) => words::granted("a", 900),
        };
        self.input(Input::Answer { op, outcome });
    }

    fn grant(&mut self, lock: Option<OpId>) {
        if let Some(lock) = lock {
            self.input(Input::Locked {
                lock,
                stored: self.stored(),
            });
        }
    }

    fn hear(&mut self, message: Message, ago: Duration) {
        self.hears = matches!(&message, Message::Status(status) if status.token.is_some());
        let token = self.hears;
        self.input(Input::Heard {
            message,
            ago,
            token,
        });
    }

    fn note(&mut self, (record, tombstone, mark, tabs): Notes) {
        let stone = |epoch, owed| Tombstone { epoch, owed }.to_text();
        let record = record.map(|place| words::record(self.place(place)));
        let tombstone = tombstone.map(|(place, owed)| stone(self.place(place).epoch, owed));
        let mark = mark.map(|place| stone(self.place(place).epoch, None));
        let tabs = ["2", "2 2", "2 2 3"][usize::from(tabs % 3)].to_owned();
        let notes = [
            (Slot::Record, record),
            (Slot::Tombstone, tombstone),
            (Slot::Login, mark),
            (Slot::Tabs, Some(tabs)),
        ];
        let notes = notes.into_iter();
        self.kept = notes
            .filter_map(|(slot, text)| Some((slot, text?)))
            .collect();
    }

    fn stored(&self) -> Stored {
        Stored::read(|slot| self.kept.get(&slot).map(|text| text.to_string()))
    }

    /// A look at the others that ends within a tick may let something else be due at once, but no more than that.
    fn tick(&mut self) {
        for _ in 0..3 {
            self.input(Input::Tick);
            self.drain();
            let next = self.session.poll_timeout();
            if next.is_none_or(|(at, _)| at > self.now) {
                return;
            }
        }
        panic!("it spins: {:?}", self.session.poll_timeout());
    }

    fn drain(&mut self) {
        let callers = self.callers.len();
        let mut effects = 0;
        while let Some(effect) = self.session.poll_effect() {
            effects += 1;
            match effect {
                Effect::Send { op, exchange, .. } => {
                    assert_eq!(self.on_wire, None, "one exchange at a time");
                    self.on_wire = Some((op, exchange));
                }
                Effect::Abort(op) => {
                    self.on_wire.take_if(|(sent, _)| *sent == op);
                }
                Effect::Lock(lock) => {
                    assert_eq!(self.lock, None, "one lock at a time");
                    self.lock = Some(lock);
                    self.locks.push(lock);
                }
                Effect::Unlock(lock) => drop(self.lock.take_if(|held| *held == lock)),
                Effect::Done { op, .. } => {
                    assert!(self.callers.remove(&op), "told twice");
                }
                Effect::Post(Message::Status(status)) => self.here = status.position,
                Effect::Post(Message::Ask { from, question, .. }) => {
                    self.question = (from, question);
                }
                Effect::Adopt { from: None, .. } => {
                    assert!(self.hears, "nothing was heard");
                }
                Effect::Keep(slot, Some(text)) => drop(self.kept.insert(slot, text)),
                Effect::Keep(slot, None) => drop(self.kept.remove(&slot)),
                Effect::Post(_) | Effect::Adopt { .. } | Effect::Forget => {}
                Effect::Wake { .. } | Effect::Changed | Effect::Report(_) => {}
            }
        }
        self.hears = false;
        // Two for each caller who is told, and what one turn of the session can bring.
        assert!(
            effects <= 2 * callers + 20,
            "{effects} for {callers} callers"
        );
    }

    /// With the others silent and the server willing, everything ends.
    fn come_to_rest(&mut self) {
        self.play(Step::Show);
        for _ in 0..400 {
            self.play(Step::Answer(7));
            self.play(Step::Lock);
            if self.callers.is_empty() && self.lock.is_none() && self.on_wire.is_none() {
                return;
            }
            let (at, _) = self.session.poll_timeout().expect("it waits for something");
            self.now = self.now.max(at);
            self.play(Step::Tick);
        }
        panic!("it never comes to rest: {:?}", self.callers);
    }
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn whatever_other_tabs_say_nothing_panics_spins_or_piles_up(
        steps in prop::collection::vec(step(), 1..60),
        seed in 0..8_u64,
        notes in notes(),
    ) {
        let restore = [Restore::Always, Restore::Hint, Restore::Never][seed as usize % 3];
        let mut walk = Walk::new(restore, seed, notes);
        for step in steps {
            walk.play(step);
        }
        walk.come_to_rest();
    }
}
