//! What the tabs of an origin say to each other (BroadcastChannel). Where there is none, nobody is heard.

use evertoken_core::{Message, read::Document};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use crate::document::JsDocument;

#[wasm_bindgen(module = "/js/platform.js")]
extern "C" {
    #[derive(Debug)]
    #[wasm_bindgen(js_name = Channel)]
    type JsChannel;

    #[wasm_bindgen(constructor, js_class = Channel)]
    fn new(name: &str, heard: &Closure<dyn Fn(JsValue)>) -> JsChannel;

    #[wasm_bindgen(method)]
    fn open(this: &JsChannel);

    #[wasm_bindgen(method)]
    fn post(this: &JsChannel, text: &str, token: &JsValue, user: &JsValue);

    #[wasm_bindgen(method)]
    fn close(this: &JsChannel);

    /// Whether there is such a thing.
    #[wasm_bindgen(js_name = hasChannels)]
    pub(crate) fn exists() -> bool;
}

/// Something another tab said, and what came with it.
#[derive(Clone, Debug)]
pub(crate) struct Said(JsDocument);

impl Said {
    /// Where its token and its user are.
    pub(crate) const TOKEN: &str = "2";
    pub(crate) const USER: &str = "3";

    /// When it was said, in epoch milliseconds, and what; nothing if another version said it.
    pub(crate) fn read(&self) -> Option<(f64, Message)> {
        Some((self.0.number("0")?, Message::parse(&self.0.text("1")?)?))
    }

    pub(crate) fn has_token(&self) -> bool {
        self.0.text(Self::TOKEN).is_some()
    }

    pub(crate) fn document(&self) -> &JsDocument {
        &self.0
    }
}

#[derive(Debug)]
pub(crate) struct Channel {
    js: JsChannel,
    /// Called as long as the channel is open.
    _heard: Closure<dyn Fn(JsValue)>,
}

impl Channel {
    pub(crate) fn new(name: &str, heard: impl Fn(Said) + 'static) -> Self {
        let heard = Closure::<dyn Fn(JsValue)>::new(move |said| heard(Said(JsDocument(said))));
        Self {
            js: JsChannel::new(name, &heard),
            _heard: heard,
        }
    }

    /// Opens it again.
    pub(crate) fn open(&self) {
        self.js.open();
    }

    pub(crate) fn post(&self, message: &Message, token: &JsValue, user: &JsValue) {
        self.js.post(&message.to_text(), token, user);
    }

    pub(crate) fn close(&self) {
        self.js.close();
    }
}
