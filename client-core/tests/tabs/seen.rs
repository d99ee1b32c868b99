//! What can be seen of a tab.

use evertoken_core::{
    Code, Effect, Event, Exchange, Failure, Instant, Message, OpId, Record, Scope, Slot, Status,
    Stored, Tab, Tabs, Timer, Tombstone, View,
};

use crate::page::Page;

impl Page {
    /// What came out before is no matter any longer.
    pub fn look_from_here(&mut self) {
        self.mark = self.out.len();
    }

    pub fn seen(&self) -> &[Effect] {
        &self.out[self.mark..]
    }

    /// The lock it waits for.
    pub fn wanted_lock(&self) -> Option<OpId> {
        self.wanted
    }

    pub fn sent(&self) -> Vec<Exchange> {
        let sent = |effect: &Effect| match effect {
            Effect::Send { exchange, .. } => Some(*exchange),
            _ => None,
        };
        self.seen().iter().filter_map(sent).collect()
    }

    pub fn refreshes(&self) -> usize {
        let is_refresh = |exchange: &&Exchange| matches!(exchange, Exchange::Refresh(_));
        self.sent().iter().filter(is_refresh).count()
    }

    /// What was sent last, whenever that was.
    pub fn on_wire(&self) -> Option<OpId> {
        let sent = |effect: &Effect| match effect {
            Effect::Send { op, .. } => Some(*op),
            _ => None,
        };
        self.out.iter().rev().find_map(sent)
    }

    pub fn last_key(&self) -> Option<String> {
        let sent = |effect: &Effect| match effect {
            Effect::Send { key, .. } => Some(key.as_deref().map(str::to_owned)),
            _ => None,
        };
        self.out.iter().rev().find_map(sent).flatten()
    }

    pub fn posted(&self) -> Vec<Message> {
        let posted = |effect: &Effect| match effect {
            Effect::Post(message) => Some(message.clone()),
            _ => None,
        };
        self.seen().iter().filter_map(posted).collect()
    }

    pub fn statuses(&self) -> Vec<Status> {
        let status = |message| match message {
            Message::Status(status) => Some(status),
            Message::Ask { .. } | Message::Bye { .. } => None,
        };
        self.posted().into_iter().filter_map(status).collect()
    }

    pub fn questions(&self) -> usize {
        let is_ask = |message: &&Message| matches!(message, Message::Ask { .. });
        self.posted().iter().filter(is_ask).count()
    }

    /// Who asked last, and what to answer to.
    pub fn question(&self) -> (Tab, u32) {
        let asked = |effect: &Effect| match effect {
            Effect::Post(Message::Ask { from, question, .. }) => Some((*from, *question)),
            _ => None,
        };
        let last = self.out.iter().rev().find_map(asked);
        last.expect("it asked")
    }

    pub fn unlocked(&self) -> Vec<OpId> {
        let unlocked = |effect: &Effect| match effect {
            Effect::Unlock(lock) => Some(*lock),
            _ => None,
        };
        self.seen().iter().filter_map(unlocked).collect()
    }

    /// How those who wait for an operation were told to go on.
    pub fn woken(&self, woken: OpId) -> Option<Result<(), Code>> {
        let wakes = |effect: &Effect| match effect {
            Effect::Wake { op, failure } if *op == woken => {
                Some(failure.map_or(Ok(()), |failure| Err(failure.code)))
            }
            _ => None,
        };
        self.out.iter().find_map(wakes)
    }

    pub fn result_of(&self, wanted: OpId) -> Option<Result<(), Failure>> {
        let done = |effect: &Effect| match effect {
            Effect::Done { op, result } if *op == wanted => Some(*result),
            _ => None,
        };
        self.out.iter().find_map(done)
    }

    pub fn events(&self) -> Vec<Event> {
        let event = |effect: &Effect| match effect {
            Effect::Report(event) => Some(*event),
            _ => None,
        };
        self.seen().iter().filter_map(event).collect()
    }

    /// The tokens of other tabs that it took: whether it is the same user's, and when it expires.
    pub fn adopted(&self) -> Vec<(bool, Option<Instant>)> {
        let adopted = |effect: &Effect| match effect {
            Effect::Adopt {
                from: None,
                keep_user,
                expires,
                ..
            } => Some((*keep_user, *expires)),
            _ => None,
        };
        self.seen().iter().filter_map(adopted).collect()
    }

    pub fn forgot(&self) -> bool {
        self.seen().contains(&Effect::Forget)
    }

    pub fn stored(&self) -> Stored {
        let storage = self.storage.borrow();
        Stored::read(|slot| storage.get(&slot).map(|text| text.to_string()))
    }

    pub fn record(&self) -> Record {
        self.stored().record.expect("a record is kept")
    }

    pub fn tombstone(&self) -> Option<Tombstone> {
        self.stored().tombstone
    }

    /// What the server still has to be told, as it is noted.
    pub fn owed(&self) -> Option<Scope> {
        self.tombstone().expect("a tombstone is kept").owed
    }

    pub fn view(&self) -> View {
        self.session.view(self.now)
    }

    pub fn is_signed_in(&self) -> bool {
        matches!(self.view(), View::SignedIn { .. })
    }

    pub fn timer(&self) -> Option<Timer> {
        self.session.poll_timeout().map(|(_, timer)| timer)
    }

    /// How these tabs would be noted.
    pub fn reread_tabs(&self, tabs: &[Tab]) -> Tabs {
        let words: Vec<String> = tabs.iter().map(|tab| format!("{tab:x}")).collect();
        Tabs::parse(&format!("2 {}", words.join(" ")))
    }

    /// The bare names of what came out.
    pub fn steps(&self) -> Vec<&'static str> {
        let name = |effect: &Effect| match effect {
            Effect::Send { .. } => "send",
            Effect::Lock(_) => "lock",
            Effect::Unlock(_) => "unlock",
            Effect::Keep(Slot::Record, _) => "record",
            Effect::Keep(Slot::Tombstone, _) => "tombstone",
            Effect::Keep(Slot::Login, _) => "mark",
            Effect::Keep(Slot::Tabs, _) => "tabs",
            Effect::Post(Message::Ask { .. }) => "ask",
            Effect::Post(Message::Status(_)) => "tell",
            Effect::Post(Message::Bye { .. }) => "bye",
            Effect::Abort(_) => "abort",
            Effect::Adopt { .. } => "adopt",
            Effect::Forget => "forget",
            Effect::Wake { .. } => "wake",
            Effect::Done { .. } => "done",
            Effect::Changed => "changed",
            Effect::Report(_) => "report",
        };
        self.seen().iter().map(name).collect()
    }
}
