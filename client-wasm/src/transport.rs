//! Talks to the auth endpoints, one exchange at a time.

use std::cell::RefCell;
use std::rc::Rc;

use evertoken_core::read::{self, Media, Reply};
use evertoken_core::{Code, Contract, Endpoint, Exchange, Failure, Granted, OpId, Outcome, Scope};
use js_sys::{Function, JSON, JsString, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, Headers, RequestCache, RequestCredentials, RequestInit, Response};

use crate::document::JsDocument;
use crate::driver::Driver;
use crate::send;

/// The parts of an answer that stay JavaScript values.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) op: OpId,
    pub(crate) token: JsString,
    pub(crate) user: JsValue,
    pub(crate) claims: JsValue,
    /// The whole body, for a login form to read when it is a refusal.
    pub(crate) said: JsValue,
}

pub(crate) struct Transport {
    fetch: Function,
    base: String,
    contract: Contract,
    in_flight: RefCell<Option<(OpId, AbortController)>>,
}

impl Transport {
    pub(crate) fn new(fetch: Function, base: String, contract: Contract) -> Self {
        Self {
            fetch,
            base,
            contract,
            in_flight: RefCell::new(None),
        }
    }

    pub(crate) fn fetch(&self) -> &Function {
        &self.fetch
    }

    /// `METHOD url` of each auth endpoint.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = String> {
        let Contract {
            login,
            refresh,
            logout,
            ..
        } = &self.contract;
        [login, refresh, logout]
            .into_iter()
            .map(|endpoint| [endpoint.method, " ", &self.base, endpoint.path].concat())
    }

    /// Sends an exchange; the driver gets the answer.
    pub(crate) fn send(
        driver: &Rc<Driver>,
        op: OpId,
        exchange: Exchange,
        credentials: Option<JsValue>,
    ) {
        let controller = AbortController::new().ok();
        let driver = Rc::clone(driver);
        let init = driver
            .transport
            .prepare(exchange, credentials.as_ref(), controller.as_ref());
        *driver.transport.in_flight.borrow_mut() = controller.map(|controller| (op, controller));
        spawn_local(async move {
            let (outcome, arrived) = driver.transport.exchange(op, exchange, &init).await;
            driver.transport.landed(op);
            driver.answer(op, outcome, arrived);
        });
    }

    /// Stops waiting for an answer.
    pub(crate) fn abort(&self, op: OpId) {
        if let Some(controller) = self.landed(op) {
            controller.abort();
        }
    }

    fn landed(&self, op: OpId) -> Option<AbortController> {
        let mut in_flight = self.in_flight.borrow_mut();
        let landed = in_flight.take_if(|(current, _)| *current == op)?;
        Some(landed.1)
    }

    fn endpoint(&self, exchange: Exchange) -> &Endpoint {
        match exchange {
            Exchange::Login => &self.contract.login,
            Exchange::Refresh(_) => &self.contract.refresh,
            Exchange::Logout(_) => &self.contract.logout,
        }
    }

    fn url(&self, exchange: Exchange) -> String {
        let query = match exchange {
            Exchange::Logout(Scope::Local) => "?scope=local",
            Exchange::Logout(Scope::Others) => "?scope=others",
            Exchange::Logout(Scope::Global) | Exchange::Login | Exchange::Refresh(_) => "",
        };
        [&self.base, self.endpoint(exchange).path, query].concat()
    }

    fn prepare(
        &self,
        exchange: Exchange,
        credentials: Option<&JsValue>,
        controller: Option<&AbortController>,
    ) -> RequestInit {
        let endpoint = self.endpoint(exchange);
        let init = RequestInit::new();
        init.set_method(endpoint.method);
        // The refresh token is a cookie, and the backend may be another origin of this site.
        init.set_credentials(RequestCredentials::Include);
        init.set_cache(RequestCache::NoStore);
        init.set_signal(controller.map(AbortController::signal).as_ref());
        if let Ok(headers) = Headers::new() {
            // The names are constants, so the platform cannot object to them.
            let _ = headers.set("Accept", "application/json");
            if endpoint.json {
                let _ = headers.set("Content-Type", "application/json");
            }
            init.set_headers(&headers);
        }
        if let Some(body) = credentials {
            init.set_body(body);
        }
        init
    }

    async fn exchange(
        &self,
        op: OpId,
        exchange: Exchange,
        init: &RequestInit,
    ) -> (Outcome, Option<Arrived>) {
        match self.round_trip(exchange, init).await {
            Err(_) => (Outcome::Failed(Failure::new(Code::Network)), None),
            Ok((response, text)) => {
                let body = send::parse(&text);
                let outcome = self.read(exchange, &response, &text, &body);
                (outcome, Some(self.arrived(op, body)))
            }
        }
    }

    async fn round_trip(
        &self,
        exchange: Exchange,
        init: &RequestInit,
    ) -> Result<(Response, JsValue), JsValue> {
        let url = JsValue::from_str(&self.url(exchange));
        let promise = self.fetch.call2(&JsValue::UNDEFINED, &url, init)?;
        let response = JsFuture::from(Promise::resolve(&promise)).await?;
        // Somebody's own transport may bring anything; what has no text to read is no answer.
        let response: Response = response.unchecked_into();
        let text = JsFuture::from(response.text()?).await?;
        Ok((response, text))
    }

    fn read(
        &self,
        exchange: Exchange,
        response: &Response,
        text: &JsValue,
        body: &JsValue,
    ) -> Outcome {
        let header = |name| response.headers().get(name).ok().flatten();
        let challenge = header("WWW-Authenticate");
        let retry_after = header("Retry-After");
        let reply = Reply {
            status: response.status(),
            media: media(header("Content-Type").as_deref(), text),
            challenge: challenge.as_deref(),
            retry_after: retry_after.as_deref(),
            body: (!body.is_undefined()).then(|| JsDocument(body.clone())),
        };
        match exchange {
            Exchange::Login => read::login(&reply, &self.contract.fields),
            Exchange::Refresh(_) => read::refresh(&reply, &self.contract.fields),
            Exchange::Logout(_) => read::logout(&reply),
        }
    }

    fn arrived(&self, op: OpId, said: JsValue) -> Arrived {
        let body = JsDocument(said);
        let fields = &self.contract.fields;
        Arrived {
            op,
            token: body.at(fields.access_token).unchecked_into(),
            user: body.at(fields.user),
            claims: body.claims_at(fields.access_token),
            said: body.0,
        }
    }

    /// Reads a grant that was obtained elsewhere; the name of its operation follows.
    ///
    /// # Errors
    ///
    /// As [`read::grant`].
    pub(crate) fn read_grant(
        &self,
        grant: JsValue,
    ) -> Result<(Granted, impl Fn(OpId) -> Arrived), Failure> {
        let granted = read::grant(&JsDocument(grant.clone()), &self.contract.fields)?;
        Ok((granted, move |op| self.arrived(op, grant.clone())))
    }
}

/// The body of a login.
///
/// # Errors
///
/// What `JSON.stringify` throws, or `undefined` where there is nothing to write.
pub(crate) fn login_body(credentials: &JsValue) -> Result<JsValue, JsValue> {
    let text: JsValue = JSON::stringify(credentials)?.into();
    if text.is_string() {
        Ok(text)
    } else {
        Err(text)
    }
}

fn media(content_type: Option<&str>, text: &JsValue) -> Media {
    let says_html = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    let is_html = || {
        let text = text.unchecked_ref::<JsString>();
        text.is_string() && text.trim_start().char_at(0) == "<"
    };
    if says_html || is_html() {
        Media::Html
    } else {
        Media::Plain
    }
}
