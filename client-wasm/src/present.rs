//! What belongs to the session that is present: `js/send.js` has its token, here is whom it is for.

use evertoken_core::{Fields, Instant, OpId, TokenId};
use wasm_bindgen::JsValue;

use crate::channel::Said;
use crate::clock;
use crate::document::JsDocument;
use crate::driver::{Driver, From};

static HANDED_OVER: Fields = Fields::HANDED_OVER;

/// What came with the present token.
#[derive(Clone, Debug)]
pub(crate) struct Present {
    /// For the other tabs.
    pub(crate) token: JsValue,
    pub(crate) user: JsValue,
    claims: JsValue,
    /// Epoch milliseconds.
    expires_at: Option<f64>,
}

impl Driver {
    /// The present token's user as the backend described them, and the token's claims.
    pub(crate) fn user(&self) -> (JsValue, JsValue) {
        let present = self.present.borrow();
        let values = present.as_ref().map(|p| (p.user.clone(), p.claims.clone()));
        values.unwrap_or_default()
    }

    /// When the present token expires, in epoch milliseconds.
    pub(crate) fn expires_at(&self) -> Option<f64> {
        self.present.borrow().as_ref()?.expires_at
    }

    /// What `from` brought, or another tab said, is the session now.
    pub(crate) fn adopt(
        &self,
        from: Option<OpId>,
        token: TokenId,
        keep_user: bool,
        expires: Option<Instant>,
    ) {
        let arrived = match from {
            Some(op) => self.arrived(op).map(|(document, from)| {
                let fields = match from {
                    From::Backend => &self.contract().fields,
                    From::Elsewhere => &HANDED_OVER,
                };
                let user = fields.user.as_deref().map(|path| document.at(path));
                (document, &*fields.access_token, user.unwrap_or_default())
            }),
            None => self.said.borrow().as_ref().map(|said| {
                let document = said.document().clone();
                let user = document.at(Said::USER);
                (document, Said::TOKEN, user)
            }),
        };
        let Some((document, path, user)) = arrived else {
            return;
        };
        let expires_at = expires.map(|at| {
            let ahead = at.as_millis() as f64 - self.clock.now().as_millis() as f64;
            clock::wall() + ahead
        });
        self.hold(document, path, token, user, keep_user, expires_at);
    }

    fn hold(
        &self,
        document: JsDocument,
        path: &str,
        number: TokenId,
        user: JsValue,
        keep_user: bool,
        expires_at: Option<f64>,
    ) {
        let token = document.at(path);
        self.hand_over(&token, f64::from(number.get()));
        let mut present = self.present.borrow_mut();
        let before = present.take().filter(|_| keep_user);
        let user = match before {
            Some(before) if user.is_null_or_undefined() => before.user,
            Some(_) | None => user,
        };
        *present = Some(Present {
            token,
            user,
            claims: document.claims_at(path),
            expires_at,
        });
    }

    pub(crate) fn forget(&self) {
        self.present.replace(None);
        self.hand_over(&JsValue::UNDEFINED, 0.0);
    }

    fn hand_over(&self, token: &JsValue, number: f64) {
        if let Some(sender) = self.sender() {
            sender.adopt(token, number);
        }
    }
}
