//! What several tabs owe each other: one renewal for all, and one session as soon as everything that was said has
//! arrived.

use evertoken_core::{OpId, Reason, View};

use crate::tab::{Life, Tab};

use super::{Law, World};

impl World {
    /// Whether tabs can hear of everything in time: they ask under the lock, who is awake answers soon enough, and
    /// notes tell all of them where to count from.
    fn hear_in_time(&self) -> bool {
        let is_late = self.ghost.slow_news || self.ghost.opened_early;
        self.in_turn() && self.setting.channel && self.setting.storage && !is_late
    }

    /// A refresh is about to be sent under the lock: no tab that could have said so has what it is to bring.
    pub(super) fn check_needed(&mut self, tab: usize, op: OpId) {
        if !self.hear_in_time() || !self.setting.shares {
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
            never_slept(other) && other.renewed && is_newer && is_fresh
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
        if !self.agenda.is_still() || !self.open_tabs().all(is_calm) {
            return;
        }
        // Whoever could not be told, and finds no notes, may count anew.
        if self.setting.channel && self.setting.storage && self.ghost.orphans == 0 {
            // Who is given no token is not told whose it is, until it asks for one.
            if self.in_turn() && !self.ghost.opened_early && self.setting.shares {
                self.check_one_user();
            }
            self.check_nobody();
        }
        if self.is_in_order() {
            self.turn_over();
        }
    }

    /// Whether everybody knows everything: what went wrong before excuses nothing that comes after.
    fn is_in_order(&self) -> bool {
        let notes = self.storage.read();
        let is_settled = notes.login.is_none() && notes.tombstone.is_none_or(|t| t.owed.is_none());
        let is_fine = |tab: &Tab| {
            let is_known = match tab.seen {
                View::SignedIn { stale, .. } => !stale,
                View::SignedOut(_) => true,
                View::Restoring { .. } | View::SigningIn | View::SigningOut => false,
            };
            is_known && !tab.is_in_trouble
        };
        let tokens: Vec<_> = self.open_tabs().map(|tab| tab.present).collect();
        let is_one = tokens
            .windows(2)
            .all(|pair| pair[0].map(|(_, token)| token) == pair[1].map(|(_, token)| token));
        let jar = self.jar.filter(|cookie| {
            let is_newest = self.server.family(cookie.family).seq == cookie.seq;
            is_newest && self.server.is_alive(self.now, cookie.family)
        });
        let shown = tokens.first().copied().flatten();
        let is_true = jar == self.jar
            && shown.map(|(_, token)| token.family) == jar.map(|cookie| cookie.family);
        is_settled && is_one && is_true && !tokens.is_empty() && self.open_tabs().all(is_fine)
    }

    /// What was lost, given up or late until now is no excuse any longer, and whoever is signed in now is so by right.
    fn turn_over(&mut self) {
        if !self.is_fair() {
            self.ghost.last = None;
        }
        self.ghost.turn_over(self.lags);
        let Some(family) = self.jar.map(|cookie| cookie.family) else {
            return;
        };
        let login = self.server.family(family).login;
        for tab in &mut self.tabs {
            tab.dead.retain(|dead| *dead != family);
            tab.dead_logins.retain(|dead| *dead != login);
        }
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
        // A mark is for the next who starts, and there is one for all logins.
        let is_left = is_left || self.storage.read().login.is_some();
        let is_left = is_left || self.ghost.lost_grants > 0;
        // Without locks a login and a logout that have not heard of each other may cross.
        let is_left = is_left || (!self.in_turn() && self.ghost.slow_news);
        let nobody = is_anybody_there && self.open_tabs().all(is_out);
        if nobody && lives && !is_left {
            let how = format!("everybody is signed out, and the cookie {jar:?} is good");
            self.breaks(Law::Agreement, &how);
        }
    }
}
