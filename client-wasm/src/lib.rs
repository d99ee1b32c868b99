//! The evertoken browser shell: it does, and does not decide.
//!
//! [`evertoken_core`] holds the session machine; this crate gives it a browser. Everything goes through
//! one place, `driver.rs`: it feeds the machine, performs the effects that come out **one at a time and
//! with nothing borrowed**, and sets one timer for the next deadline. Around it one file for each thing
//! it talks to: `transport` (the auth endpoints), `resources` (what other answers say of the session), `timer`, `clock`, `document` (parsed answers),
//! `promise` (those who wait), `wait` (what is waited for), `error`.
//!
//! What must be exactly the platform's is JavaScript: `js/send.js` shapes and sends an app's requests, `js/backend.js`
//! those to the auth endpoints.
//! It asks this crate whether a request may go, and on a 401 what now, so a call with a good token costs
//! one crossing and no future.
//!
//! # From a Rust front end
//!
//! ```no_run
//! # async fn app(credentials: wasm_bindgen::JsValue, request: web_sys::Request) -> Result<(), evertoken::Error> {
//! use evertoken::{AuthClient, Options};
//!
//! let auth = AuthClient::new(Options::new("https://api.example.com"))?;
//! auth.login(credentials).await?;
//! let response = auth.fetch(&request).await?;
//! # Ok(()) }
//! ```
//!
//! # What it never does
//!
//! Write a token to storage, a log, an error or a URL; panic; call out while the machine is borrowed;
//! hold a borrow across an `await`; free itself (`dispose` is a state).

mod ask;
mod backend;
mod channel;
mod client;
mod clock;
#[cfg(feature = "js")]
mod contract;
mod document;
mod driver;
mod error;
#[cfg(feature = "js")]
mod js;
mod locks;
mod options;
mod present;
mod promise;
mod resources;
mod send;
mod setup;
mod storage;
mod tabs;
mod timer;
mod transport;
mod wait;
mod wake;

pub use client::{AuthClient, Subscription};
pub use error::Error;
pub use evertoken_core::{
    Body, Code, Contract, Cookies, Detail, Duration, Endpoint, Event, Failure, Fields, Forbidden,
    Reason, Renewal, Restore, Scope, View,
};
#[cfg(feature = "js")]
pub use js::Engine;
pub use options::Options;
