//! The client as Rust front ends hold it.

use std::rc::{Rc, Weak};

use evertoken_core::{Event, Failure, Scope, View};
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, Response};

use crate::backend;
use crate::driver::{Driver, Notice};
use crate::error::{self, Error};
use crate::options::Options;
use crate::send::Sender;
use crate::setup::Setup;

/// Keeps one user signed in against one backend. Clones are the same client.
///
/// It lives until the last clone is dropped or [`dispose`](Self::dispose) is called; a request under way
/// keeps it alive until it is answered.
#[derive(Clone)]
pub struct AuthClient {
    pub(crate) driver: Rc<Driver>,
}

/// Keeps a listener subscribed; dropping it unsubscribes.
#[must_use = "dropping a subscription ends it"]
pub struct Subscription {
    driver: Weak<Driver>,
    id: u32,
}

impl AuthClient {
    /// A client that has begun to look for a session from last time, if `options.restore` says so.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) if the base URL or an origin is no absolute
    /// `http(s)` address, or if there is no `fetch`.
    pub fn new(options: Options) -> Result<Self, Error> {
        let driver = Driver::new(Setup {
            given: backend::given(
                &options.base_url,
                options.allowed_origins,
                options.fetch,
                options.storage,
                options.reauthenticate,
            ),
            restore: options.restore,
            refresh_buffer: options.refresh_buffer.into(),
            request_timeout: options.request_timeout.into(),
            keeps: true,
            cross_tab: options.cross_tab,
            share_token: options.share_token,
            contract: options.contract,
        })?;
        driver.start();
        Ok(Self { driver })
    }

    /// Signs in. `credentials`, an object, are sent as the contract says.
    ///
    /// # Errors
    ///
    /// `InvalidCredentials`, `Rejected`, `LoginRequired` (a logout was called meanwhile), or one of the
    /// transient codes. A refused login never ends the session there was.
    pub async fn login(&self, credentials: JsValue) -> Result<(), Error> {
        conclude(self.driver.login(&credentials)).await
    }

    /// Signs out: here at once, at the server when it can be told.
    ///
    /// # Errors
    ///
    /// The server could not be told yet; the user is signed out here all the same.
    pub async fn logout(&self, scope: Scope) -> Result<(), Error> {
        conclude(self.driver.logout(scope)).await
    }

    /// Sends a request with a token that is good, renewing first or once afterwards if need be.
    ///
    /// # Errors
    ///
    /// [`Error::Auth`] if there is no session, or none can be had just now; [`Error::Platform`] with what
    /// the platform's `fetch` rejected with. An answer is not an error, whatever its status.
    pub async fn fetch(&self, request: &Request) -> Result<Response, Error> {
        let response = self.ask(|sender| sender.fetch(request)).await?;
        Ok(response.unchecked_into())
    }

    /// The access token, never the `rejected` one: for what does not go through [`fetch`](Self::fetch).
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    pub async fn access_token(&self, rejected: Option<&str>) -> Result<String, Error> {
        let token = self.ask(|sender| sender.token(rejected)).await?;
        Ok(token.as_string().unwrap_or_default())
    }

    /// Takes over a session that was obtained elsewhere: `{ accessToken, expiresIn, refreshToken, user }`, whatever the
    /// contract calls them. It ends every login called before it.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` if it holds no access token or a lifetime that cannot be right.
    pub fn set_session(&self, grant: JsValue) -> Result<(), Error> {
        Ok(self.driver.set_session(grant)?)
    }

    /// Prepares for a login elsewhere: tells the server of a logout that it has not heard of, and has the page that
    /// comes back look for the session. Leave the page when it is done, for example with `Location::assign`.
    ///
    /// # Errors
    ///
    /// The server could not be told just now; nobody should sign in elsewhere before it has been.
    pub async fn redirects(&self) -> Result<(), Error> {
        conclude(self.driver.settle()).await?;
        Ok(self.driver.redirects()?)
    }

    /// When the present token expires, in epoch milliseconds, if the backend says.
    pub fn expires_at(&self) -> Option<f64> {
        self.driver.expires_at()
    }

    /// Renews now; joins a renewal under way. Signed out, it asks the backend.
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    pub async fn refresh(&self) -> Result<(), Error> {
        self.ask(Sender::refresh).await.map(drop)
    }

    /// What everybody sees of the session.
    pub fn session(&self) -> View {
        self.driver.view()
    }

    /// The user as the backend described them, and the claims of the token; `undefined` without any.
    pub fn user(&self) -> (JsValue, JsValue) {
        self.driver.user()
    }

    /// Waits for the first conclusion about the session from last time.
    pub async fn ready(&self) {
        // It brings a failure where nothing could be found out; that is a conclusion too.
        let _ = self.ask(Sender::settled).await;
    }

    /// Calls `listener` whenever [`session`](Self::session) changes, and not at once.
    pub fn subscribe(&self, listener: impl Fn() + 'static) -> Subscription {
        self.listen(move |notice| match notice {
            Notice::Changed => listener(),
            Notice::Happened(_) => {}
        })
    }

    /// Calls `listener` with everything that happens.
    pub fn on_event(&self, listener: impl Fn(Event) + 'static) -> Subscription {
        self.listen(move |notice| match notice {
            Notice::Changed => {}
            Notice::Happened(event) => listener(event),
        })
    }

    /// Ends the client. Everyone who waits is told `Disposed`. Idempotent.
    pub fn dispose(&self) {
        self.driver.dispose();
    }

    fn listen(&self, listener: impl Fn(Notice) + 'static) -> Subscription {
        Subscription {
            id: self.driver.listen(Rc::new(listener)),
            driver: Rc::downgrade(&self.driver),
        }
    }

    async fn ask(&self, question: impl FnOnce(&Sender) -> Promise) -> Result<JsValue, Error> {
        let Some(sender) = self.driver.sender() else {
            return Err(Failure::new(evertoken_core::Code::Disposed).into());
        };
        JsFuture::from(question(&sender))
            .await
            .map_err(error::from_js)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.upgrade() {
            driver.unlisten(self.id);
        }
    }
}

/// Waits for a promise that brings `undefined` or a failure's record.
async fn conclude(begun: Result<Promise, Failure>) -> Result<(), Error> {
    let brought = JsFuture::from(begun?).await.map_err(Error::Platform)?;
    if brought.is_undefined() {
        Ok(())
    } else {
        Err(error::from_js(brought))
    }
}
