//! What the answers to an application's own requests say of the session, in the contracts that let them.

use std::rc::Rc;

use evertoken_core::read::{self, Document};
use evertoken_core::{Duration, Fields, Reason, TokenId};
use wasm_bindgen::JsValue;

use crate::clock;
use crate::document::JsDocument;
use crate::driver::{Driver, From};
use crate::transport;

impl Driver {
    /// What the answer to a request with the token of this number says: a renewal in its header, `ago` milliseconds after
    /// it was asked for, or that it is a refusal.
    pub(crate) fn told(self: &Rc<Self>, said: JsValue) {
        let said = JsDocument(said);
        let number = |name| said.number(name).unwrap_or_default();
        let Some(token) = TokenId::from_number(number("token") as u32) else {
            return;
        };
        match said.text("renewal") {
            Some(header) => self.renewed(token, number("ago"), &header),
            None => self.refused(token, &said),
        }
        self.pump();
    }

    fn renewed(&self, with: TokenId, ago: f64, header: &str) {
        let Some(token) = read::bearer(header) else {
            return;
        };
        let document = JsDocument::of_token(token);
        let wall = clock::wall() as u64;
        // What is no grant is no renewal: the answer is the caller's all the same.
        let Ok(granted) = read::grant(&document, &Fields::HANDED_OVER, wall) else {
            return;
        };
        let now = self.clock.now();
        let asked = now.before(Duration::from_millis(ago.max(0.0) as u64));
        let adopted = self
            .session
            .borrow_mut()
            .handed_over(now, asked, with, granted);
        if let Some(op) = adopted {
            self.arrive(op, document, From::Elsewhere);
        }
    }

    fn refused(&self, token: TokenId, answer: &JsDocument) {
        // Whether the token had expired: for the present one this is known, and no other can end anything.
        let expired = self.expires_at().is_some_and(|at| at <= clock::wall());
        let judged = read::resource(&transport::reply(answer), self.contract(), expired);
        let now = self.clock.now();
        let mut session = self.session.borrow_mut();
        match judged {
            Some(Reason::Forbidden) => drop(session.forbidden(now, token)),
            Some(reason) => session.refused(now, token, reason),
            None => {}
        }
    }
}
