//! What is handed out once and good for one login, in memory: login codes, and the `state` of a login by
//! redirect.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::Seconds;

/// How long a login code is good (RFC 6749 §4.1.2 recommends ten minutes at most).
pub(crate) const CODE_SECONDS: Seconds = 300;

/// How long somebody may look at the consent page.
pub(crate) const CONSENT_SECONDS: Seconds = 600;

/// How many are outstanding at most; then the oldest goes. More than tests run side by side. (In Redis each
/// goes by itself when it expires.)
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

impl<T: Clone> Tickets<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// Whoever cancels spends nothing, so those that have expired go here.
    pub(crate) fn issue(&self, name: String, (now, expires_at): (Seconds, Seconds), value: T) {
        let mut tickets = self.lock();
        tickets.retain(|ticket| now < ticket.expires_at);
        if tickets.len() >= OUTSTANDING {
            tickets.pop_front();
        }
        tickets.push_back(Ticket {
            name,
            expires_at,
            value,
        });
    }

    /// What it stands for, if it is good.
    pub(crate) fn look(&self, name: &str, now: Seconds) -> Option<T> {
        let tickets = self.lock();
        let ticket = tickets.iter().find(|ticket| ticket.name == name)?;
        (now < ticket.expires_at).then(|| ticket.value.clone())
    }

    /// It is gone once `login` has succeeded, and nobody else can spend it meanwhile. `None`: it is gone
    /// already.
    pub(crate) fn spend<A, E>(
        &self,
        name: &str,
        login: impl FnOnce() -> Result<A, E>,
    ) -> Option<Result<A, E>> {
        let mut tickets = self.lock();
        let index = tickets.iter().position(|ticket| ticket.name == name)?;
        let answer = login();
        if answer.is_ok() {
            tickets.remove(index);
        }
        Some(answer)
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
    fn a_ticket_is_good_until_its_second_and_for_one_login_that_succeeds() {
        let tickets = Tickets::new();
        tickets.issue("a".to_owned(), (0, 10), 'A');
        assert_eq!(
            (tickets.look("a", 9), tickets.look("a", 10)),
            (Some('A'), None)
        );
        assert_eq!(
            tickets.spend("a", || Err::<(), _>("unsigned")),
            Some(Err("unsigned"))
        );
        assert_eq!(tickets.spend("a", || Ok::<_, ()>("in")), Some(Ok("in")));
        assert_eq!(tickets.spend("a", || Ok::<_, ()>("again")), None);
        assert_eq!(tickets.look("a", 9), None);
    }

    #[test]
    fn beyond_a_thousand_the_oldest_goes() {
        let tickets = Tickets::new();
        for n in 0..=OUTSTANDING {
            tickets.issue(n.to_string(), (0, 10), n);
        }
        assert_eq!(
            (tickets.look("0", 0), tickets.look("1", 0)),
            (None, Some(1))
        );
    }

    #[test]
    fn what_has_expired_is_gone_with_the_next_that_is_issued() {
        let tickets = Tickets::new();
        tickets.issue("late".to_owned(), (0, 20), 'A');
        tickets.issue("early".to_owned(), (0, 10), 'B');
        tickets.issue("next".to_owned(), (10, 30), 'C');
        let left: Vec<_> = tickets.lock().iter().map(|ticket| ticket.value).collect();
        assert_eq!(left, ['A', 'C']);
    }
}
