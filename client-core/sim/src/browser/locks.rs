//! One Web Lock: whoever asks gets in line, and the browser gives it to the next when it is given back or its holder
//! is gone. That a holder is asleep does not matter to it.

use std::collections::VecDeque;

use evertoken_core::OpId;

/// A tab, and the name it gave its wish.
pub type Claim = (usize, OpId);

/// The line; its head holds the lock.
#[derive(Debug, Default)]
pub struct Locks(VecDeque<Claim>);

impl Locks {
    /// Gets in line; says whether the lock was free.
    pub fn ask(&mut self, claim: Claim) -> bool {
        self.0.push_back(claim);
        self.0.len() == 1
    }

    /// Gives it back, or leaves the line. Says who holds it now, if that has changed.
    pub fn leave(&mut self, claim: Claim) -> Option<Claim> {
        self.without(|other| *other == claim)
    }

    /// The tab is gone, and all its claims with it.
    pub fn gone(&mut self, tab: usize) -> Option<Claim> {
        self.without(|(of, _)| *of == tab)
    }

    /// Who holds it.
    #[must_use]
    pub fn holder(&self) -> Option<Claim> {
        self.0.front().copied()
    }

    fn without(&mut self, leaves: impl Fn(&Claim) -> bool) -> Option<Claim> {
        let before = self.holder();
        self.0.retain(|claim| !leaves(claim));
        let now = self.holder();
        if now == before { None } else { now }
    }
}
