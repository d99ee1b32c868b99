//! Starting other programs.
//!
//! Three ways, by what the program says while it works: `loud` for what shows its own progress (cargo),
//! `quiet` for what is worth reading only if it fails, `lines` for what has to be read as it comes. All have
//! no standard input and end with this command (see `signals`). That a program cannot be started is a
//! `Stop` with what to install; that it failed is the caller's to judge.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::say::{self, Alive, Done, Stop};
use crate::signals::{self, Group};

/// Of a program that failed, this many of its last lines are shown: enough for a compiler's errors, too few for
/// a log to drown the sentence after it.
const SHOWN_LINES: usize = 80;

/// What a package manager or cargo says when it cannot reach anything.
const OFFLINE: [&str; 12] = [
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "Could not resolve",
    "Couldn't connect",
    "Could not connect",
    "Temporary failure resolving",
    "Connection timed out",
    "Connection refused",
];

/// A program to run.
pub(crate) struct Run {
    command: Command,
    program: OsString,
}

/// What a quiet program left behind.
pub(crate) struct Finished {
    /// Whether it succeeded.
    pub(crate) ok: bool,
    /// Its standard output.
    pub(crate) out: String,
    /// Its standard error.
    pub(crate) err: String,
}

impl Finished {
    /// Ends with this sentence if the program failed, after showing what it said.
    pub(crate) fn or_stop(self, sentence: &str) -> Done<String> {
        if self.ok {
            return Ok(self.out);
        }
        for text in [&self.out, &self.err] {
            let hidden = text.lines().count().saturating_sub(SHOWN_LINES);
            for line in text.lines().skip(hidden) {
                say::note(line);
            }
        }
        Err(Stop::new(sentence))
    }

    /// The same for what fetches something: if nothing could be reached, only that is said.
    pub(crate) fn or_offline(self, command: &str, sentence: &str) -> Done<String> {
        let offline = |said: &str| OFFLINE.iter().any(|sign| said.contains(sign));
        if !self.ok && (offline(&self.err) || offline(&self.out)) {
            return Err(Stop::new(format!(
                "`{command}` could not reach its registry: connect to the network and run this again."
            )));
        }
        self.or_stop(sentence)
    }
}

/// The cargo that runs this command, so that all of them are one version.
pub(crate) fn cargo() -> Run {
    Run::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

impl Run {
    /// A program, by name or by path.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref().to_owned();
        let mut command = Command::new(&program);
        command.stdin(Stdio::null());
        // `cargo run` describes this package to this process; crates whose build scripts watch those
        // variables would be built again and again if they were handed on.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name);
            }
        }
        Self { command, program }
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Adds one argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Runs in this folder.
    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs with the terminal as its own; says whether it succeeded.
    pub(crate) fn loud(mut self) -> Done<bool> {
        // On a terminal, cargo's own bar moves; in a log it may be silent for minutes.
        let alive = (!std::io::stderr().is_terminal()).then(Alive::start);
        let status = self.start()?.wait();
        drop(alive);
        self.succeeded(status)
    }

    /// Runs without a sound.
    pub(crate) fn quiet(mut self) -> Done<Finished> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let _alive = Alive::start();
        let mut group = self.start()?;
        let err = group
            .child()
            .stderr
            .take()
            .map(|pipe| std::thread::spawn(|| read(pipe)));
        let out = group.child().stdout.take().map(read).unwrap_or_default();
        let err = err
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        let status = group.wait();
        drop(group);
        Ok(Finished {
            ok: self.succeeded(status)?,
            out,
            err,
        })
    }

    /// Runs and hands over each line of its output as it comes; says whether it succeeded.
    pub(crate) fn lines(mut self, mut each: impl FnMut(&str)) -> Done<bool> {
        self.command.stdout(Stdio::piped());
        let alive = Alive::start();
        let mut group = self.start()?;
        if let Some(pipe) = group.child().stdout.take() {
            let mut reader = BufReader::new(pipe);
            let mut line = Vec::new();
            while reader
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                alive.heard();
                each(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
                line.clear();
            }
        }
        let status = group.wait();
        drop(group);
        self.succeeded(status)
    }

    /// Starts it with its output in a pipe and leaves it running.
    pub(crate) fn in_background(mut self) -> Done<Group> {
        self.command.stdout(Stdio::piped());
        self.start()
    }

    fn start(&mut self) -> Done<Group> {
        Group::start(&mut self.command).map_err(|error| {
            signals::leave_if_asked();
            let program = Path::new(&self.program).display();
            if error.kind() == std::io::ErrorKind::NotFound {
                Stop::new(format!(
                    "`{program}` was not found: install it and run this again."
                ))
            } else {
                Stop::new(format!("Cannot start `{program}`: {error}."))
            }
        })
    }

    fn succeeded(&self, status: std::io::Result<ExitStatus>) -> Done<bool> {
        signals::leave_if_asked();
        status.map(|status| status.success()).map_err(|error| {
            Stop::new(format!(
                "Lost sight of `{}`: {error}.",
                Path::new(&self.program).display()
            ))
        })
    }
}

fn read(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    // What could be read before the pipe broke is all there is to show.
    let _ = pipe.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
