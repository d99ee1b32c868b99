//! Who is there: how a tab makes itself known, and what it does when it is left and comes back.

use crate::effect::{Effect, Exchange, Why};
use crate::tabs::{Message, Slot, Stored, Tabs};
use crate::time::Instant;

use super::Session;
use super::state::State;
use super::wire::Stage;

impl Session {
    /// Notes that this tab is there, and says so to the others; whoever has the session answers.
    pub(super) fn greet(&mut self, stored: &Stored) {
        self.meet(stored);
        if self.config.channel {
            self.note_presence(true);
            self.post_question();
        }
    }

    /// Who has noted themselves.
    pub(super) fn meet(&mut self, stored: &Stored) {
        self.is_noted = false;
        for tab in stored.tabs.iter() {
            if tab == self.tab {
                self.is_noted = true;
            } else {
                self.peers.add(tab);
            }
        }
    }

    pub(super) fn say_goodbye(&mut self) {
        if self.config.channel {
            self.note_presence(false);
            self.effects
                .push(Effect::Post(Message::Bye { from: self.tab }));
        }
    }

    fn note_presence(&mut self, is_here: bool) {
        let text = self.peers.to_text(is_here.then_some(self.tab));
        self.effects.push(Effect::Keep(Slot::Tabs, text));
    }

    /// Whoever did not answer is asleep or gone; nobody waits for it again until it is heard of.
    pub(super) fn forget_silent_peers(&mut self) {
        if let Stage::Asking { missing, .. } = &self.wire.stage {
            for tab in missing.clone().iter() {
                self.peers.remove(tab);
            }
            self.note_presence(true);
        }
    }

    /// The page is being left. Nothing it holds may keep the others waiting.
    pub(super) fn hide(&mut self) {
        self.wire.paused = true;
        match self.wire.stage {
            Stage::Locking { .. } | Stage::Asking { .. } => self.wire.stage = Stage::Idle,
            Stage::Idle | Stage::Sent(_) => {}
        }
        self.say_goodbye();
    }

    /// The page is back from where it was kept: what it missed is looked up before anything goes out.
    pub(super) fn show(&mut self, now: Instant, stored: &Stored) {
        self.wire.paused = false;
        self.peers = Tabs::default();
        self.greet(stored);
        self.see(now, stored);
        let has_token = matches!(self.state, State::SignedIn { .. });
        if has_token && !self.peers.is_empty() {
            let look = self.wire.refresh(self.turn);
            let look =
                look.unwrap_or_else(|| self.enqueue(now, Exchange::Refresh(Why::Wake), false));
            self.wire.look = Some(look);
        }
    }
}
