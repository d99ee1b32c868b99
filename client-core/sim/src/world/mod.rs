//! A world: everything there is, and the order in which it happens.
//!
//! One thing happens at a time, taken from an agenda that is sorted by time and then by when it was entered. What is
//! done about it is in the other files: `acts` for people, `wire` for requests, `tabs` for what comes to a tab,
//! `shell` for what its machine wants, `calls` for callers, `laws` names what must always
//! hold, `watch`, `together`, `refusals` and `rest` look whether it does, and `ghost` knows what nobody in the world does.

mod acts;
mod agenda;
mod calls;
mod ghost;
mod laws;
mod refusals;
mod rest;
mod shell;
mod signing;
mod tabs;
mod together;
mod watch;
mod wire;

use evertoken_core::Instant;

use crate::browser::{Locks, Machine, Storage};
use crate::chance::Chance;
use crate::marks::{Mark, Marks};
use crate::network::Request;
use crate::script::{Lags, Script, Setting, Step, Weather};
use crate::server::{Cookie, Server};
use crate::tab::{Draw, Life, Tab};
use crate::trace::{Trace, say};

use agenda::{Agenda, Event, Side};
use ghost::Ghost;
pub use laws::{Broken, Law};

/// More things than this do not happen in a world: something goes round in circles.
const MOST_EVENTS: u64 = 400_000;

/// Everything there is.
#[derive(Debug)]
pub struct World {
    seed: u64,
    setting: Setting,
    steps: Vec<Step>,
    now: u64,
    agenda: Agenda,
    server: Server,
    jar: Option<Cookie>,
    machine: Machine,
    locks: Locks,
    storage: Storage,
    weather: Weather,
    lags: Lags,
    requests: Vec<Request>,
    tabs: Vec<Tab>,
    /// Which tab is open where.
    places: Vec<Option<usize>>,
    /// How many tabs have been opened where.
    opened: Vec<u64>,
    last_call: u32,
    ghost: Ghost,
    marks: Marks,
    /// What it had come upon when its script was over.
    lived: Option<Marks>,
    trace: Trace,
    broken: Option<Broken>,
    is_over: bool,
}

/// What came of a world.
#[derive(Debug)]
pub struct Outcome {
    /// The law that was broken, if one was.
    pub broken: Option<Broken>,
    /// What it came upon.
    pub marks: Marks,
    /// What it had come upon when its script was over, before it came to rest.
    pub lived: Marks,
    /// Who is signed in, in each tab that is open at the end.
    pub shown: Vec<Option<u8>>,
    /// What happened, if that was to be written down.
    pub trace: Vec<String>,
    /// How many things happened.
    pub events: u64,
}

/// Plays a script from beginning to end, or until a law is broken.
#[must_use]
pub fn play(script: &Script, writes_trace: bool) -> Outcome {
    let mut world = World::new(script, writes_trace);
    let events = world.run();
    let open = world.tabs.iter().filter(|tab| tab.life != Life::Gone);
    let user = |tab: &Tab| tab.present.map(|(_, token)| token.user);
    Outcome {
        shown: open.map(user).collect(),
        broken: world.broken,
        lived: world.lived.unwrap_or_default(),
        marks: world.marks,
        trace: world.trace.into_lines(),
        events,
    }
}

impl World {
    fn new(script: &Script, writes_trace: bool) -> Self {
        let setting = script.setting.clone();
        let places = setting.places + 1;
        let mut world = Self {
            seed: script.seed,
            steps: script.steps.clone(),
            now: 0,
            agenda: Agenda::default(),
            server: Server::new(
                setting.keys,
                setting.lifetime,
                setting.refresh_ttl,
                setting.reuse_ends_user,
            ),
            jar: None,
            machine: Machine::default(),
            locks: Locks::default(),
            storage: Storage::default(),
            weather: Weather::Calm,
            lags: Lags::SHORT,
            requests: Vec::new(),
            tabs: Vec::new(),
            places: vec![None; places],
            opened: vec![0; places],
            last_call: 0,
            ghost: Ghost::default(),
            marks: Marks::default(),
            lived: None,
            trace: Trace::new(writes_trace),
            broken: None,
            is_over: false,
            setting,
        };
        for number in 0..world.steps.len() {
            let at = world.steps[number].at;
            world.agenda.enter(at, Event::Step(number));
        }
        let end = world.steps.last().map_or(0, |step| step.at);
        world.agenda.enter(end + 1, Event::Rest(0));
        world
    }

    fn run(&mut self) -> u64 {
        let mut events = 0;
        while let Some((at, event)) = self.agenda.next() {
            self.now = at;
            self.happen(event);
            events += 1;
            if events > MOST_EVENTS {
                self.breaks(Law::Endless, "too many things happen");
            }
            if self.broken.is_some() || self.is_over {
                break;
            }
        }
        events
    }

    fn happen(&mut self, event: Event) {
        if self.now < self.machine.asleep_until && !matches!(event.side(), Side::World) {
            return self.agenda.enter(self.machine.asleep_until, event);
        }
        match event {
            Event::Step(number) => {
                self.check_calm();
                self.act(number);
            }
            Event::Serve(request) => self.serve(request),
            Event::Copy(request) => self.serve_copy(request),
            Event::Land(request) => self.land(request),
            Event::See(request) => self.see(request),
            Event::Grant(claim) => self.grant_lock(claim),
            Event::Commit(write) => self.commit_write(&write),
            Event::Sync(write) => self.sync_write(&write),
            Event::Ring(tab, number) => self.ring(tab, number),
            Event::Resource(tab, call, token) => self.serve_resource(tab, call, token),
            Event::Errand(tab, errand) => self.deliver(tab, errand),
            Event::Rest(phase) => self.rest(phase),
        }
    }

    /// The chance of one thing about a tab.
    fn draw(&mut self, tab: usize, draw: Draw) -> Chance {
        let tab = &mut self.tabs[tab];
        let count = &mut tab.draws[draw as usize];
        *count += 1;
        Chance::of(self.seed, &[tab.thing, draw as u64, *count])
    }

    /// How long something takes that takes at most this long.
    fn lag(&mut self, tab: usize, most: u64) -> u64 {
        if self.setting.steady {
            most
        } else {
            self.draw(tab, Draw::Lag).between(0, most)
        }
    }

    /// The present on a tab's own time line.
    fn tab_now(&mut self, tab: usize) -> Instant {
        let (performance, date) = (
            self.machine.performance(self.now),
            self.machine.date(self.now),
        );
        self.tabs[tab].clock.now(performance, date)
    }

    /// The machine sleeps: nothing happens in the browser until it wakes, and timers do not count the time.
    fn sleep(&mut self, time: u64) {
        let wakes = self.now + time;
        self.machine.slept += time;
        self.machine.asleep_until = wakes;
        self.agenda.shift(|at, event| match event.side() {
            Side::World => at,
            Side::Browser => at.max(wakes),
            Side::Timer => at + time,
        });
        if self
            .tabs
            .iter()
            .any(|tab| tab.present.is_some_and(|(_, token)| token.expires < wakes))
        {
            self.marks.add(Mark::SleptThroughExpiry);
        }
        say!(self, "machine", "sleeps for {time} ms");
    }
}
