//! Many worlds, on all cores.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use evertoken_core::Fault;

use crate::marks::Marks;
use crate::script::Script;
use crate::users::{self, Wishes};
use crate::world::{Broken, play};

/// What many worlds came to.
#[derive(Debug, Default)]
pub struct Report {
    /// How many were played.
    pub worlds: u64,
    /// How many things happened in them.
    pub events: u64,
    /// What they came upon.
    pub marks: Marks,
    /// The one of the least seed, of those that were played, in which a law was broken.
    pub failed: Option<Failed>,
}

/// A world in which a law was broken.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Its script.
    pub script: Script,
    /// The law, and how.
    pub broken: Broken,
}

/// Plays the worlds of these seeds, with this mistake in the machine; `progress` is told now and then how many there
/// were. It stops soon after a law was broken.
pub fn run(
    from: u64,
    seeds: u64,
    wishes: Wishes,
    planted: Option<Fault>,
    progress: impl Fn(u64) + Sync,
) -> Report {
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let work = || {
        let mut report = Report::default();
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= seeds {
                break;
            }
            let mut script = users::script(from + number, wishes);
            script.setting.planted = planted;
            let outcome = play(&script, false);
            report.worlds += 1;
            report.events += outcome.events;
            report.marks.merge(&outcome.marks);
            if let Some(broken) = outcome.broken {
                report.failed = Some(Failed { script, broken });
                stop.store(true, Ordering::Relaxed);
            }
            if number % 10_000 == 9_999 {
                progress(number + 1);
            }
        }
        report
    };
    let mut all = Report::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            match worker.join() {
                Ok(report) => all.merge(report),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    all
}

impl Report {
    fn merge(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.events += other.events;
        self.marks.merge(&other.marks);
        let seed = |failed: &Option<Failed>| failed.as_ref().map_or(u64::MAX, |f| f.script.seed);
        if seed(&other.failed) < seed(&self.failed) {
            self.failed = other.failed;
        }
    }
}
