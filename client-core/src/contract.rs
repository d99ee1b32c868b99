//! What a backend looks like, as data: where its endpoints are, what they take, and where its answers
//! keep things.
//!
//! A [`Contract`] is one of five presets, which are constants, or a user's own. All its text is
//! [`Text`], so that a preset allocates nothing and a user's own is possible. It decides nothing: the
//! shell builds requests from it, [`read`](crate::read) reads answers by it.

use std::borrow::Cow;

/// Text that is a constant in a preset and owned in a user's own contract.
pub type Text = Cow<'static, str>;

/// A backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Exchanges credentials for a session.
    pub login: Endpoint,
    /// How an access token is renewed.
    pub renewal: Renewal,
    /// Ends the session; without it, a logout is local.
    pub logout: Option<Endpoint>,
    /// Where answers keep things.
    pub fields: Fields,
    /// Whether requests to the auth endpoints carry cookies.
    pub cookies: Cookies,
    /// The statuses with which a renewal is refused where the body's code says nothing else. A 429 or
    /// a 5xx never is.
    pub denied: Cow<'static, [u16]>,
    /// What a 403 of a resource means.
    pub forbidden: Forbidden,
    /// Whether a random `Idempotency-Key` may cross origins too, where the server's CORS rules must
    /// allow the header. A key that the backend handed out is always sent.
    pub idempotency_key: bool,
}

/// One endpoint: how a request to it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The path below the base URL, with its leading slash.
    pub path: Text,
    /// The HTTP method.
    pub method: Text,
    /// What kind of body the request has.
    pub body: Body,
    /// Parameters of the body with fixed values. A caller's credential of the same name wins, so that
    /// another grant can be named (RFC 6749 §4.5).
    pub params: Cow<'static, [(Text, Text)]>,
    /// What credentials are called on the wire where that is not what callers call them.
    pub names: Cow<'static, [(Text, Text)]>,
    /// What the refresh token is called here if not as in the answers; see [`Contract::token_name`].
    pub token: Option<Text>,
}

/// What kind of body a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded` (RFC 6749 appendix B).
    Form,
    /// None.
    None,
}

/// How an access token is renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// By asking this endpoint.
    Endpoint(Endpoint),
    /// By the backend itself, in the `Authorization` header of its answers. Nothing is scheduled.
    ResponseHeader,
    /// By signing in anew.
    Reauthenticate,
}

/// Whether requests to the auth endpoints carry cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cookies {
    /// Never.
    Omit = 0,
    /// To the page's own origin.
    SameOrigin = 1,
    /// Always.
    Include = 2,
}

/// What a 403 of a resource means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// That this user may not do this: the session stays.
    Ignore,
    /// That the session is over.
    Logout,
}

/// Where an answer keeps what the client needs, as dotted paths such as `data.tokens.access`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The access token, a string.
    pub access_token: Text,
    /// Its lifetime in seconds (RFC 6749 §5.1 `expires_in`).
    pub expires_in: Option<Text>,
    /// When it expires: seconds or milliseconds since 1970, or an ISO 8601 date. `expires_in` wins.
    pub expires_at: Option<Text>,
    /// The refresh token, if it is in the answer's body. `None`: it is a cookie that script never sees.
    pub refresh_token: Option<Text>,
    /// The refresh key, which is sent back as `Idempotency-Key`.
    pub refresh_key: Option<Text>,
    /// Who the token stands for.
    pub user: Option<Text>,
}

impl Contract {
    /// One-time refresh tokens in an HttpOnly cookie, as `evertoken-mock` serves them by default.
    pub const ROTATION: Self = Self::new(
        Endpoint::post("/auth/login", Body::Json),
        Renewal::Endpoint(Endpoint::post("/auth/refresh", Body::None)),
        Some(Endpoint::post("/auth/logout", Body::None)),
        Fields::CAMEL_CASE,
    );

    /// A token endpoint (RFC 6749 §4.3, §6) with its tokens in the body, and revocation (RFC 7009).
    pub const OAUTH2: Self = Self::new(
        Endpoint::form("/auth/token", PASSWORD_GRANT, USERNAME, None),
        Renewal::Endpoint(Endpoint::form("/auth/token", REFRESH_GRANT, &[], None)),
        Some(Endpoint::form(
            "/auth/revoke",
            &[],
            &[],
            Some(text("token")),
        )),
        Fields::SNAKE_CASE,
    );

    /// A refresh cookie that is not rotated.
    pub const FIXED_COOKIE: Self = Self::new(
        Endpoint::post("/api/v1/auth/login", Body::Json),
        Renewal::Endpoint(Endpoint::post("/api/v1/auth/refresh-token", Body::None)),
        Some(Endpoint::post("/api/v1/auth/logout", Body::None)),
        Fields::CAMEL_CASE,
    );

    /// A backend that renews by itself, while it serves requests.
    pub const GATEWAY: Self = Self::new(
        Endpoint::post("/gateway/login", Body::Json),
        Renewal::ResponseHeader,
        Some(Endpoint::post("/gateway/logout", Body::None)),
        Fields::CAMEL_CASE,
    );

    /// A platform's login code for a pair of tokens, as mini-programs have it. A 403 ends the session.
    pub const CODE_EXCHANGE: Self = {
        let mut contract = Self::new(
            Endpoint::post("/wx/auth/login", Body::Json),
            Renewal::Endpoint(Endpoint::post("/wx/auth/refresh", Body::Json)),
            Some(Endpoint::post("/wx/auth/logout", Body::Json)),
            Fields::camel_case(Some(text("refreshToken"))),
        );
        contract.forbidden = Forbidden::Logout;
        contract
    };

    /// The preset of this name, as users write it.
    pub fn preset(name: &str) -> Option<&'static Self> {
        static PRESETS: [(&str, Contract); 5] = [
            ("rotation", Contract::ROTATION),
            ("oauth2", Contract::OAUTH2),
            ("fixed-cookie", Contract::FIXED_COOKIE),
            ("gateway", Contract::GATEWAY),
            ("code-exchange", Contract::CODE_EXCHANGE),
        ];
        let (_, contract) = PRESETS.iter().find(|(known, _)| *known == name)?;
        Some(contract)
    }

    /// A contract with what follows from its parts; the rest can be set afterwards.
    ///
    /// A renewal is refused with 401, by a backend that renews by itself with 403; cookies go along
    /// where the refresh token is one.
    pub const fn new(
        login: Endpoint,
        renewal: Renewal,
        logout: Option<Endpoint>,
        fields: Fields,
    ) -> Self {
        let denied = match renewal {
            Renewal::ResponseHeader => FORBIDDEN,
            Renewal::Endpoint(_) | Renewal::Reauthenticate => UNAUTHORIZED,
        };
        let cookies = match fields.refresh_token {
            None => Cookies::Include,
            Some(_) => Cookies::SameOrigin,
        };
        Self {
            login,
            renewal,
            logout,
            fields,
            cookies,
            denied,
            forbidden: Forbidden::Ignore,
            idempotency_key: false,
        }
    }

    /// The endpoint that renews, if there is one.
    pub const fn refresh(&self) -> Option<&Endpoint> {
        match &self.renewal {
            Renewal::Endpoint(endpoint) => Some(endpoint),
            Renewal::ResponseHeader | Renewal::Reauthenticate => None,
        }
    }

    /// The endpoints that are told of the session, each once.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        [Some(&self.login), self.refresh(), self.logout.as_ref()]
            .into_iter()
            .flatten()
    }

    /// What the refresh token is called in the body of a request to `endpoint`: its own name for it,
    /// else the last part of its path in the answers. `None` where it is a cookie, or there is no body.
    pub fn token_name<'a>(&'a self, endpoint: &'a Endpoint) -> Option<&'a str> {
        let path = self.fields.refresh_token.as_deref()?;
        match endpoint.body {
            Body::None => None,
            Body::Json | Body::Form => endpoint.token.as_deref().or_else(|| {
                // (`rsplit`, which can split at anything, would weigh 0.4 KB of brotli more.)
                let dot = path.bytes().rposition(|byte| byte == b'.');
                path.get(dot.map_or(0, |dot| dot + 1)..)
            }),
        }
    }
}

impl Endpoint {
    /// A `POST` to a path that is a constant.
    pub const fn post(path: &'static str, body: Body) -> Self {
        Self {
            path: text(path),
            method: text("POST"),
            body,
            params: Cow::Borrowed(&[]),
            names: Cow::Borrowed(&[]),
            token: None,
        }
    }

    const fn form(
        path: &'static str,
        params: &'static [(Text, Text)],
        names: &'static [(Text, Text)],
        token: Option<Text>,
    ) -> Self {
        Self {
            path: text(path),
            method: text("POST"),
            body: Body::Form,
            params: Cow::Borrowed(params),
            names: Cow::Borrowed(names),
            token,
        }
    }

    /// What the credential that callers call `given` is called on the wire.
    pub fn name_of<'a>(&'a self, given: &'a str) -> &'a str {
        let renamed = self.names.iter().find(|(from, _)| from == given);
        renamed.map_or(given, |(_, to)| to)
    }
}

impl Fields {
    /// The names of the cookie presets.
    pub const CAMEL_CASE: Self = Self::camel_case(None);

    /// The names of a grant that was obtained elsewhere, whatever the contract.
    pub const HANDED_OVER: Self = Self::camel_case(Some(text("refreshToken")));

    /// The names of RFC 6749 §5.1, with the refresh token in the body.
    pub const SNAKE_CASE: Self = Self {
        access_token: text("access_token"),
        expires_in: Some(text("expires_in")),
        expires_at: Some(text("expires_at")),
        refresh_token: Some(text("refresh_token")),
        refresh_key: Some(text("refresh_key")),
        user: Some(text("user")),
    };

    const fn camel_case(refresh_token: Option<Text>) -> Self {
        Self {
            access_token: text("accessToken"),
            expires_in: Some(text("expiresIn")),
            expires_at: Some(text("expiresAt")),
            refresh_token,
            refresh_key: Some(text("refreshKey")),
            user: Some(text("user")),
        }
    }
}

const UNAUTHORIZED: Cow<'static, [u16]> = Cow::Borrowed(&[401]);
const FORBIDDEN: Cow<'static, [u16]> = Cow::Borrowed(&[403]);

const PASSWORD_GRANT: &[(Text, Text)] = &[(text("grant_type"), text("password"))];
const REFRESH_GRANT: &[(Text, Text)] = &[(text("grant_type"), text("refresh_token"))];
const USERNAME: &[(Text, Text)] = &[(text("email"), text("username"))];

const fn text(constant: &'static str) -> Text {
    Cow::Borrowed(constant)
}
