//! What an application chooses.

use core::time::Duration;

use crate::contract::Contract;

/// The settings of one [`Session`](crate::Session).
#[derive(Clone, Debug)]
pub struct Config {
    /// The backend's shape.
    pub contract: Contract,
    /// Whether to ask the backend at the start for a session from last time.
    pub restore: bool,
    /// How long before its expiry a token is renewed; at most half its lifetime counts.
    pub refresh_buffer: Duration,
    /// The bound of one exchange with the auth endpoints.
    pub request_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            contract: Contract::ROTATION,
            restore: true,
            refresh_buffer: Duration::from_secs(60),
            request_timeout: Duration::from_secs(10),
        }
    }
}
