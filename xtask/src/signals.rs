//! Nothing this command started outlives it.
//!
//! Every child is the leader of a process group of its own, and is entered here for as long as it lives.
//! When this process is asked to end (Ctrl-C, SIGTERM, a closed terminal), a thread asks every group
//! in turn, waits for them, kills what does not listen, and only then ends the process. So a browser that a
//! test started goes with the test, and a compiler goes with the build.
//!
//! `serve_until_asked` changes one thing: a request to end is then the expected way to finish, so the
//! main thread is left to see its child go and to return normally.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::say::{Done, Stop};

/// The mock server drains for at most five seconds; what is still there later never listens.
const PATIENCE: Duration = Duration::from_secs(7);

static GROUPS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
static ASKED: AtomicBool = AtomicBool::new(false);
static SERVING: AtomicBool = AtomicBool::new(false);

/// Starts the thread that hears signals.
pub(crate) fn install() -> Done {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| Stop::new(format!("Cannot listen for Ctrl-C: {error}.")))?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            end(signal);
        }
    });
    Ok(())
}

/// Once this process was asked to end, what fails does so because of that and is not worth a word: then this
/// leaves the last step to the thread and does not return.
pub(crate) fn leave_if_asked() {
    while asked_to_end() && !SERVING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// Whether this process was asked to end.
pub(crate) fn asked_to_end() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// From now on a request to end is how the command is meant to finish.
pub(crate) fn serve_until_asked() {
    SERVING.store(true, Ordering::SeqCst);
}

/// A running child, with everything it started.
pub(crate) struct Group {
    child: Child,
}

impl Group {
    /// Starts a child in a group of its own.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        // Under the lock, so that a signal finds either no child at all or one it can reach.
        let mut groups = groups();
        if asked_to_end() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let child = command.process_group(0).spawn()?;
        groups.insert(child.id());
        Ok(Self { child })
    }

    /// The child itself, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the child to end; the rest of its group is then asked to.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        tell(self.child.id(), Signal::TERM);
        let _ = self.child.wait();
        groups().remove(&self.child.id());
    }
}

fn end(signal: i32) {
    let second = ASKED.swap(true, Ordering::SeqCst);
    let begun = Instant::now();
    for &group in groups().iter() {
        tell(group, if second { Signal::KILL } else { Signal::TERM });
    }
    if SERVING.load(Ordering::SeqCst) && !second {
        std::thread::spawn(move || {
            std::thread::sleep(PATIENCE);
            for &group in groups().iter() {
                tell(group, Signal::KILL);
            }
        });
        return;
    }
    while !groups().is_empty() && begun.elapsed() < PATIENCE {
        // Another process's end wakes nobody here but its own waiter.
        std::thread::sleep(Duration::from_millis(20));
    }
    for &group in groups().iter() {
        tell(group, Signal::KILL);
    }
    std::process::exit(128 + signal);
}

fn tell(group: u32, signal: Signal) {
    let Ok(Some(pid)) = i32::try_from(group).map(Pid::from_raw) else {
        return;
    };
    // It may have ended by itself: then there is nobody left to tell.
    let _ = kill_process_group(pid, signal);
}

fn groups() -> MutexGuard<'static, BTreeSet<u32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}
