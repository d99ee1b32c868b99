//! Signing in and out, as people do it and as a resource's refusal does.

use evertoken_core::Duration;

use evertoken_core::{Granted, OpId, Scope, TokenId};

use crate::marks::Mark;
use crate::server::{Ask, Reply, SetCookie};
use crate::trace::say;

use super::acts::user_name;
use super::{Law, World};

/// Whatever was done less than this before, the others may not have heard of.
const NEWS: u64 = 1_000;

impl World {
    pub(super) fn log_in(&mut self, tab: usize, user: u8, right: bool) {
        let is_quiet = self.is_quiet();
        let login = self.ghost.login(self.now, user, right, is_quiet);
        let wrong = if right { "" } else { ", with a wrong password" };
        say!(
            self,
            self.tabs[tab].name,
            "login({}{wrong}), login {login}",
            user_name(user)
        );
        let now = self.tab_now(tab);
        match self.tabs[tab].session.login(now) {
            Ok(op) => {
                self.tabs[tab].logins.push((op, login));
                self.wait_for(tab, op);
            }
            Err(failure) => self.breaks(Law::Shell, &format!("login(): {failure:?}")),
        }
        self.pump(tab);
    }

    /// Somebody signs in where no client sees it, which sets the cookie, and then tells this one.
    pub(super) fn set_session(&mut self, tab: usize, user: u8) {
        let is_quiet = self.is_quiet();
        let is_alone = is_quiet && self.requests.iter().all(|request| request.is_over);
        let before = self.ghost.logins.iter().map(|login| login.called);
        let is_new = |at: u64| at + NEWS > self.now;
        if !is_alone || before.chain(self.ghost.logouts.iter().copied()).any(is_new) {
            // Whatever is under way has a cookie of its own to bring, and neither of the two waits for its turn.
            self.ghost.orphans += 2;
        }
        let login = self.ghost.login(self.now, user, true, is_quiet);
        say!(
            self,
            self.tabs[tab].name,
            "setSession({}), login {login}",
            user_name(user)
        );
        let ask = Ask::Login {
            user,
            right: true,
            login,
        };
        let answer = self.server.serve(self.now, &ask, self.jar, &mut self.marks);
        let (Reply::Granted { token, key }, SetCookie::Set(cookie)) = answer else {
            return self.breaks(Law::Shell, "the server does not sign in who may");
        };
        self.jar = Some(cookie);
        self.note_cookie(cookie);
        self.ghost.granted(login, token.family, self.server.denials);
        let granted = Granted {
            lifetime: Some(Duration::from_millis(self.setting.lifetime)),
            subject: Some(user_name(user).into()),
            refresh_key: key,
            ..Granted::default()
        };
        let now = self.tab_now(tab);
        match self.tabs[tab].session.set_session(now, granted) {
            Ok(op) => self.tabs[tab].arrived = Some((op, token)),
            Err(failure) => self.breaks(Law::Shell, &format!("setSession(): {failure:?}")),
        }
        self.marks.add(Mark::SetSession);
        self.pump(tab);
        self.login_done(tab, login, Ok(()));
    }

    pub(super) fn log_out(&mut self, tab: usize, scope: Scope) {
        say!(self, self.tabs[tab].name, "logout({scope:?})");
        let now = self.tab_now(tab);
        self.note_logout(tab, scope);
        match self.tabs[tab].session.logout(now, scope) {
            Ok(op) => self.wait_for(tab, op),
            Err(failure) => self.breaks(Law::Shell, &format!("logout(): {failure:?}")),
        }
        self.pump(tab);
    }

    /// A resource refused what this token asked for.
    pub(super) fn forbid(&mut self, tab: usize, token: TokenId) {
        let now = self.tab_now(tab);
        let is_present = self.tabs[tab]
            .present
            .is_some_and(|(present, _)| present == token);
        let op = self.tabs[tab].session.forbidden(now, token);
        if op.is_some() != is_present {
            self.breaks(
                Law::EndsForCause,
                "a late 403 ends a session, or a present one none",
            );
        }
        if let Some(op) = op {
            say!(self, self.tabs[tab].name, "is forbidden");
            self.marks.add(Mark::Forbidden);
            self.note_logout(tab, Scope::Local);
            self.wait_for(tab, op);
        }
        self.pump(tab);
    }

    fn note_logout(&mut self, tab: usize, scope: Scope) {
        let is_quiet = self.is_quiet();
        self.ghost.logout(self.now, scope, is_quiet);
        if scope != Scope::Others {
            let of = &mut self.tabs[tab];
            of.dead.clone_from(&of.known);
            of.dead_logins = of.logins.iter().map(|(_, login)| *login).collect();
        }
    }

    fn wait_for(&mut self, tab: usize, op: OpId) {
        let since = self.tabs[tab].awake(self.now, self.machine.slept);
        let callers = &mut self.tabs[tab].callers;
        if callers.iter().all(|(other, _)| *other != op) {
            callers.push((op, since));
        }
    }
}
