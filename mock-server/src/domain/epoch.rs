//! Ending everything a user has, in one step.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Reason;

/// How many changes of reason are remembered. Consecutive moves for one reason are one run, so even a
/// user who alternates between the two kinds keeps more of them than anybody has families alive.
const RUNS: usize = 16;

/// A user's epoch. A family is alive while its epoch is its user's: moving it on ends all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    number: u64,
    /// `(up to this number, why)`, oldest first.
    runs: VecDeque<(u64, Reason)>,
}

impl Epoch {
    /// The number a family carries that is alive now.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Ends every family of this epoch.
    pub fn advance(&mut self, reason: Reason) {
        self.number = self.number.saturating_add(1);
        match self.runs.back_mut() {
            Some((until, why)) if *why == reason => *until = self.number,
            Some(_) | None => self.runs.push_back((self.number, reason)),
        }
        if self.runs.len() > RUNS {
            self.runs.pop_front();
        }
    }

    /// Why a family that was opened in epoch `number` has ended, if the epoch moved on since.
    #[must_use]
    pub fn ended(&self, number: u64) -> Option<Reason> {
        self.runs
            .iter()
            .find(|(until, _)| *until > number)
            .map(|(_, reason)| *reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_told_the_reason_of_the_move_that_ended_it_and_not_of_a_later_one() {
        let mut epoch = Epoch::default();
        assert_eq!(epoch.ended(0), None);
        epoch.advance(Reason::Reuse);
        epoch.advance(Reason::Logout);
        epoch.advance(Reason::Logout);
        assert_eq!(epoch.ended(0), Some(Reason::Reuse));
        assert_eq!(epoch.ended(1), Some(Reason::Logout));
        assert_eq!(epoch.ended(2), Some(Reason::Logout));
        assert_eq!(epoch.ended(3), None);
    }

    #[test]
    fn it_does_not_grow_with_the_number_of_logouts() {
        let mut epoch = Epoch::default();
        for turn in 0..10_000 {
            epoch.advance(if turn % 2 == 0 {
                Reason::Logout
            } else {
                Reason::Reuse
            });
        }
        assert!(epoch.runs.len() <= RUNS);
        assert!(epoch.ended(0).is_some());
    }
}
