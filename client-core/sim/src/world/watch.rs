//! What must always hold, looked at whenever it could cease to. What several tabs owe each other is in `together.rs`,
//! what a refusal may do in `refusals.rs`, what must be true at the end in `rest.rs`.

use evertoken_core::{Code, OpId, Reason, Scope, Slot, TokenId, View};

use crate::marks::Mark;
use crate::network::Request;
use crate::script::Keys;
use crate::server::{Ask, Key, Token, USERS};
use crate::tab::{Call, Life, Tab};
use crate::trace::say;

use super::World;
use super::acts::user_name;
use super::laws::{Broken, Law};

impl World {
    pub(super) fn breaks(&mut self, law: Law, how: &str) {
        say!(self, "LAW", "{law:?} is broken: {how}");
        if self.broken.is_none() {
            self.broken = Some(Broken {
                law,
                at: self.now,
                how: how.into(),
            });
        }
    }

    /// Whether this tab may send now; says whether it does without the lock.
    pub(super) fn check_turn(&mut self, tab: usize) -> bool {
        if self.tabs[tab].wire.is_some() {
            self.breaks(Law::OneExchange, "a second exchange is sent");
        }
        if self.tabs[tab].life != Life::Awake {
            self.breaks(Law::Shell, "a tab that is asleep sends");
        }
        if !self.setting.locks {
            return false;
        }
        let now = self.tab_now(tab);
        let Some(wish) = self.tabs[tab].wish else {
            self.breaks(
                Law::LockFirst,
                "an exchange is sent and no lock was asked for",
            );
            return true;
        };
        if !wish.held {
            let waited = now.since(wish.asked).as_millis();
            if waited < self.setting.request_timeout + 1_000 {
                self.breaks(Law::LockFirst, "an exchange is sent without the lock");
            }
            self.ghost.passes += 1;
            self.marks.add(Mark::PassedLock);
            return true;
        }
        let other = self.tabs.iter().position(|other| {
            other.life != Life::Gone && other.wire.is_some_and(|wire| !wire.passed)
        });
        if other.is_some() {
            self.breaks(Law::OnePerBrowser, "another tab's exchange is under way");
        }
        false
    }

    /// The server has answered; `before` is what it had counted until then.
    pub(super) fn check_server(&mut self, request: usize, before: (u32, u32)) {
        if self.server.ahead != before.1 {
            self.breaks(Law::NoReuse, "a token is ahead of its family");
        }
        if self.server.reuses == before.0 {
            return;
        }
        let request = &self.requests[request];
        let (Some(cookie), Ask::Refresh { key }) = (request.cookie, &request.ask) else {
            return;
        };
        let is_handed = matches!(Key::judge(key.as_deref(), cookie.family), Key::Handed(_));
        let was_bare = self.server.family(cookie.family).spent_bare > 0;
        // What is late and has no key that was handed out looks like theft, and nobody can help it.
        let is_gone = self.tabs[request.tab].life == Life::Gone;
        let is_late = request.is_aborted || request.is_cut || is_gone;
        let is_clean = self.setting.storage
            && self.in_turn()
            && self.setting.channel
            && self.ghost.copies == 0
            && !self.ghost.opened_early
            && !self.ghost.slow_news
            && !is_late;
        let lost = self.ghost.unseen + self.ghost.aborts;
        // Beside a login that nobody had heard of the older one's key was the newest, and its answer was lost.
        let of = self.server.family(cookie.family);
        let is_clean = is_clean && !(of.was_spent_with_another_key() && lost > 0);
        // A key that nobody handed out vouches for the last rotation only; the cookie of an earlier one may still come.
        let is_far_back = cookie.seq + 1 < of.seq && lost > 1;
        // As long as the tab that made it sleeps, only the notes tell of such a key.
        let is_unread = self.ghost.slow_notes && lost > 0;
        let is_broken = match self.setting.keys {
            Keys::HandedOut if is_handed && !was_bare => true,
            Keys::HandedOut => {
                is_clean && !is_far_back && !is_unread && (self.setting.random_keys || lost == 0)
            }
            Keys::Strings => is_clean && lost == 0,
        };
        if is_broken {
            self.breaks(Law::NoReuse, "an honest client is taken for a thief");
        }
    }

    pub(super) fn check_adoption(&mut self, tab: usize, id: TokenId, token: Token, keeps: bool) {
        let of = &self.tabs[tab];
        let before = of.present;
        let is_newer = before.is_none_or(|(old, _)| id > old);
        let user = before.map(|(_, token)| token.user);
        let login = self.server.family(token.family).login;
        let is_overtaken = self.tabs.iter().any(|tab| tab.dead_logins.contains(&login));
        let is_dead = of.dead.contains(&token.family) || is_overtaken;
        let goes_back = of.known.iter().any(|known| *known > token.family);
        if !is_newer {
            self.breaks(Law::Shell, "a token's name is not greater than the last");
        }
        if user.is_some_and(|user| user != token.user) {
            self.marks.add(Mark::Switched);
            if keeps {
                self.breaks(Law::SameUser, "another user's token renews this one's");
            }
        }
        // Without locks, or where news is slower than the question, two logins and a logout at once may cross, and the
        // next renewal finds out; without a storage nobody is told of what is owed.
        let is_told =
            self.in_turn() && self.setting.channel && self.setting.storage && !self.ghost.slow_news;
        // The same user may have signed in twice, and the cookie of the first login came last.
        if is_dead && user == Some(token.user) {
            for tab in &mut self.tabs {
                tab.dead_logins.retain(|dead| *dead != login);
            }
            return;
        }
        // There is one mark, and a later login's takes the place of an earlier one's.
        // What is logged out of while such a login is still on its way may have to be logged out of again.
        let is_told = is_told && self.ghost.lost_logins < 2 && self.ghost.orphans < 2;
        // A logout and a session that was found out, neither of which has heard of the other, tie, and the session counts.
        let has_crossed = self.ghost.logouts.iter().any(|at| at + 100 > self.now);
        let is_told = is_told && !has_crossed;
        if is_dead && is_told && !self.ghost.opened_early {
            self.breaks(
                Law::StaysSignedOut,
                "a session comes back that was signed out of",
            );
        }
        if goes_back && self.is_fair() {
            self.breaks(Law::NeverBack, "an older login's session comes back");
        }
    }

    /// The token that a request goes out with.
    pub(super) fn check_use(
        &mut self,
        tab: usize,
        id: TokenId,
        call: &Call,
        rejected: Option<TokenId>,
    ) -> Option<Token> {
        let Some((_, token)) = self.tabs[tab].present.filter(|(present, _)| *present == id) else {
            self.breaks(
                Law::RightToken,
                "a token is to be used that is not the present one",
            );
            return None;
        };
        if rejected == Some(id) {
            self.breaks(Law::RightToken, "a token is to be used that was refused");
        }
        if call.first.is_some_and(|first| first.user != token.user) {
            self.breaks(Law::SameUser, "a request is sent again as somebody else");
        }
        Some(token)
    }

    pub(super) fn check_note(&mut self, slot: Slot, text: Option<&str>) {
        let Some(text) = text else { return };
        if text.len() > 400 || (0..USERS).any(|user| text.contains(user_name(user))) {
            self.breaks(Law::NoSecrets, &format!("{slot:?} holds {text}"));
        }
    }

    pub(super) fn check_wait(&mut self, waited: u64, who: &str) {
        // Each of the exchanges that may be before it waits for the lock, asks, and has its bound: a few, or as many as
        // people signed in and out of late.
        let is_late = |called: u64| called + 2 * waited >= self.now;
        let logins = self.ghost.logins.iter().map(|login| login.called);
        let logouts = self.ghost.logouts.iter().copied();
        let asked = logins.chain(logouts).filter(|at| is_late(*at)).count() as u64;
        let most = (2 + asked.max(3)) * (2 * self.setting.request_timeout + 2_000);
        if waited > most {
            self.breaks(Law::WaitEnds, &format!("{who} waited for {waited} ms"));
        }
    }

    pub(super) fn login_done(&mut self, tab: usize, login: u32, result: Result<(), Code>) {
        let of = self.ghost.logins[login as usize];
        if result.is_err() {
            self.ghost.lost_logins += 1;
        }
        match (result, of.family) {
            (Ok(()), Some(_)) => {
                self.marks.add(Mark::LoginGranted);
                if let Some(last) = self.ghost.last.as_mut().filter(|l| l.login == Some(login)) {
                    last.is_told = true;
                }
            }
            (Ok(()), None) => self.breaks(Law::Shell, "a login succeeds that nobody granted"),
            (Err(Code::InvalidCredentials), _) if !of.right => self.marks.add(Mark::LoginRefused),
            (Err(Code::LoginRequired | Code::Disposed), Some(_)) => {}
            (Err(_), Some(_)) => {
                self.marks.add(Mark::LoginLost);
                self.ghost.lost_grants += 1;
                self.check_found_out_soon(tab);
            }
            (Err(_), None) => {}
        }
    }

    /// The server has granted a login, and its caller was told that it failed.
    fn check_found_out_soon(&mut self, tab: usize) {
        let now = self.tab_now(tab);
        match self.tabs[tab].session.view(now) {
            View::Restoring { .. } | View::SigningIn => {}
            View::SignedOut(_) | View::SignedIn { .. } | View::SigningOut => {
                self.breaks(Law::FoundOut, "a login was lost, and nobody looks for it");
            }
        }
    }

    /// No login or logout is under way, anywhere, nor the news of one.
    pub(super) fn is_quiet(&self) -> bool {
        let nobody_waits = |tab: &Tab| tab.life == Life::Gone || tab.callers.is_empty();
        let is_over =
            |request: &Request| request.is_over || matches!(request.ask, Ask::Refresh { .. });
        let is_known = !self.agenda.has_news();
        is_known && self.tabs.iter().all(nobody_waits) && self.requests.iter().all(is_over)
    }

    /// The caller of a logout was told that it worked.
    pub(super) fn logout_done(&mut self, tab: usize, op: OpId) {
        let is_it = |request: &&Request| request.tab == tab && request.op == op;
        let Some(request) = self.requests.iter().find(is_it) else {
            return self.marks.add(Mark::LogoutOvertaken);
        };
        self.marks.add(Mark::LogoutTold);
        if request.ask == Ask::Logout(Scope::Others) {
            return;
        }
        if let Some(last) = self.ghost.last.as_mut().filter(|last| last.login.is_none()) {
            last.is_told = true;
        }
    }

    /// A tab shows something else.
    pub(super) fn check_view(&mut self, tab: usize, before: View, view: View) {
        let View::SignedOut(reason) = view else {
            return;
        };
        if let View::SignedOut(_) = before {
            return;
        }
        let family = self.tabs[tab].family;
        let since = family.map_or(0, |family| {
            let login = self.server.family(family).login;
            self.ghost.logins[login as usize].called
        });
        // A tab may be told of what happened before it was opened, or before it was told of the session.
        let before = family.filter(|_| self.setting.storage).map_or(0, |family| {
            let login = self.server.family(family).login;
            self.ghost.logins[login as usize].denials
        });
        let denials = self.server.denials > before;
        let is_caused = match reason {
            // Without a storage a new tab cannot know of a logout that a sleeping one will tell of; without a channel, or
            // with a slow one, a tab may find the cookie of a login whose note comes only after that of the logout before it.
            Reason::Logout => {
                let hears = self.setting.storage && self.setting.channel;
                let is_late = self.ghost.opened_early || self.ghost.slow_news;
                let knows = hears && !is_late;
                let least = if knows { since } else { 0 };
                let went_back = denials && self.ghost.jar_went_back > 0;
                let is_followed = went_back || self.ghost.taken_over;
                is_followed || self.ghost.logouts.iter().any(|at| *at >= least)
            }
            Reason::Forbidden => self.marks.count(Mark::Forbidden) > 0,
            Reason::Replaced => {
                denials
                    || !self.setting.locks
                    // Beside another's login that nobody had seen the end of a session is given up for safety.
                    || self.ghost.logins.len() > 1
                    || self.ghost.unseen + self.ghost.aborts + self.ghost.passes > 0
            }
            Reason::Never => family.is_none() || denials,
            Reason::Expired
            | Reason::Reuse
            | Reason::Revoked
            | Reason::Inactive
            | Reason::Denied => denials,
        };
        if !is_caused {
            self.breaks(
                Law::EndsForCause,
                &format!("signed out as {reason:?}, for no cause"),
            );
        }
        // Whoever renews without a key takes the voice from the keys before.
        self.tabs[tab].family = None;
        let is_alive = family.is_some_and(|family| {
            self.server.is_alive(self.now, family) && self.server.family(family).spent_bare == 0
        });
        let is_wanted = matches!(reason, Reason::Logout | Reason::Forbidden);
        if is_alive && !is_wanted && self.is_fair() {
            self.breaks(
                Law::SessionKept,
                &format!("signed out as {reason:?} of a session that lives"),
            );
        }
    }
}
