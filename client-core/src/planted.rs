//! Mistakes to make on purpose: each is one that a session client has shipped, or that a simpler protocol makes. The
//! simulation must catch every one of them, or it proves nothing.
//!
//! They exist only with the feature `planted`, which nothing that ships turns on; without it every question here is
//! answered *no* when the crate is compiled.

use crate::config::Config;

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// placeholder
    NoOpIdCheck,
}

impl Config {
    /// Whether this mistake is to be made.
    #[cfg(feature = "planted")]
    pub(crate) fn plants(&self, fault: Fault) -> bool {
        self.planted == Some(fault)
    }

    /// It is not.
    #[cfg(not(feature = "planted"))]
    pub(crate) const fn plants(&self, _: Fault) -> bool {
        false
    }
}
