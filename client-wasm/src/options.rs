//! What a front end chooses.

use core::time::Duration;

use evertoken_core::{Contract, Restore};
use js_sys::{Function, Object};

/// The settings of one [`AuthClient`](crate::AuthClient).
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the backend is: an absolute `http(s)` address. Relative paths are appended to its path.
    pub base_url: String,
    /// Where the token may go, as origins. Empty: to the origin of `base_url` alone.
    pub allowed_origins: Vec<String>,
    /// Whether to ask the backend at the start for a session from last time.
    pub restore: Restore,
    /// How long before its expiry a token is renewed; at most half its lifetime counts.
    pub refresh_buffer: Duration,
    /// The bound of one exchange with the auth endpoints.
    pub request_timeout: Duration,
    /// Whether the tabs of this origin are one client. One on a server, where many users share a process, is not.
    pub cross_tab: bool,
    /// Whether tabs tell each other the access token; otherwise each asks the backend for its own.
    pub share_token: bool,
    /// The transport; the platform's `fetch` if none is given.
    pub fetch: Option<Function>,
    /// What the backend looks like.
    pub contract: Contract,
    /// Where a contract whose tokens come in the body keeps its refresh token: an object with `get()`, `set(token)` and
    /// `remove()`, which may return promises; each of them has to settle, since an exchange waits for it. Without it, in
    /// memory: then this tab is a client of its own.
    pub storage: Option<Object>,
    /// Asked for credentials, once for each time that the session cannot be renewed: a function that returns a promise
    /// of an object.
    pub reauthenticate: Option<Function>,
}

impl Options {
    /// The defaults, for the backend at `base_url`.
    pub fn new(base_url: impl Into<String>) -> Self {
        let core = evertoken_core::Config::default();
        Self {
            base_url: base_url.into(),
            allowed_origins: Vec::new(),
            restore: core.restore,
            refresh_buffer: core.refresh_buffer.into(),
            request_timeout: core.request_timeout.into(),
            cross_tab: true,
            share_token: true,
            fetch: None,
            contract: Contract::ROTATION,
            storage: None,
            reauthenticate: None,
        }
    }
}
