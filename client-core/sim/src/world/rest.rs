//! How a world ends: the network is well, every tab is awake, time passes. Then everybody asks for something, a new
//! tab is opened, and all must agree.

use evertoken_core::Duration;

use evertoken_core::{Code, Detail, Reason, Restore, Timer, View};

use crate::script::{Lags, Weather};
use crate::tab::{End, Life, Wish};
use crate::trace::say;

use super::agenda::Event;
use super::{Law, World};

/// Longer than anybody may wait: for the lock, for an answer, and both once more; and longer than the tab that owes a
/// logout is left alone with it.
const PATIENCE: u64 = 75_000;

/// Longer than a renewal takes when all is well.
const RENEWAL: Duration = Duration::from_secs(3);

impl World {
    pub(super) fn rest(&mut self, phase: u8) {
        say!(self, "world", "comes to rest, {phase}");
        let next = match phase {
            0 => {
                self.lived = Some(self.marks.clone());
                self.heal();
                (5 * self.setting.lifetime / 2).max(PATIENCE)
            }
            1 => {
                self.everybody_calls();
                PATIENCE
            }
            2 => {
                self.check_found_out();
                let place = self.setting.places;
                self.open(place, Restore::Always);
                1_000
            }
            3 => {
                if let Some(tab) = self.places[self.setting.places] {
                    self.call(tab, true);
                    self.pump(tab);
                }
                PATIENCE
            }
            _ => {
                self.check_rest();
                self.is_over = true;
                return;
            }
        };
        self.agenda.enter(self.now + next, Event::Rest(phase + 1));
    }

    fn heal(&mut self) {
        self.weather = Weather::Calm;
        self.lags = Lags::SHORT;
        self.go_online(true);
        for tab in &mut self.tabs {
            tab.fates.clear();
            tab.is_forbidden = false;
        }
        for place in 0..self.setting.places {
            self.act_all(place);
        }
    }

    fn everybody_calls(&mut self) {
        for place in 0..self.setting.places {
            if let Some(tab) = self.places[place] {
                self.call(tab, true);
                self.pump(tab);
            }
        }
    }

    fn check_rest(&mut self) {
        for tab in 0..self.tabs.len() {
            if self.tabs[tab].life != Life::Gone {
                self.check_at_rest(tab);
            }
        }
        if self
            .locks
            .holder()
            .is_some_and(|(tab, _)| self.tabs[tab].wish.is_none())
        {
            self.breaks(
                Law::ComesToRest,
                "somebody holds the lock who does not want it",
            );
        }
        if self.agenda.len() > 1_000 {
            self.breaks(Law::Endless, "the agenda grows");
        }
        if !self.is_stuck() {
            self.check_agreement();
            self.check_last();
        }
    }

    /// The newest key was lost with the only answer it came in, and the cookie is older still: accepted.
    fn is_stuck(&self) -> bool {
        let is_superseded =
            |end: End| matches!(end, End::Refused(failure) if failure.is_superseded());
        self.tabs
            .iter()
            .any(|tab| tab.last_end.is_some_and(is_superseded))
    }

    fn check_at_rest(&mut self, tab: usize) {
        let now = self.tab_now(tab);
        let of = &self.tabs[tab];
        let name = &of.name;
        let waits = !of.calls.is_empty() || !of.callers.is_empty();
        // A renewal may be under way just now.
        let renews = |wish: Wish| now.since(wish.asked) < RENEWAL;
        let is_busy = !of.wish.is_none_or(renews) || !of.inbox.is_empty();
        let timer = of.session.poll_timeout().map(|(_, timer)| timer);
        let timer = timer.filter(|_| of.wish.is_none());
        let wrong = if waits {
            Some(format!("{name} has callers who wait"))
        } else if is_busy {
            Some(format!("{name} has an exchange or a lock"))
        } else if let Some(timer) = timer.filter(|timer| *timer != Timer::Refresh) {
            Some(format!("{name} still has a timer for {timer:?}"))
        } else {
            match of.last_end {
                Some(End::Status(200)) => None,
                Some(End::Refused(failure)) if failure.code == Code::LoginRequired => None,
                // Something that was given up cleared the cookie behind a login that was never renewed: it looks as if the
                // browser had never kept it.
                Some(End::Refused(failure))
                    if failure.detail == Detail::CookieDropped && !self.is_fair() =>
                {
                    return;
                }
                Some(End::Refused(failure)) if failure.is_superseded() => return,
                end => Some(format!("a call in {name} ended as {end:?}")),
            }
        };
        if let Some(wrong) = wrong {
            return self.breaks(Law::ComesToRest, &wrong);
        }
        match of.seen {
            View::SignedOut(_) | View::SignedIn { stale: false, .. } => {}
            View::SignedIn { stale: true, .. }
            | View::Restoring { .. }
            | View::SigningIn
            | View::SigningOut => {
                let how = format!("{name} shows {:?}", of.seen);
                self.breaks(Law::ComesToRest, &how);
            }
        }
    }

    /// Before anybody new comes and asks: a login whose answer was lost has been found out.
    fn check_found_out(&mut self) {
        let open = self.tabs.iter().filter(|tab| tab.life != Life::Gone);
        let shown: Vec<_> = open.map(|tab| tab.present).collect();
        let is_left = self.ghost.orphans + self.ghost.deaths > 0 || self.ghost.opened_early;
        let jar_lives = self
            .jar
            .is_some_and(|cookie| self.server.is_alive(self.now, cookie.family));
        let looks = self.setting.restore == Restore::Always;
        let nobody = !shown.is_empty() && shown.iter().all(Option::is_none);
        // A mark is for the next who starts.
        let is_marked = self.storage.read().login.is_some();
        let is_excused = is_left || is_marked || self.is_stuck();
        if nobody && jar_lives && looks && !is_excused && self.is_fair() {
            self.breaks(
                Law::Agreement,
                "nobody has found out that the cookie is good",
            );
        }
    }

    fn check_agreement(&mut self) {
        let awake = || self.tabs.iter().filter(|tab| tab.life != Life::Gone);
        let shown: Vec<_> = awake()
            .map(|tab| tab.present.map(|(_, token)| token.family))
            .collect();
        let first = shown.iter().flatten().next().copied();
        // Notes come late, so without locks a tab may read of an end after the login that followed it.
        let notes = self.setting.storage && self.setting.locks;
        // So may one that has only notes to go by, with locks too.
        let notes = notes && self.is_fair();
        // Who is given no token has to ask for one.
        let asks = self.setting.restore != Restore::Never;
        let tells = (self.setting.channel && (self.setting.shares || asks)) || (notes && asks);
        let is_deaf = !self.setting.channel && !self.setting.storage;
        let is_one = shown.iter().all(|family| match family {
            Some(family) => is_deaf || Some(*family) == first,
            None => first.is_none() || !tells,
        });
        let jar = self.jar.map(|cookie| cookie.family);
        let jar_lives = jar.is_some_and(|family| self.server.is_alive(self.now, family));
        let stored = self.storage.read();
        // A logout that a younger login took the place of is owed no longer.
        let login = stored.record.map(|record| record.position.epoch);
        let login = login.filter(|epoch| epoch.is_login());
        let tombstone = stored
            .tombstone
            .filter(|tombstone| login.is_none_or(|at| at < tombstone.epoch));
        let owed = tombstone.and_then(|tombstone| tombstone.owed);
        // A login or logout that nobody waited for may have had its way after all.
        let is_left = self.ghost.opened_early || self.ghost.orphans > 0;
        if !is_one && self.server.reuses == 0 {
            self.breaks(Law::Agreement, &format!("the tabs show {shown:?}"));
        }
        match first {
            // A clear that came late leaves a login that was never renewed without its cookie.
            Some(_) if jar.is_none() && !self.is_fair() => {}
            Some(family) if (jar != Some(family) || !jar_lives) && self.server.reuses == 0 => {
                let how = format!("the tabs show {family}, and the cookie is {jar:?}'s");
                self.breaks(Law::Agreement, &how);
            }
            None if jar_lives && self.setting.storage && !is_left => {
                let how = format!("nobody is signed in, and the cookie {jar:?} is good");
                self.breaks(Law::Agreement, &how);
            }
            Some(_) | None => {}
        }
        if let (Some(owed), None) = (owed, first) {
            self.breaks(Law::LogoutTold, &format!("{owed:?} is still owed"));
        }
    }

    /// Whoever came last, and was told that it worked, has their way.
    fn check_last(&mut self) {
        let Some(last) = self.ghost.last.filter(|last| last.is_told && last.is_quiet) else {
            return;
        };
        let signed_in = self.tabs.iter().filter(|tab| tab.life != Life::Gone);
        let signed_in: Vec<_> = signed_in.filter_map(|tab| tab.present).collect();
        if self.server.reuses > 0 || !self.is_fair() {
            return;
        }
        let Some(login) = last.login else {
            if !signed_in.is_empty() {
                self.breaks(
                    Law::LogoutCounts,
                    "somebody is signed in after the last logout",
                );
            }
            return;
        };
        let Some(family) = self.ghost.logins[login as usize].family else {
            return;
        };
        let expired = self.server.ended(self.now, family) == Some(Reason::Expired);
        if signed_in.is_empty() && !expired {
            self.breaks(Law::LoginCounts, "nobody is signed in after the last login");
        }
        if let Some((_, token)) = signed_in.first()
            && token.family != family
        {
            let how = format!("the last login is {family}, and {} is shown", token.family);
            self.breaks(Law::LoginCounts, &how);
        }
    }
}
