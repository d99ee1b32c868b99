//! The one timer of a session.

use std::cell::RefCell;

use evertoken_core::Instant;
use gloo_timers::callback::Timeout;

/// Browsers keep a delay in 32 signed bits and fire at once for more. A longer wait is cut here; the
/// early wake-up sets the next.
const LONGEST: u64 = i32::MAX as u64;

#[derive(Debug, Default)]
pub(crate) struct Timer(RefCell<Option<(Instant, Timeout)>>);

impl Timer {
    /// Rings at `deadline`, or never; the ring before is cancelled. `ring` must call [`Timer::rang`].
    pub(crate) fn set(
        &self,
        now: Instant,
        deadline: Option<Instant>,
        ring: impl FnOnce() + 'static,
    ) {
        let mut timer = self.0.borrow_mut();
        if timer.as_ref().map(|(at, _)| *at) == deadline {
            return;
        }
        *timer = deadline.map(|at| {
            let wait = at.as_millis().saturating_sub(now.as_millis());
            // A wake-up just before its deadline would only set the timer again.
            let wait = (wait + 1).min(LONGEST) as u32;
            (at, Timeout::new(wait, ring))
        });
    }

    /// It rang; whatever is due next has to be set anew.
    pub(crate) fn rang(&self) {
        if let Some((_, timeout)) = self.0.borrow_mut().take() {
            // Already fired: there is nothing to cancel.
            timeout.forget();
        }
    }
}
