//! Callers of `fetch`: each asks whether it may go, waits for what it is told to wait for, and shows a 401 once.

use evertoken_core::{Access, Code, Failure, OpId, TokenId};

use crate::marks::Mark;
use crate::server::Token;
use crate::tab::{Call, Draw, End, Errand, Stage};
use crate::trace::say;

use super::agenda::Event;
use super::{Law, World};

impl World {
    /// Somebody calls `fetch`.
    pub(super) fn call(&mut self, tab: usize, is_last: bool) {
        self.last_call += 1;
        let call = Call {
            number: self.last_call,
            stage: Stage::Asks,
            first: None,
            since: self.tabs[tab].awake(self.now, self.machine.slept),
            is_last,
        };
        if let Some(end) = self.go(tab, call, None) {
            self.end_call(tab, call, end);
        }
    }

    /// May it go? Puts it among the calls that are not over, unless it is.
    fn go(&mut self, tab: usize, mut call: Call, rejected: Option<TokenId>) -> Option<End> {
        let now = self.tab_now(tab);
        let access = self.tabs[tab].session.authorize(now, rejected);
        say!(
            self,
            self.tabs[tab].name,
            "fetch {} after {rejected:?}: {access:?}",
            call.number
        );
        match access {
            Access::Wait(op) => {
                call.stage = Stage::Waiting { op, rejected };
                self.tabs[tab].calls.push(call);
                None
            }
            Access::Refused(failure) => Some(End::Refused(failure)),
            Access::Replaced => Some(End::Replaced),
            Access::Use(id) => {
                let token = self.check_use(tab, id, &call, rejected)?;
                call.first = call.first.or(Some(token));
                call.stage = Stage::Sent(id, token);
                let number = call.number;
                self.tabs[tab].calls.push(call);
                let lag = self.draw(tab, Draw::Resource).between(5, 80);
                self.agenda
                    .enter(self.now + lag, Event::Resource(tab, number, token));
                None
            }
        }
    }

    pub(super) fn wake_calls(&mut self, tab: usize, woken: OpId, failure: Option<Failure>) {
        let calls = std::mem::take(&mut self.tabs[tab].calls);
        let (going, staying): (Vec<_>, Vec<_>) = calls
            .into_iter()
            .partition(|call| matches!(call.stage, Stage::Waiting { op, .. } if op == woken));
        self.tabs[tab].calls = staying;
        let awake = self.tabs[tab].awake(self.now, self.machine.slept);
        for call in going {
            let Stage::Waiting { rejected, .. } = call.stage else {
                continue;
            };
            self.check_wait(awake.saturating_sub(call.since), "a call");
            let end = match failure {
                Some(failure) => Some(End::Refused(failure)),
                None => self.go(tab, call, rejected),
            };
            if let Some(end) = end {
                self.end_call(tab, call, end);
            }
        }
    }

    pub(super) fn serve_resource(&mut self, tab: usize, call: u32, token: Token) {
        let is_forbidden = std::mem::take(&mut self.tabs[tab].is_forbidden);
        let status = match self.server.accepts(self.now, token) {
            true if is_forbidden => 403,
            true => 200,
            false => 401,
        };
        let lag = self.draw(tab, Draw::Resource).between(5, 80);
        let status = (!self.machine.offline).then_some(status);
        let errand = Errand::Resource(call, status);
        self.agenda
            .enter(self.now + lag, Event::Errand(tab, errand));
    }

    pub(super) fn resource_answered(&mut self, tab: usize, number: u32, status: Option<u16>) {
        let calls = &mut self.tabs[tab].calls;
        let Some(place) = calls.iter().position(|call| call.number == number) else {
            return self.breaks(Law::Shell, "a resource answers a call that is over");
        };
        let mut call = calls.swap_remove(place);
        let Stage::Sent(id, token) = call.stage else {
            return self.breaks(Law::Shell, "a resource answers a call that waits");
        };
        let is_first = call.first == Some(token);
        let end = match status {
            None => Some(End::Lost),
            Some(401) if is_first => {
                call.since = self.tabs[tab].awake(self.now, self.machine.slept);
                self.go(tab, call, Some(id))
            }
            Some(status) => {
                if !is_first {
                    self.marks.add(Mark::CallRetried);
                }
                if status == 403 {
                    self.forbid(tab, id);
                }
                Some(End::Status(status))
            }
        };
        if let Some(end) = end {
            self.end_call(tab, call, end);
        }
        self.pump(tab);
    }

    fn end_call(&mut self, tab: usize, call: Call, end: End) {
        self.marks.add(match end {
            End::Status(200) => Mark::CallServed,
            End::Status(_) => Mark::CallUnauthorized,
            End::Lost => Mark::Offline,
            End::Refused(failure) if failure.code == Code::LoginRequired => Mark::CallRefused,
            End::Refused(_) => Mark::CallFailed,
            End::Replaced => Mark::CallReplaced,
        });
        say!(
            self,
            self.tabs[tab].name,
            "fetch {} ends: {end:?}",
            call.number
        );
        if call.is_last {
            self.tabs[tab].last_end = Some(end);
        }
    }
}
