//! What nobody in the world knows: who called what and when, and what was lost. The laws are judged by it, and it says
//! what is an excuse.

use evertoken_core::Scope;

use crate::network::Request;
use crate::script::{Keys, Lags};
use crate::server::{Ask, Cookie, Status};
use crate::tab::Life;

use super::World;

/// What nobody in the world knows.
#[derive(Debug, Default)]
pub(super) struct Ghost {
    pub(super) logins: Vec<Login>,
    /// When somebody signed out, and when the server did so.
    pub(super) logouts: Vec<u64>,
    /// How often a tab went on without the lock.
    pub(super) passes: u32,
    /// How many tabs went while they had something to ask for.
    pub(super) deaths: u32,
    /// How many exchanges were given up.
    pub(super) aborts: u32,
    /// How many things the server did whose answer script did not see.
    pub(super) unseen: u32,
    /// How often something was sent while a login or logout was under way that nobody waited for.
    pub(super) orphans: u32,
    /// How often the cookie went back to a login that was not directly replaced by the present one: no key of the
    /// present one opens the way back from there.
    pub(super) jar_went_back: u32,
    /// Whether messages took longer than tabs wait for them.
    pub(super) slow_news: bool,
    /// Whether it was so of notes.
    pub(super) slow_notes: bool,
    /// Whether a session was found to be another user's.
    pub(super) taken_over: bool,
    /// The greatest family whose cookie was ever set.
    pub(super) greatest: u32,
    /// How many requests came to the server more than once.
    pub(super) copies: u32,
    /// Whether a tab was opened while writes were on their way, so that it could not read them.
    pub(super) opened_early: bool,
    /// How many logins failed for their callers.
    pub(super) lost_logins: u32,
    /// How many logins were granted whose callers were told that they failed.
    pub(super) lost_grants: u32,
    /// The last login or logout that was called.
    pub(super) last: Option<Last>,
}

/// A login of the world.
#[derive(Clone, Copy, Debug)]
pub(super) struct Login {
    pub(super) called: u64,
    pub(super) user: u8,
    pub(super) right: bool,
    /// The family it opened.
    pub(super) family: Option<u32>,
    /// How many denials the server had given by then.
    pub(super) denials: u32,
}

/// The last login or logout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) login: Option<u32>,
    /// Whether all before it were over when it was called.
    pub(super) is_quiet: bool,
    /// Whether its caller was told that it worked.
    pub(super) is_told: bool,
}

impl Ghost {
    pub(super) fn login(&mut self, now: u64, user: u8, right: bool, is_quiet: bool) -> u32 {
        self.logins.push(Login {
            called: now,
            user,
            right,
            family: None,
            denials: 0,
        });
        let login = (self.logins.len() - 1) as u32;
        // A wrong password changes nothing.
        if right {
            self.last = Some(Last {
                login: Some(login),
                is_quiet,
                is_told: false,
            });
        }
        login
    }

    /// The server opened this family for it, and had given so many denials.
    pub(super) fn granted(&mut self, login: u32, family: u32, denials: u32) {
        let login = &mut self.logins[login as usize];
        login.family = Some(family);
        login.denials = denials;
    }

    /// All is in order, so what was lost, given up or late until now is no excuse any longer.
    pub(super) fn turn_over(&mut self, lags: Lags) {
        *self = Self {
            logins: std::mem::take(&mut self.logins),
            logouts: std::mem::take(&mut self.logouts),
            last: self.last,
            greatest: self.greatest,
            slow_news: lags.is_slow(),
            slow_notes: lags.is_slow_to_note(),
            ..Self::default()
        };
    }

    pub(super) fn logout(&mut self, now: u64, scope: Scope, is_quiet: bool) {
        self.logouts.push(now);
        if scope == Scope::Others {
            return;
        }
        self.last = Some(Last {
            login: None,
            is_quiet,
            is_told: false,
        });
    }
}

impl World {
    /// Whether the locks have done all that locks can do.
    pub(super) fn in_turn(&self) -> bool {
        self.setting.locks && self.ghost.passes == 0
    }

    /// Whether the world has given the clients all that they are promised: locks, a storage that was there in time,
    /// keys wherever an answer was lost, and no login or logout of a tab that did not wait for it that went on by
    /// itself. What goes wrong otherwise is what the documents accept.
    pub(super) fn is_fair(&self) -> bool {
        let lost = self.ghost.unseen + self.ghost.aborts + self.ghost.copies;
        self.in_turn()
            && self.setting.channel
            && self.setting.storage
            && !self.ghost.opened_early
            && self.ghost.orphans == 0
            && !self.ghost.slow_news
            && self.ghost.jar_went_back == 0
            && (self.setting.keys == Keys::HandedOut || lost == 0)
    }

    /// A cookie is set.
    pub(super) fn note_cookie(&mut self, cookie: Cookie) {
        let greatest = self.ghost.greatest.max(cookie.family);
        self.ghost.greatest = greatest;
        let by = Status::Replaced(greatest);
        if cookie.family < greatest && self.server.family(cookie.family).status != by {
            self.ghost.jar_went_back += 1;
        }
    }

    /// Notes a login or logout that nobody waits for any longer and that may still change the cookie.
    pub(super) fn note_orphans(&mut self) {
        for request in &mut self.requests {
            let is_left = request.is_aborted || self.tabs[request.tab].life == Life::Gone;
            let may_act = !request.is_over && !request.is_cut && !request.is_orphan;
            if is_left && may_act && !matches!(request.ask, Ask::Refresh { .. }) {
                request.is_orphan = true;
                self.ghost.orphans += 1;
            }
        }
    }

    /// A mark of a login is taken away. If a login is still on its way, or came to the server only after the logout that
    /// was to end it, nobody may know of it.
    pub(super) fn note_settled(&mut self) {
        let is_lost =
            |request: &Request| !request.is_over && matches!(request.ask, Ask::Login { .. });
        let came_late = self.jar.is_some_and(|cookie| {
            let login = self.server.family(cookie.family).login;
            let is_dead = self.tabs.iter().any(|tab| tab.dead_logins.contains(&login));
            is_dead && self.server.is_alive(self.now, cookie.family)
        });
        if came_late || self.requests.iter().any(is_lost) {
            self.ghost.orphans += 2;
        }
    }

    /// The cookie is cleared. Without a key the refusal of an older login's token does so too, whoever has signed in
    /// since.
    pub(super) fn note_clear(&mut self, number: usize) {
        let request = &self.requests[number];
        let of = request.cookie.map(|cookie| cookie.family);
        let is_late = self.jar.is_some_and(|jar| Some(jar.family) > of);
        if is_late && matches!(request.ask, Ask::Refresh { key: None }) {
            self.ghost.jar_went_back += 1;
        }
    }
}
