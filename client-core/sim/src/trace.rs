//! What happened in a world, in lines a person can read.

use std::fmt::Write as _;

/// The lines, if anybody wants them.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    lines: Option<Vec<String>>,
}

impl Trace {
    /// One that is written down, or not.
    #[must_use]
    pub(crate) fn new(is_wanted: bool) -> Self {
        Self {
            lines: is_wanted.then(Vec::new),
        }
    }

    /// Whether it is worth making a line.
    #[must_use]
    pub(crate) const fn is_wanted(&self) -> bool {
        self.lines.is_some()
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, at: u64, who: &str, what: &str) {
        if let Some(lines) = &mut self.lines {
            let (seconds, rest) = (at / 1_000, at % 1_000);
            let mut line = String::new();
            // Writing to a string cannot fail.
            let _ = write!(line, "{seconds:>6}.{rest:03}  {who:<8}{what}");
            lines.push(line);
        }
    }

    /// What was written.
    #[must_use]
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}

/// Writes a line of the world's trace; nothing is formatted if nobody wants it.
macro_rules! say {
    ($world:expr, $who:expr, $($what:tt)*) => {
        if $world.trace.is_wanted() {
            let what = format!($($what)*);
            let who = $who.to_string();
            $world.trace.line($world.now, &who, &what);
        }
    };
}

pub(crate) use say;
