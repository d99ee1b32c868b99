//! May a request go? The answers that `js/send.js` gets, in numbers, and when the application signs in by itself instead of
//! being refused.

use std::rc::Rc;

use evertoken_core::{Access, Instant, OpId, Reason, Session, TokenId, View, Why};
use js_sys::Promise;
use wasm_bindgen::JsValue;

use crate::driver::Driver;
use crate::error;
use crate::send;

impl Driver {
    /// May a request go? For `js/send.js`, in numbers.
    pub(crate) fn ask(self: &Rc<Self>, rejected: f64) -> f64 {
        let now = self.clock.now();
        let access = {
            let mut session = self.session.borrow_mut();
            let access = if rejected == send::RENEW {
                session.refresh(now)
            } else {
                session.authorize(now, TokenId::from_number(rejected as u32))
            };
            // Whoever saw a 401 had a session, for whose end nobody is asked twice.
            let is_new = rejected == 0.0 || rejected == send::RENEW;
            match access {
                Access::Refused(_) if is_new && self.may_sign_in(&session, now) => {
                    session.refresh(now)
                }
                Access::Use(_) | Access::Wait(_) | Access::Refused(_) | Access::Replaced => access,
            }
        };
        let (answer, pending) = match access {
            // A listener asks, and this token may not have been handed to the sender yet.
            Access::Use(_) if self.pumping.get() => {
                let told = Promise::resolve(&JsValue::UNDEFINED);
                (send::WAIT, told.into())
            }
            Access::Use(token) => return f64::from(token.get()),
            Access::Replaced => return send::REPLACED,
            // Before anything is performed: a listener may end the operation at once.
            Access::Wait(op) => {
                if rejected != send::LOOK {
                    self.wanted.set(Some(op));
                }
                (send::WAIT, self.shared(op).into())
            }
            Access::Refused(failure) => (send::REFUSED, error::to_js(failure, &JsValue::UNDEFINED)),
        };
        self.pump();
        self.pending.replace(pending);
        answer
    }

    /// Whether the application can sign in without asking anybody, and nobody has just signed out on purpose.
    fn may_sign_in(&self, session: &Session, now: Instant) -> bool {
        self.backend().is_some_and(|backend| backend.signs_in())
            && match session.view(now) {
                View::SignedOut(reason) => !matches!(reason, Reason::Logout | Reason::Forbidden),
                View::SigningOut => false,
                View::Restoring { .. } | View::SigningIn | View::SignedIn { .. } => true,
            }
    }

    /// Whether a refresh that cannot be had is made good by signing in: where somebody waits for a session, or has one.
    pub(crate) fn signs_in(&self, op: OpId, why: Why) -> bool {
        let is_wanted = why == Why::Timer || self.wanted.get() == Some(op);
        is_wanted && self.may_sign_in(&self.session.borrow(), self.clock.now())
    }
}
