//! Requests to the auth endpoints: there, through the table, into the cookie jar, and back to script, each at its own
//! time and each to be lost by itself.

use evertoken_core::Duration;

use evertoken_core::{Code, Detail, Exchange, Failure, Granted, OpId, Outcome, Slot};

use crate::browser::slot_number;
use crate::chance::Chance;
use crate::marks::Mark;
use crate::network::{self, Request};
use crate::script::{Fate, Trouble, Weather};
use crate::server::{Ask, Reply, SetCookie};
use crate::tab::{Draw, Errand, Life, Wire};
use crate::trace::say;

use super::World;
use super::acts::user_name;
use super::agenda::Event;

/// How long after the first the browser sends a request again by itself.
const AGAIN: u64 = 30;

impl World {
    pub(super) fn send(&mut self, tab: usize, op: OpId, exchange: Exchange, key: Option<String>) {
        let is_login = exchange == Exchange::Login;
        let is_refresh = matches!(exchange, Exchange::Refresh(_));
        self.check_refresh(tab, op, exchange, key.is_some());
        let ask = self.ask_of(tab, op, exchange, key);
        self.note_orphans();
        if is_refresh && self.agenda.has_note(slot_number(Slot::Tombstone)) {
            // Who only heard of a logout cannot know yet that the server has not.
            self.ghost.orphans += 2;
        }
        let passed = self.check_turn(tab);
        if let (Exchange::Refresh(_), false) = (exchange, passed) {
            self.check_needed(tab, op);
        }
        let number = self.requests.len();
        let fate = self.fate(tab, is_login, is_refresh);
        say!(
            self,
            self.tabs[tab].name,
            "sends {op:?} {ask:?} with {:?}: {fate:?}",
            self.jar
        );
        self.tabs[tab].wire = Some(Wire {
            op,
            request: number,
            passed,
        });
        self.requests.push(Request {
            tab,
            op,
            at: self.now,
            ask,
            cookie: self.jar,
            fate,
            reply: None,
            is_served: false,
            is_cut: false,
            is_aborted: false,
            is_over: false,
            is_orphan: false,
        });
        let now = self.now;
        if self.machine.offline {
            self.marks.add(Mark::Offline);
            self.requests[number].is_cut = true;
            return self.agenda.enter(now + 3, Event::See(number));
        }
        let (there, back) = (now + fate.up, now + fate.up + fate.down);
        match fate.trouble {
            Trouble::LostBefore
            | Trouble::ProxyBefore
            | Trouble::Limited(_)
            | Trouble::Superseded
            | Trouble::Page => self.agenda.enter(back, Event::See(number)),
            Trouble::None
            | Trouble::LostAfter
            | Trouble::Truncated
            | Trouble::ProxyAfter
            | Trouble::Hangs
            | Trouble::Twice => self.agenda.enter(there, Event::Serve(number)),
        }
        if let Some(later) = fate.copy {
            self.agenda.enter(now + later, Event::Copy(number));
        }
    }

    fn ask_of(&mut self, tab: usize, op: OpId, what: Exchange, key: Option<String>) -> Ask {
        match what {
            Exchange::Login => {
                let login = self.tabs[tab].logins.iter().find(|(of, _)| *of == op);
                let Some((_, login)) = login.copied() else {
                    self.breaks(super::Law::Shell, "a login is sent that nobody asked for");
                    return Ask::Refresh { key: None };
                };
                let asked = &self.ghost.logins[login as usize];
                Ask::Login {
                    user: asked.user,
                    right: asked.right,
                    login,
                }
            }
            Exchange::Refresh(_) => {
                if key.is_none() {
                    self.marks.add(Mark::EffectSendKeyless);
                }
                Ask::Refresh { key }
            }
            Exchange::Logout(scope) => Ask::Logout(scope),
        }
    }

    fn fate(&mut self, tab: usize, is_login: bool, is_refresh: bool) -> Fate {
        if let Some(fate) = self.tabs[tab].fates.pop_front() {
            return fate;
        }
        let mut chance: Chance = self.draw(tab, Draw::Send);
        if self.setting.steady {
            Fate::FINE
        } else {
            let mut fate = network::draw(self.weather, is_login, &mut chance);
            if self.weather != Weather::Calm && is_refresh {
                let mut requests = self.requests.iter().rev();
                let last = requests.find(|request| request.tab == tab);
                // Whoever is taken for an old copy once is often so again.
                if last.is_some_and(|last| last.fate.trouble == Trouble::Superseded)
                    && chance.percent(70)
                {
                    fate.trouble = Trouble::Superseded;
                }
            } else if fate.trouble == Trouble::Superseded {
                fate.trouble = Trouble::None;
            }
            fate
        }
    }

    pub(super) fn serve(&mut self, number: usize) {
        let answer = self.answer(number, false);
        let (now, request) = (self.now, &mut self.requests[number]);
        let fate = request.fate;
        request.is_served = true;
        if request.is_cut {
            self.ghost.unseen += 1;
            return;
        }
        match fate.trouble {
            Trouble::Twice => {
                // Its first answer is lost with the connection.
                request.fate.trouble = Trouble::None;
                self.marks.add(Mark::SentTwice);
                self.ghost.copies += 1;
                self.agenda.enter(now + AGAIN, Event::Serve(number));
            }
            Trouble::LostAfter | Trouble::ProxyAfter => {
                self.ghost.unseen += 1;
                self.agenda
                    .enter(now + fate.down + fate.body, Event::See(number));
            }
            Trouble::Hangs => {
                request.is_over = true;
                self.ghost.unseen += 1;
            }
            Trouble::None
            | Trouble::Truncated
            | Trouble::LostBefore
            | Trouble::ProxyBefore
            | Trouble::Limited(_)
            | Trouble::Superseded
            | Trouble::Page => {
                request.reply = Some(answer);
                self.agenda.enter(now + fate.down, Event::Land(number));
            }
        }
    }

    pub(super) fn serve_copy(&mut self, number: usize) {
        self.marks.add(Mark::LateCopy);
        self.ghost.copies += 1;
        self.answer(number, true);
    }

    /// The server answers, and the ghost looks over its shoulder.
    fn answer(&mut self, number: usize, is_copy: bool) -> (Reply, SetCookie) {
        let request = &self.requests[number];
        let tab = request.tab;
        let before = (self.server.reuses, self.server.ahead);
        let answer = self
            .server
            .serve(self.now, &request.ask, request.cookie, &mut self.marks);
        let copy = if is_copy { "a copy of " } else { "" };
        say!(
            self,
            "server",
            "{copy}{} {:?} {:?} with {:?}: {answer:?}",
            self.tabs[tab].name,
            request.op,
            request.ask,
            request.cookie
        );
        if self.tabs[tab].life == Life::Gone {
            self.marks.add(Mark::ServedAfterDeath);
        }
        if let (Ask::Login { login, .. }, Reply::Granted { token, .. }) = (&request.ask, &answer.0)
        {
            self.ghost
                .granted(*login, token.family, self.server.denials);
            let op = request.op;
            let is_told = !self.tabs[tab].logins.iter().any(|(of, _)| *of == op);
            if is_told && !request.is_aborted {
                self.marks.add(Mark::LoginOvertaken);
            }
        }
        if let Ask::Logout(_) = request.ask {
            self.ghost.logouts.push(self.now);
        }
        self.check_server(number, before);
        answer
    }

    pub(super) fn land(&mut self, number: usize) {
        let request = &self.requests[number];
        if request.is_cut {
            self.ghost.unseen += 1;
            return;
        }
        if request.is_aborted {
            self.ghost.unseen += 1;
            if !request.fate.lands_after_abort {
                return;
            }
            self.marks.add(Mark::LandedAfterAbort);
        }
        let is_gone = self.tabs[request.tab].life != Life::Awake;
        if is_gone || request.fate.trouble == Trouble::Truncated {
            self.marks.add(Mark::LandedUnseen);
        }
        if request.fate.trouble == Trouble::Truncated {
            self.ghost.unseen += 1;
        }
        let set = request.reply.as_ref().map(|(_, set)| *set);
        match set {
            Some(SetCookie::Set(cookie)) => {
                self.jar = Some(cookie);
                self.note_cookie(cookie);
            }
            Some(SetCookie::Clear) => {
                self.note_clear(number);
                self.jar = None;
            }
            Some(SetCookie::Keep) | None => {}
        }
        if !matches!(set, Some(SetCookie::Keep)) {
            say!(
                self,
                "jar",
                "{:?}, by {:?}",
                self.jar,
                self.requests[number].op
            );
        }
        let at = self.now + self.requests[number].fate.body;
        self.agenda.enter(at, Event::See(number));
    }

    /// Script sees how it ended, if it is there to see it.
    pub(super) fn see(&mut self, number: usize) {
        let request = &mut self.requests[number];
        if std::mem::replace(&mut request.is_over, true) {
            return;
        }
        let tab = request.tab;
        if request.is_aborted && self.draw(tab, Draw::Other).percent(50) {
            return;
        }
        self.deliver(tab, Errand::Answer(number));
    }

    /// What script makes of it.
    pub(super) fn outcome(&mut self, number: usize) -> Outcome {
        let request = &self.requests[number];
        let failed = |code, status| Outcome::Failed(Failure::new(code).status(status));
        if request.is_cut {
            return Outcome::Failed(Failure::new(Code::Network));
        }
        match request.fate.trouble {
            Trouble::LostBefore | Trouble::LostAfter | Trouble::Hangs | Trouble::Truncated => {
                return Outcome::Failed(Failure::new(Code::Network));
            }
            Trouble::ProxyBefore => return failed(Code::Server, 502),
            Trouble::ProxyAfter => return failed(Code::Server, 504),
            Trouble::Limited(seconds) => {
                return Outcome::Failed(Failure {
                    retry_after: Some(Duration::from_secs(seconds)),
                    ..Failure::new(Code::RateLimited).status(429)
                });
            }
            Trouble::Page => return failed(Code::Server, 200),
            Trouble::Superseded => {
                let failure = Failure::new(Code::Server).status(409);
                return Outcome::Failed(failure.detail(Detail::Superseded));
            }
            Trouble::None | Trouble::Twice => {}
        }
        let Some((reply, _)) = request.reply.clone() else {
            return Outcome::Failed(Failure::new(Code::Network));
        };
        match reply {
            Reply::Granted { token, key } => {
                let (tab, op) = (request.tab, request.op);
                self.tabs[tab].arrived = Some((op, token));
                Outcome::Granted(Granted {
                    lifetime: Some(Duration::from_millis(self.setting.lifetime)),
                    subject: Some(user_name(token.user).into()),
                    refresh_key: key,
                    ..Granted::default()
                })
            }
            Reply::Ended => Outcome::Ended,
            Reply::Denied { reason, missing } => Outcome::Denied {
                reason,
                missing,
                status: 401,
            },
            Reply::WrongPassword => failed(Code::InvalidCredentials, 401),
            Reply::Superseded => Outcome::Failed(
                Failure::new(Code::Server)
                    .status(409)
                    .detail(Detail::Superseded),
            ),
        }
    }

    /// The connections die: of what is under way, so much in a hundred.
    pub(super) fn cut(&mut self, percent: u64) {
        for number in 0..self.requests.len() {
            let request = &self.requests[number];
            if request.is_over || request.is_cut {
                continue;
            }
            let tab = request.tab;
            if !self.draw(tab, Draw::Other).percent(percent) {
                continue;
            }
            let request = &mut self.requests[number];
            request.is_cut = true;
            if request.is_served {
                self.ghost.unseen += 1;
            }
            self.agenda.enter(self.now + 2, Event::See(number));
        }
    }
}
