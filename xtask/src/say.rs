//! What the person in front of the terminal sees.
//!
//! Three things only: the name of a step as it begins, a sign of life while it is quiet, and, if it
//! cannot go on, one sentence that says what to do. A `Stop` is that sentence; it travels up to `main`
//! as an error, so no room below prints a failure and goes on, and none ends in a backtrace.
//!
//! Progress goes to stderr. Stdout is for what was asked for: figures, an address, counts.

use std::fmt;
use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// How long a step may be quiet before it says that it is still there: short enough that nobody
/// reaches for Ctrl-C, long enough not to fill a log.
const QUIET: Duration = Duration::from_secs(10);

/// Why the command cannot go on, in one sentence that says what to do about it.
#[derive(Debug)]
pub(crate) struct Stop(String);

/// What every step gives: its result, or the sentence to end with.
pub(crate) type Done<T = ()> = Result<T, Stop>;

impl Stop {
    /// Ends with this sentence.
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// Ends because a file or folder could not be read or written.
    pub(crate) fn io(what: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Self(format!("Cannot {what} {}: {error}.", path.display()))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a step that begins.
pub(crate) fn step(what: &str) {
    note(&format!("==> {what}"));
}

/// A line about what is happening. A closed terminal is no reason to fail.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// What was asked for, on stdout. A reader that went away (`| head`) is no reason to fail either.
pub(crate) fn answer(line: &str) {
    let mut out = io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Says "still there" after every ten seconds without a sound, until it is dropped.
pub(crate) struct Alive {
    heard: Sender<()>,
}

impl Alive {
    /// Starts to listen.
    pub(crate) fn start() -> Self {
        let (heard, sounds) = mpsc::channel();
        let begun = Instant::now();
        std::thread::spawn(move || {
            loop {
                match sounds.recv_timeout(QUIET) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Timeout) => {
                        note(&format!("    … {} s", begun.elapsed().as_secs()));
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        });
        Self { heard }
    }

    /// Something was printed just now.
    pub(crate) fn heard(&self) {
        let _ = self.heard.send(());
    }
}
