//! Random lives of a user's sessions, and a second, much simpler reading of the table to compare them with.
//!
//! `life.rs` has what can happen: logins, presentations of any token with any key, logouts, time. `page.rs` is
//! the model, written from the documents alone: it keeps the plain list of a family's rotations and finds in it,
//! each time anew, what the domain keeps in fields. After each step both are asked for the verdict and for the
//! state of every family.
//!
//! The lives are the same at every run. `PROPTEST_CASES=100000 PROPTEST_RNG_SEED=7` plays others; one in which
//! the two differed is made small and kept in `regressions.txt`, which is played first.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails says so by panicking"
)]

mod life;
mod page;

use evertoken_mock::domain::{
    Contract, Family, FamilyId, Key, KeyHash, LogoutScope, Opening, Reason, Seconds, Sessions,
    UserId, Verdict,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};

use life::{Brought, Rules, Step};
use page::{Answer, Page};

const REFRESH_TTL: Seconds = 1_000;
const ABSOLUTE_TTL: Seconds = 3_000;
const BEGINNING: Seconds = 1_000_000;

fn config() -> Config {
    let given = Config::default();
    let asked_for_others = std::env::var_os("PROPTEST_RNG_SEED").is_some();
    Config {
        cases: given.cases.max(1_000),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/lives/regressions.txt",
        ))),
        rng_seed: if asked_for_others {
            given.rng_seed
        } else {
            RngSeed::Fixed(1)
        },
        ..given
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_life_of_a_users_sessions_is_as_the_page_says(
        rules in life::rules(),
        steps in prop::collection::vec(life::step(), 1..60),
    ) {
        let mut played = Played::new(rules);
        for step in &steps {
            played.step(step);
            played.compare(step);
        }
    }
}

/// The domain and the page, side by side.
struct Played {
    now: Seconds,
    rules: Rules,
    active: bool,
    sessions: Sessions,
    page: Page,
}

impl Played {
    fn new(rules: Rules) -> Self {
        let mut played = Self {
            now: BEGINNING,
            rules,
            active: true,
            sessions: Sessions::default(),
            page: Page::default(),
        };
        played.login(None);
        played
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Login { instead_of } => {
                self.login(instead_of.map(|which| which.index(self.page.families.len())));
            }
            Step::Present {
                which,
                back,
                brought,
                times,
            } => {
                for _ in 0..times {
                    self.present(which.index(self.page.families.len()), back, brought);
                }
            }
            Step::PresentElsewhere { which } => {
                let id = id(which.index(self.page.families.len()));
                let contract = Contract::Oauth2;
                self.is_unknown(&id, contract);
                self.is_unknown(&FamilyId("nowhere".into()), Contract::Rotation);
            }
            Step::Logout { which, back, scope } => {
                let family = which.index(self.page.families.len());
                let presented = self.page.position(family, back);
                let token = (&id(family), presented);
                self.sessions
                    .sign_out(self.now, token, Contract::Rotation, scope);
                match scope {
                    LogoutScope::Local => self.page.logout_here(self.now, family),
                    LogoutScope::Others => {
                        self.page.logout_elsewhere(self.now, family, presented);
                    }
                    LogoutScope::Global => {
                        self.page.logout_everywhere(self.now, family, presented);
                    }
                }
            }
            Step::Revoke { which } => {
                let family = which.index(self.page.families.len());
                self.sessions
                    .revoke(self.now, &id(family), Contract::Rotation);
                self.page.revoke(self.now, family);
            }
            Step::ExpireWhatWasIssued => {
                self.sessions.expire(self.now);
                self.page.expire(self.now);
            }
            Step::Deactivate => self.active = false,
            Step::Activate => self.active = true,
            Step::Pass(seconds) => self.now += seconds,
        }
    }

    fn login(&mut self, instead_of: Option<usize>) {
        let family = self.sessions.open(
            self.now,
            Opening {
                id: id(self.page.families.len()),
                user: UserId("u".into()),
                client: "spa".into(),
                contract: Contract::Rotation,
                epoch: 0,
                refresh_ttl: REFRESH_TTL,
                absolute_ttl: ABSOLUTE_TTL,
            },
        );
        self.sessions.commit_new(self.now, family.clone());
        if let Some(old) = instead_of {
            self.sessions.replace(self.now, &id(old), &family);
        }
        self.page.login(self.now, instead_of);
    }

    fn present(&mut self, which: usize, back: i64, brought: Brought) {
        let presented = self.page.position(which, back);
        let key = match brought {
            Brought::Nothing => Key::Absent,
            Brought::KeyOf { back } => Key::Handed(self.page.position(which, back)),
            Brought::Text(text) => Key::Foreign(KeyHash([text; 32])),
        };
        let token = (&id(which), presented);
        let standing = (self.active, self.rules.grace * 1_000);
        let step = self
            .sessions
            .present(self.now, token, key, Contract::Rotation, standing)
            .expect("the family was opened");
        let (verdict, reused) = (step.verdict, step.reused);
        self.sessions.commit(step, self.rules.reuse);

        let reuse_before = self.page.reuse_found;
        let expected = self.page.present(
            (self.now, self.active, self.rules),
            (which, presented),
            brought.onto(|back| self.page.position(which, back)),
        );
        assert_eq!(
            answer(verdict),
            expected,
            "{which}: token {presented} with {key:?}, at {}",
            self.now
        );
        assert_eq!(reused, self.page.reuse_found > reuse_before);
    }

    fn is_unknown(&self, id: &FamilyId, contract: Contract) {
        let asked = self
            .sessions
            .present(self.now, (id, 1), Key::Handed(1), contract, (true, 0));
        assert!(asked.is_none(), "{id} in {contract:?}");
    }

    /// Every family is as the page has it.
    fn compare(&self, step: &Step) {
        let found: Vec<_> = self.sessions.all(self.now).map(view).collect();
        let expected: Vec<_> = (0..self.page.families.len())
            .map(|which| self.page.view(self.now, which))
            .collect();
        assert_eq!(found, expected, "after {step:?}");
        for which in 0..self.page.families.len() {
            let by = self.sessions.replacement(&id(which)).map(|(by, _)| by);
            assert_eq!(by, self.page.families[which].replaced_by().map(id));
        }
    }
}

/// Position, when it was issued, until when it is good, and why it is over.
type View = (u64, Seconds, Seconds, Option<Reason>);

fn view((family, over): (&Family, Option<Reason>)) -> View {
    (family.seq(), family.rotated_at(), family.expires_at(), over)
}

fn answer(verdict: Verdict) -> Answer {
    match verdict {
        Verdict::Advance => Answer::Successor,
        Verdict::Replay => Answer::SameAgain,
        Verdict::Superseded => Answer::Superseded,
        Verdict::Denied(reason) => Answer::Refused(reason),
    }
}

/// Sorted as they were opened.
fn id(number: usize) -> FamilyId {
    FamilyId(format!("{number:04}"))
}
