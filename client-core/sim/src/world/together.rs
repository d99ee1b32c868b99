//! What several tabs owe each other: one renewal for all, and one session as soon as everything that was said has
//! arrived.

use evertoken_core::{OpId, View};

use crate::tab::{Life, Tab};

use super::{Law, World};

impl World {
    /// Whether tabs can hear of everything in time: they ask under the lock, and who is awake answers soon enough.
    fn hear_in_time(&self) -> bool {
        self.in_turn() && self.setting.channel && !self.ghost.slow_news
    }

    /// A refresh is about to be sent under the lock: no tab that could have said so has what it is to bring.
    pub(super) fn check_needed(&mut self, tab: usize, op: OpId) {
        if !self.hear_in_time() {
            return;
        }
        let Some((_, mine)) = self.tabs[tab].present else {
            return;
        };
        // Whoever slept was not waited for, and is not known to be there until it speaks.
        let never_slept = |tab: &Tab| !tab.was_asleep && tab.life == Life::Awake;
        if !never_slept(&self.tabs[tab]) {
            return;
        }
        let half = self.setting.lifetime / 2;
        let has_newer = |other: &Tab| {
            let is_newer = other
                .present
                .is_some_and(|(_, token)| token.family == mine.family && token.id > mine.id);
            let is_fresh = other
                .present
                .is_some_and(|(_, token)| self.now + half < token.expires);
            never_slept(other) && is_newer && is_fresh
        };
        if self.tabs.iter().any(has_newer) {
            let how = format!("{op:?} renews what another tab has renewed");
            self.breaks(Law::OneForAll, &how);
        }
    }

    /// Somebody is about to do something, and nothing is on its way to anybody.
    pub(super) fn check_calm(&mut self) {
        // Whoever could not be told, and finds no notes, may count anew.
        let is_told = self.setting.channel && self.setting.storage;
        let is_fit = self.in_turn() && is_told && self.ghost.orphans == 0;
        if !is_fit || !self.agenda.is_still() {
            return;
        }
        let open = || self.tabs.iter().filter(|tab| tab.life != Life::Gone);
        let is_calm = |tab: &Tab| {
            let is_settled = tab.wish.is_none() && tab.inbox.is_empty();
            tab.life == Life::Awake && is_settled
        };
        if !open().all(is_calm) {
            return;
        }
        let is_in = |tab: &&Tab| matches!(tab.seen, View::SignedIn { .. });
        let mut users = open()
            .filter(is_in)
            .filter_map(|tab| tab.present.map(|(_, token)| token.user));
        let first = users.next();
        if users.any(|user| Some(user) != first) {
            self.breaks(
                Law::Agreement,
                "tabs show different users, and nothing is on its way to them",
            );
        }
    }
}
