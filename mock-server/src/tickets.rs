//! What is handed out once and redeemed once, in memory: login codes, and the `state` of a login by
//! redirect.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::Seconds;

/// How long a login code is good (RFC 6749 §4.1.2 recommends ten minutes at most).
pub(crate) const CODE_SECONDS: Seconds = 300;

/// How long somebody may look at the consent page.
pub(crate) const CONSENT_SECONDS: Seconds = 600;

/// How many are outstanding at most; then the oldest goes. More than tests run side by side.
const OUTSTANDING: usize = 1_000;

/// The outstanding tickets. Their names are random and not to be guessed.
#[derive(Debug)]
pub(crate) struct Tickets<T>(Mutex<VecDeque<Ticket<T>>>);

#[derive(Debug)]
struct Ticket<T> {
    name: String,
    expires_at: Seconds,
    value: T,
}

impl<T> Tickets<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    pub(crate) fn issue(&self, name: String, expires_at: Seconds, value: T) {
        let mut tickets = self.lock();
        if tickets.len() >= OUTSTANDING {
            tickets.pop_front();
        }
        tickets.push_back(Ticket {
            name,
            expires_at,
            value,
        });
    }

    /// What it stands for, if it is good; from now on it is not.
    pub(crate) fn redeem(&self, name: &str, now: Seconds) -> Option<T> {
        let mut tickets = self.lock();
        let index = tickets.iter().position(|ticket| ticket.name == name)?;
        let ticket = tickets.remove(index)?;
        (now < ticket.expires_at).then_some(ticket.value)
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Ticket<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once_and_until_its_second() {
        let tickets = Tickets::new();
        for name in ["a", "b"] {
            tickets.issue(name.to_owned(), 10, name);
        }
        assert_eq!(tickets.redeem("a", 9), Some("a"));
        assert_eq!(tickets.redeem("a", 9), None);
        assert_eq!(tickets.redeem("b", 10), None);
        assert_eq!(tickets.redeem("b", 9), None, "it was presented");
    }

    #[test]
    fn beyond_a_thousand_the_oldest_goes() {
        let tickets = Tickets::new();
        for n in 0..=OUTSTANDING {
            tickets.issue(n.to_string(), 10, n);
        }
        assert_eq!(
            (tickets.redeem("0", 0), tickets.redeem("1", 0)),
            (None, Some(1))
        );
    }
}
