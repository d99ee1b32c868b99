//! When a refresh may be sent, and what its refusal may do.

use evertoken_core::{Exchange, OpId, Outcome, Reason, View, Why};

use crate::network::Request;
use crate::server::Ask;

use super::{Law, World};

impl World {
    /// A refresh is about to be sent.
    pub(super) fn check_refresh(&mut self, tab: usize, op: OpId, what: Exchange, is_keyed: bool) {
        let Exchange::Refresh(why) = what else {
            return;
        };
        let now = self.tab_now(tab);
        if self.tabs[tab].patience.is_some_and(|until| now < until) {
            self.breaks(
                Law::Patience,
                "a refresh is sent before the server wants to hear again",
            );
        }
        let is_it = |request: &&Request| request.tab == tab && request.op == op;
        if self.requests.iter().rev().filter(is_it).count() > 1 {
            self.breaks(Law::Endless, "a refresh is sent a third time for nothing");
        }
        if why != Why::Timer {
            return;
        }
        // Signed out or after a lost login it is another question that is asked.
        let is_signed_in = matches!(self.tabs[tab].seen, View::SignedIn { .. });
        if !is_keyed && is_signed_in && self.tabs[tab].repeats_blindly {
            self.breaks(
                Law::NoReuse,
                "a refresh without a key is repeated by itself",
            );
        }
        if self.tabs[tab].is_in_trouble {
            return;
        }
        if let View::SignedIn {
            expires: Some(expires),
            ..
        } = self.tabs[tab].seen
        {
            // Renewed in the last half of its life, or a tenth of that earlier.
            let left = expires.since(now).as_millis();
            if left * 100 > self.setting.lifetime * 56 {
                self.breaks(
                    Law::Spin,
                    "a token is renewed that has most of its life before it",
                );
            }
        }
    }

    /// A request that counted is over.
    pub(super) fn note_fate(&mut self, tab: usize, number: usize, outcome: &Outcome) {
        let is_failed = matches!(outcome, Outcome::Failed(_));
        let is_refused = matches!(outcome, Outcome::Denied { .. });
        let is_refresh = matches!(self.requests[number].ask, Ask::Refresh { .. });
        if is_failed && !is_refresh {
            return;
        }
        let is_keyless = matches!(self.requests[number].ask, Ask::Refresh { key: None })
            && self.requests[number].cookie.is_some();
        let is_ambiguous = matches!(outcome, Outcome::Failed(failure) if failure.is_ambiguous());
        let adopted = self.tabs[tab].adopted >= self.requests[number].at;
        let has_newer = adopted || self.has_newer(tab, number);
        let now = self.tab_now(tab);
        let tab = &mut self.tabs[tab];
        tab.patience = match outcome {
            Outcome::Failed(failure) if !has_newer => {
                failure.retry_after.map(|wait| now.after(wait))
            }
            _ => None,
        };
        // Whoever goes on after a refusal has found that it was an older generation's, and tries at once.
        tab.is_in_trouble = is_failed || is_refused || (tab.is_in_trouble && !is_refresh);
        tab.repeats_blindly = is_keyless && is_ambiguous && !has_newer;
    }

    /// Whether the tab's token was issued after this was sent.
    fn has_newer(&self, tab: usize, number: usize) -> bool {
        let lifetime = self.setting.lifetime;
        let present = self.tabs[tab].present;
        present.is_some_and(|(_, token)| token.expires - lifetime > self.requests[number].at)
    }

    /// Whether this refuses what the tab has moved on from since.
    pub(super) fn is_old_refusal(&self, tab: usize, number: usize, outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Denied { .. }) && self.has_newer(tab, number)
    }

    pub(super) fn check_refusal(&mut self, tab: usize, is_old: bool) {
        let is_over = match self.tabs[tab].seen {
            View::SignedOut(Reason::Logout | Reason::Forbidden) => false,
            View::SignedOut(_) => true,
            _ => false,
        };
        if is_old && is_over {
            self.breaks(
                Law::SessionKept,
                "what is refused is older than the session",
            );
        }
    }
}
