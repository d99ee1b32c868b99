//! Talks to the auth endpoints, one exchange at a time.

use std::cell::RefCell;
use std::rc::Rc;

use evertoken_core::read::{self, Media, Reply};
use evertoken_core::{
    Body, Code, Contract, Cookies, Endpoint, Exchange, Failure, Fields, Granted, OpId, Outcome,
    Scope,
};
use js_sys::{Function, JSON, JsString, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, Headers, RequestCache, RequestCredentials, RequestInit, Response};

use crate::clock;
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
        self.contract
            .endpoints()
            .map(|endpoint| [&endpoint.method, " ", self.base.as_str(), &endpoint.path].concat())
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
        let request = driver.transport.endpoint(exchange).map(|endpoint| {
            let transport = &driver.transport;
            let init = transport.prepare(endpoint, credentials.as_ref(), controller.as_ref());
            (transport.url(exchange, endpoint), init)
        });
        *driver.transport.in_flight.borrow_mut() = controller.map(|controller| (op, controller));
        spawn_local(async move {
            let (outcome, arrived) = match request {
                Some((url, init)) => driver.transport.exchange(op, exchange, &url, &init).await,
                None => (untold(exchange), None),
            };
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

    fn endpoint(&self, exchange: Exchange) -> Option<&Endpoint> {
        match exchange {
            Exchange::Login => Some(&self.contract.login),
            Exchange::Refresh(_) => self.contract.refresh(),
            Exchange::Logout(_) => self.contract.logout.as_ref(),
        }
    }

    fn url(&self, exchange: Exchange, endpoint: &Endpoint) -> String {
        let query = match exchange {
            Exchange::Logout(Scope::Local) => "?scope=local",
            Exchange::Logout(Scope::Others) => "?scope=others",
            Exchange::Logout(Scope::Global) | Exchange::Login | Exchange::Refresh(_) => "",
        };
        [self.base.as_str(), &endpoint.path, query].concat()
    }

    fn prepare(
        &self,
        endpoint: &Endpoint,
        credentials: Option<&JsValue>,
        controller: Option<&AbortController>,
    ) -> RequestInit {
        let init = RequestInit::new();
        init.set_method(&endpoint.method);
        init.set_credentials(match self.contract.cookies {
            Cookies::Omit => RequestCredentials::Omit,
            Cookies::SameOrigin => RequestCredentials::SameOrigin,
            Cookies::Include => RequestCredentials::Include,
        });
        init.set_cache(RequestCache::NoStore);
        init.set_signal(controller.map(AbortController::signal).as_ref());
        if let Ok(headers) = Headers::new() {
            // The names are constants, so the platform cannot object to them.
            let _ = headers.set("Accept", "application/json");
            if endpoint.body == Body::Json {
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
        url: &str,
        init: &RequestInit,
    ) -> (Outcome, Option<Arrived>) {
        match self.round_trip(url, init).await {
            Err(_) => (Outcome::Failed(Failure::new(Code::Network)), None),
            Ok((response, text)) => {
                let body = send::parse(&text);
                let outcome = self.read(exchange, &response, &text, &body);
                (outcome, Some(arrived(op, body, &self.contract.fields)))
            }
        }
    }

    async fn round_trip(
        &self,
        url: &str,
        init: &RequestInit,
    ) -> Result<(Response, JsValue), JsValue> {
        let promise = self.fetch.call2(&JsValue::UNDEFINED, &url.into(), init)?;
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
        let date = header("Date");
        let reply = Reply {
            status: response.status(),
            media: media(header("Content-Type").as_deref(), text),
            challenge: challenge.as_deref(),
            retry_after: retry_after.as_deref(),
            date: date.as_deref(),
            wall: clock::wall() as u64,
            body: (!body.is_undefined()).then(|| JsDocument(body.clone())),
        };
        match exchange {
            Exchange::Login => read::login(&reply, &self.contract),
            Exchange::Refresh(_) => read::refresh(&reply, &self.contract),
            Exchange::Logout(_) => read::logout(&reply, &self.contract),
        }
    }
}

/// Reads a grant that was obtained elsewhere; the name of its operation follows.
///
/// # Errors
///
/// As [`read::grant`].
pub(crate) fn read_grant(grant: JsValue) -> Result<(Granted, impl Fn(OpId) -> Arrived), Failure> {
    let fields = Fields::HANDED_OVER;
    let granted = read::grant(&JsDocument(grant.clone()), &fields, clock::wall() as u64)?;
    Ok((granted, move |op| arrived(op, grant.clone(), &fields)))
}

fn arrived(op: OpId, said: JsValue, fields: &Fields) -> Arrived {
    let body = JsDocument(said);
    let user = fields.user.as_deref();
    Arrived {
        op,
        token: body.at(&fields.access_token).unchecked_into(),
        user: user.map_or(JsValue::UNDEFINED, |user| body.at(user)),
        claims: body.claims_at(&fields.access_token),
        said: body.0,
    }
}

/// What comes of an exchange that the contract has no endpoint for.
fn untold(exchange: Exchange) -> Outcome {
    match exchange {
        Exchange::Logout(_) => Outcome::Ended,
        Exchange::Login | Exchange::Refresh(_) => {
            Outcome::Failed(Failure::new(Code::Misconfigured))
        }
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
