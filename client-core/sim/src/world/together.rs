//! What several tabs owe each other: one renewal for all, and one session as soon as everything that was said has
//! arrived.

use evertoken_core::{OpId, Reason, View};

use crate::tab::{Life, Tab};

use super::{Law, World};

impl World {
    /// Whether tabs can hear of everything in time: they ask under the lock, and who is awake answers soon enough.
    fn hear_in_time(&self) -> bool {
        let is_late = self.ghost.slow_news || self.ghost.opened_early;
        self.in_turn() && self.setting.channel && !is_late
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
        let is_calm = |tab: &Tab| {
            let is_settled = tab.wish.is_none() && tab.inbox.is_empty();
            tab.life == Life::Awake && is_settled
        };
        // Whoever could not be told, and finds no notes, may count anew.
        let is_told = self.setting.channel && self.setting.storage && self.ghost.orphans == 0;
        if !is_told || !self.agenda.is_still() || !self.open_tabs().all(is_calm) {
            return;
        }
        if self.in_turn() {
            self.check_one_user();
        }
        self.check_nobody();
    }

    fn open_tabs(&self) -> impl Iterator<Item = &Tab> {
        self.tabs.iter().filter(|tab| tab.life != Life::Gone)
    }

    fn check_one_user(&mut self) {
        let is_in = |tab: &&Tab| matches!(tab.seen, View::SignedIn { .. });
        let tokens = self.open_tabs().filter(is_in).filter_map(|tab| tab.present);
        let users: Vec<_> = tokens.map(|(_, token)| token.user).collect();
        if users.windows(2).any(|pair| pair[0] != pair[1]) {
            self.breaks(
                Law::Agreement,
                "tabs show different users, and nothing is on its way to them",
            );
        }
    }

    /// Where everybody shows that nobody is signed in, no cookie is left that says otherwise.
    fn check_nobody(&mut self) {
        let is_out = |tab: &Tab| {
            let timer = tab.session.poll_timeout().map(|(_, timer)| timer);
            matches!(tab.seen, View::SignedOut(Reason::Logout)) && timer.is_none()
        };
        let is_anybody_there = self.open_tabs().next().is_some();
        let jar = self.jar.map(|cookie| cookie.family);
        let lives = jar.is_some_and(|family| self.server.is_alive(self.now, family));
        let is_left = self.ghost.opened_early || self.ghost.deaths + self.ghost.aborts > 0;
        let nobody = is_anybody_there && self.open_tabs().all(is_out);
        if nobody && lives && !is_left {
            let how = format!("everybody is signed out, and the cookie {jar:?} is good");
            self.breaks(Law::Agreement, &how);
        }
    }
}
