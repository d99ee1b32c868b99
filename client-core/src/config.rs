//! What an application chooses.

use crate::time::Duration;

/// Whether to look for a session from last time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restore {
    /// Ask the backend.
    #[default]
    Always,
    /// Ask it if this browser remembers a session.
    Hint,
    /// Do not ask.
    Never,
}

/// The settings of one [`Session`](crate::Session).
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether to ask the backend at the start for a session from last time.
    pub restore: Restore,
    /// Whether a refresh whose generation was handed no key sends a random one. An unknown header fails the
    /// preflight of another origin, so only where the backend is known to allow it.
    pub random_keys: bool,
    /// How long before its expiry a token is renewed; at most half its lifetime counts.
    pub refresh_buffer: Duration,
    /// The bound of one exchange with the auth endpoints.
    pub request_timeout: Duration,
    /// Whether this client renews. Where the backend does, a token is used whatever its age, and whoever saw it
    /// refused gets that answer.
    pub renews: bool,
    /// Whether the backend can be asked if there is a session. Where it cannot, a login that was not answered has changed
    /// nothing.
    pub tells: bool,
    /// Whether there is a way to other tabs: without one nobody is asked.
    pub channel: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            restore: Restore::Always,
            random_keys: false,
            refresh_buffer: Duration::from_secs(60),
            request_timeout: Duration::from_secs(10),
            renews: true,
            tells: true,
            channel: true,
        }
    }
}
