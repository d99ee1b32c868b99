//! What the tabs of one origin tell each other, and what they leave for those that come later.
//!
//! All tabs share one cookie jar, so they are one client. They agree by a single total order: every login and
//! logout opens an [`Epoch`], every refresh a generation of it, and the greatest [`Position`] anybody has seen is
//! where the session stands. It travels two ways, and either may be late or missing:
//!
//! * as a [`Message`] from tab to tab, with the access token beside it, which the shell attaches;
//! * as [`Stored`] notes, without any token, for tabs that are not there yet, or were asleep.
//!
//! Both are text with a version in front. What cannot be understood is as good as nothing: another version of
//! this package may be running in the next tab.

mod message;
mod position;
mod stored;
mod words;

pub use message::{Message, Shared, Status};
pub use position::{Epoch, Position};
pub(crate) use stored::login_text;
pub use stored::{Record, Slot, Stored, Tabs, Tombstone};

pub(crate) use words::{is_key, split_word};

/// Names one tab among those of its origin. Drawn at random; zero names none.
pub type Tab = u32;
