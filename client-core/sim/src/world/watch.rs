//! What must always hold, looked at whenever it could cease to. `Ghost` knows what nobody in the world does: who
//! called what and when, and what was lost.

use evertoken_core::{Code, OpId, Reason, Scope, Slot, TokenId, View};

use crate::marks::Mark;
use crate::network::Request;
use crate::script::Keys;
use crate::server::{Ask, Cookie, Key, Status, Token, USERS};
use crate::tab::{Call, Life, Tab};
use crate::trace::say;

use super::World;
use super::acts::user_name;

/// Something that must always hold, and did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A client has at most one exchange under way.
    OneExchange,
    /// With locks, nobody sends without the lock who has not waited as long as there is reason to.
    LockFirst,
    /// With locks, at most one exchange is under way in the browser, but for those that went on after their bound.
    OnePerBrowser,
    /// The server never takes an honest client for a thief.
    NoReuse,
    /// A session ends only by a logout, a denial, or a login that takes its place.
    EndsForCause,
    /// A session that the server would renew is not given up.
    SessionKept,
    /// What a logout ended does not come back.
    StaysSignedOut,
    /// Nobody goes back to a login that another took the place of.
    NeverBack,
    /// A request goes out with the token of the user who is shown.
    RightToken,
    /// A request that was begun as one user is never sent as another.
    SameUser,
    /// The answer to an exchange that is not current changes nothing.
    LateAnswer,
    /// What one tab has renewed no other renews again.
    OneForAll,
    /// A login whose answer was lost is found out.
    FoundOut,
    /// The storage holds no token and no user.
    NoSecrets,
    /// A server that asks for patience is left alone for as long.
    Patience,
    /// Every wait ends within its bound.
    WaitEnds,
    /// A timer that rang is set for later.
    Spin,
    /// Nothing goes on for ever.
    Endless,
    /// The machine asks its shell only for what can be done.
    Shell,
    /// When all is well again, nobody waits.
    ComesToRest,
    /// When all is well again, all tabs show the same session, and the cookie is that session's.
    Agreement,
    /// When all is well again, the server has been told of every logout.
    LogoutTold,
    /// Whoever signed in last, and was told so, is signed in.
    LoginCounts,
    /// Whoever signed out last, and was told so, is signed out.
    LogoutCounts,
}

/// A law, and how it was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub law: Law,
    /// When.
    pub at: u64,
    /// How.
    pub how: String,
}

/// What nobody in the world knows.
#[derive(Debug, Default)]
pub(super) struct Ghost {
    pub(super) logins: Vec<Login>,
    /// When somebody signed out, and when the server did so.
    pub(super) logouts: Vec<u64>,
    /// How often a tab went on without the lock.
    pub(super) passes: u32,
    /// How many tabs went while they waited for an answer.
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
        let is_orphan = |request: &Request| {
            let is_left = request.is_aborted || self.tabs[request.tab].life == Life::Gone;
            let may_act = !request.is_over && !request.is_cut;
            is_left && may_act && !matches!(request.ask, Ask::Refresh { .. })
        };
        if self.requests.iter().any(is_orphan) {
            self.ghost.orphans += 1;
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
            let waited = now.since(wish.asked).as_millis() as u64;
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
        let is_broken = match self.setting.keys {
            Keys::HandedOut if is_handed && !was_bare => true,
            Keys::HandedOut => is_clean && (self.setting.random_keys || lost == 0),
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
        // Each of the few exchanges that may be before it waits for the lock, asks, and has its bound.
        let most = 5 * (2 * self.setting.request_timeout + 2_000);
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

    /// No login or logout is under way, anywhere.
    pub(super) fn is_quiet(&self) -> bool {
        let nobody_waits = |tab: &Tab| tab.life == Life::Gone || tab.callers.is_empty();
        let is_over =
            |request: &Request| request.is_over || matches!(request.ask, Ask::Refresh { .. });
        self.tabs.iter().all(nobody_waits) && self.requests.iter().all(is_over)
    }

    /// The caller of a logout was told that it worked.
    pub(super) fn logout_done(&mut self, tab: usize, op: OpId) {
        let is_it = |request: &Request| request.tab == tab && request.op == op;
        if !self.requests.iter().any(is_it) {
            return self.marks.add(Mark::LogoutOvertaken);
        }
        self.marks.add(Mark::LogoutTold);
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
        if reason == Reason::Replaced {
            // Where the cookie turned out to be another user's, the tab signs that user out, for all.
            self.ghost.taken_over = true;
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
            // Without a storage a new tab cannot know of a logout that a sleeping one will tell of; without a channel a
            // tab may find the cookie of a login whose note comes only after that of the logout before it.
            Reason::Logout => {
                let hears = self.setting.storage && self.setting.channel;
                let knows = hears && !self.ghost.opened_early;
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
