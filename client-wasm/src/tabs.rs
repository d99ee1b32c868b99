//! The other tabs: relays what they say and what happens to the page. Nothing is decided here.

use std::rc::{Rc, Weak};

use evertoken_core::{Duration, Input, Message, OpId};
use wasm_bindgen::JsValue;

use crate::channel::{Channel, Said};
use crate::clock;
use crate::driver::Driver;
use crate::locks::Locks;
use crate::wake::{Wake, Woken};

/// What a tab shares with the others of its origin.
#[derive(Debug)]
pub(crate) struct Neighbours {
    pub(crate) locks: Locks,
    others: Option<Others>,
}

#[derive(Debug)]
struct Others {
    channel: Channel,
    wake: core::cell::RefCell<Option<Wake>>,
}

impl Neighbours {
    /// `name` is what the tabs of one session have in common. They are held weakly, since the driver holds them.
    pub(crate) fn new(driver: &Rc<Driver>, name: &str, cross_tab: bool) -> Self {
        let lock_name = if cross_tab { name } else { "" };
        let locks = Locks::new(
            lock_name.to_owned(),
            relay(driver, |driver, lock: OpId| {
                let stored = driver.stored();
                driver.take(Input::Locked { lock, stored });
                driver.pump();
            }),
        );
        let others = cross_tab.then(|| Others {
            channel: Channel::new(name, relay(driver, |driver, said| driver.heard(said))),
            wake: Some(Wake::new(
                name,
                relay(driver, |driver, woken| driver.woken(woken)),
            ))
            .into(),
        });
        Self { locks, others }
    }

    /// Nobody is to be heard any more.
    pub(crate) fn leave(&self) {
        if let Some(others) = &self.others {
            others.channel.close();
            others.wake.replace(None);
        }
    }

    fn channel(&self) -> Option<&Channel> {
        Some(&self.others.as_ref()?.channel)
    }
}

fn relay<T, F: Fn(&Rc<Driver>, T) + 'static>(driver: &Rc<Driver>, to: F) -> impl Fn(T) + use<T, F> {
    let weak: Weak<Driver> = Rc::downgrade(driver);
    move |value| {
        if let Some(driver) = weak.upgrade() {
            to(&driver, value);
        }
    }
}

impl Driver {
    fn channel(&self) -> Option<&Channel> {
        self.tabs.get()?.channel()
    }

    /// Says something to the other tabs; the present token goes with it if it is meant to.
    pub(crate) fn post(&self, message: &Message) {
        let Some(channel) = self.channel() else {
            return;
        };
        let brings = matches!(message, Message::Status(status) if status.token.is_some());
        let present = self.present.borrow();
        let (token, user) = match present.as_ref().filter(|_| brings && self.shares_token) {
            Some(present) => (&present.token, &present.user),
            None => (&JsValue::UNDEFINED, &JsValue::UNDEFINED),
        };
        channel.post(message, token, user);
    }

    fn heard(self: &Rc<Self>, said: Said) {
        let Some((at, message)) = said.read() else {
            return;
        };
        let ago = (clock::wall() - at).max(0.0);
        let token = said.has_token();
        self.said.replace(Some(said));
        self.take(Input::Heard {
            message,
            ago: Duration::from_millis(ago as u64),
            token,
        });
        self.pump();
    }

    fn woken(self: &Rc<Self>, woken: Woken) {
        match woken {
            Woken::Stored => self.take(Input::Stored(self.stored())),
            Woken::Online => self.take(Input::Online(true)),
            Woken::Offline => self.take(Input::Online(false)),
            Woken::Left => self.take(Input::Hidden),
            Woken::Back => {
                if let Some(channel) = self.channel() {
                    channel.open();
                }
                self.take(Input::Shown(self.stored()));
            }
            Woken::Seen => self.take(Input::Tick),
        }
        self.pump();
        if let (Woken::Left, Some(channel)) = (woken, self.channel()) {
            channel.close();
        }
    }
}
