//! Several tabs with a lock, a channel and a storage between them, and a server that counts.

use evertoken_core::Duration;
use std::collections::VecDeque;

use evertoken_core::{Config, Effect, Exchange, Instant, Message, OpId, Outcome};

use crate::page::{Page, Storage};
use crate::words::{LIFETIME, NOON, SECOND, granted};

/// Twenty tabs that all ask and all answer take some twenty rounds for each.
const MOST_ROUNDS: usize = 1_000;

pub struct Origin {
    pub pages: Vec<Page>,
    /// Whether there are locks at all; else each is held at once.
    pub locks: bool,
    /// A tab that gets no turn: no message, no lock, no timer.
    pub asleep: Option<usize>,
    queue: VecDeque<(usize, OpId)>,
    holder: Option<(usize, OpId)>,
    /// What each tab has not heard yet.
    mail: Vec<VecDeque<(Instant, Message)>>,
    /// How far what each tab wants was looked at.
    read: Vec<usize>,
    /// What is on the wire, and all that ever was.
    pub wire: Vec<(usize, OpId, Exchange, Option<String>)>,
    pub sent: Vec<(usize, Exchange)>,
    storage: Storage,
}

impl Origin {
    pub fn new() -> Self {
        Self {
            pages: vec![],
            locks: true,
            asleep: None,
            queue: VecDeque::new(),
            holder: None,
            mail: vec![],
            read: vec![],
            wire: vec![],
            sent: vec![],
            storage: Storage::default(),
        }
    }

    /// So many tabs, all in the session of `a`, who signed in in the first.
    pub fn signed_in(tabs: usize) -> Self {
        let mut origin = Self::new();
        origin.open_tabs(tabs);
        origin
    }

    pub fn without_locks(tabs: usize) -> Self {
        let mut origin = Self::new();
        origin.locks = false;
        origin.open_tabs(tabs);
        origin
    }

    fn open_tabs(&mut self, tabs: usize) {
        self.open(crate::page::quiet());
        let login = self.pages[0].login();
        self.run();
        self.answer(login, granted("a", LIFETIME));
        for _ in 1..tabs {
            self.open(Config::default());
        }
        assert!(self.pages.iter().all(Page::is_signed_in));
        self.sent.clear();
        self.look_from_here();
    }

    pub fn open(&mut self, config: Config) -> usize {
        let now = self.now();
        let number = self.pages.len();
        let page = Page::load_at(now, config, number as u64 + 1, &self.storage);
        self.pages.push(page);
        self.mail.push(VecDeque::new());
        self.read.push(0);
        self.run();
        number
    }

    pub fn now(&self) -> Instant {
        let nows = self.pages.iter().map(|page| page.now);
        nows.max().unwrap_or(NOON)
    }

    pub fn look_from_here(&mut self) {
        self.pages.iter_mut().for_each(Page::look_from_here);
    }

    pub fn refreshes(&self) -> usize {
        let is_refresh =
            |(_, exchange): &&(usize, Exchange)| matches!(exchange, Exchange::Refresh(_));
        self.sent.iter().filter(is_refresh).count()
    }

    /// Delivers, grants and collects until nothing moves.
    pub fn run(&mut self) {
        for _ in 0..MOST_ROUNDS {
            let collected = self.collect();
            let delivered = self.deliver();
            if !collected && !delivered && !self.grant() {
                return;
            }
        }
        panic!("they never come to rest");
    }

    /// Time passes until somebody sends something by itself.
    pub fn pass_until_sent(&mut self) {
        for _ in 0..LIFETIME {
            if !self.wire.is_empty() {
                return;
            }
            self.pass(SECOND);
        }
        panic!("nothing was sent");
    }

    /// What every tab wants done, without anything being delivered or granted.
    pub fn collect(&mut self) -> bool {
        let mut moved = false;
        for number in 0..self.pages.len() {
            while let Some(effect) = self.pages[number].out.get(self.read[number]).cloned() {
                self.read[number] += 1;
                moved = true;
                self.perform(number, effect);
            }
        }
        moved
    }

    fn perform(&mut self, number: usize, effect: Effect) {
        match effect {
            Effect::Send { op, exchange, key } => {
                self.sent.push((number, exchange));
                self.wire.push((number, op, exchange, key));
            }
            Effect::Abort(op) => self
                .wire
                .retain(|(tab, sent, ..)| (*tab, *sent) != (number, op)),
            Effect::Lock(lock) => self.queue.push_back((number, lock)),
            Effect::Unlock(lock) => {
                self.queue.retain(|waits| *waits != (number, lock));
                self.holder.take_if(|holder| *holder == (number, lock));
            }
            Effect::Post(message) => {
                let now = self.pages[number].now;
                let others = self
                    .mail
                    .iter_mut()
                    .enumerate()
                    .filter(|(tab, _)| *tab != number);
                others.for_each(|(_, mail)| mail.push_back((now, message.clone())));
            }
            _ => {}
        }
    }

    /// What was said to a tab while it was away never arrives.
    pub fn miss_news(&mut self, number: usize) -> usize {
        self.collect();
        std::mem::take(&mut self.mail[number]).len()
    }

    /// Grants every lock at once, and delivers nothing.
    pub fn grant_all(&mut self) {
        self.collect();
        while self.grant() {}
    }

    fn is_awake(&self, number: usize) -> bool {
        self.asleep != Some(number)
    }

    fn deliver(&mut self) -> bool {
        let mut moved = false;
        for number in 0..self.pages.len() {
            while self.is_awake(number)
                && let Some((said, message)) = self.mail[number].pop_front()
            {
                let ago = self.pages[number].now.since(said);
                self.pages[number].hear_after(ago, message);
                moved = true;
            }
        }
        moved
    }

    fn grant(&mut self) -> bool {
        if self.locks && self.holder.is_some() {
            return false;
        }
        let Some((number, lock)) = self.queue.pop_front() else {
            return false;
        };
        self.holder = Some((number, lock));
        if self.is_awake(number) {
            self.pages[number].locked(lock);
        }
        true
    }

    /// The server answers an exchange that is on the wire.
    pub fn answer(&mut self, answered: OpId, outcome: Outcome) {
        let place = self.wire.iter().position(|(_, op, ..)| *op == answered);
        let (number, op, ..) = self.wire.remove(place.expect("it is on the wire"));
        self.pages[number].answer(op, outcome);
        self.run();
    }

    /// The server answers what was sent first.
    pub fn answer_first(&mut self, outcome: Outcome) {
        let (number, op, ..) = self.wire.remove(0);
        self.pages[number].answer(op, outcome);
        self.run();
    }

    /// Time passes; every deadline on the way rings when it is due.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now().after(time);
        loop {
            let awake = (0..self.pages.len()).filter(|number| self.is_awake(*number));
            let due = awake.filter_map(|number| {
                let (at, _) = self.pages[number].session.poll_timeout()?;
                (at <= end).then_some((at, number))
            });
            let Some((at, number)) = due.min() else { break };
            self.be_at(at);
            self.pages[number].tick();
            self.run();
        }
        self.be_at(end);
    }

    fn be_at(&mut self, at: Instant) {
        for page in &mut self.pages {
            page.now = page.now.max(at);
        }
    }

    pub fn is_signed_in(&self) -> bool {
        self.pages.iter().all(Page::is_signed_in)
    }
}
