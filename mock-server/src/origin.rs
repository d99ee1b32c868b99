//! Which pages may call: CORS's question, CSRF's, and that of the controls.
//!
//! Origins are compared whole, as browsers write them (RFC 6454 §6.2). What `Host` says has no part in
//! it: a page that got its own name to point here says it too.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use url::{Host, Url};

use crate::options::OptionsError;

/// The origins that may call.
#[derive(Debug)]
pub(crate) struct Origins {
    own: Vec<String>,
    own_host: Option<String>,
    allowed: Allowed,
}

#[derive(Debug)]
enum Allowed {
    Loopback,
    Listed(Vec<String>),
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// No `Origin`, and nothing says that it comes from another site: not a page, or a page of ours.
    Unnamed,
    /// A page that may.
    Allowed(HeaderValue),
    /// A page that may not, or an `Origin` that cannot be read.
    Foreign,
}

impl Origins {
    /// `url` is where the server is bound; `allowed` empty means every loopback origin.
    pub(crate) fn new(url: &str, allowed: &[String]) -> Result<Self, OptionsError> {
        let own = Url::parse(url).map_err(|_| OptionsError::Origin(url.to_owned()))?;
        let port = own
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let names = ["localhost", "127.0.0.1", "[::1]"];
        Ok(Self {
            own: names
                .iter()
                .map(|name| format!("http://{name}{port}"))
                .chain([own.origin().ascii_serialization()])
                .collect(),
            own_host: own.host_str().map(str::to_owned),
            allowed: match allowed {
                [] => Allowed::Loopback,
                listed => Allowed::Listed(
                    listed
                        .iter()
                        .map(|text| listed_origin(text))
                        .collect::<Result<_, _>>()?,
                ),
            },
        })
    }

    /// Who calls, by the headers a page cannot write.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Caller {
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => {
                let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
                if site == Some(b"cross-site") {
                    Caller::Foreign
                } else {
                    Caller::Unnamed
                }
            }
            (Some(origin), None) if self.allows(origin) => Caller::Allowed(origin.clone()),
            (Some(_), _) => Caller::Foreign,
        }
    }

    /// Whether this `Host` names us: a loopback name or the address we are bound to, at any port,
    /// because ports are forwarded. A page whose own name was pointed at us fails here (DNS rebinding).
    pub(crate) fn is_own_host(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        match (hosts.next(), hosts.next()) {
            (None, _) => true,
            (Some(host), None) => {
                let url = host
                    .to_str()
                    .ok()
                    .and_then(|host| Url::parse(&format!("http://{host}/")).ok());
                url.is_some_and(|url| {
                    is_loopback(&url) || url.host_str() == self.own_host.as_deref()
                })
            }
            (Some(_), Some(_)) => false,
        }
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        let Ok(text) = origin.to_str() else {
            return false;
        };
        let Some(url) = whole_origin(text) else {
            return false;
        };
        self.allows_url(&url)
    }

    /// Whether pages of this URL's origin may call.
    pub(crate) fn allows_url(&self, url: &Url) -> bool {
        let origin = url.origin().ascii_serialization();
        // A blob: URL has the origin of the page that made it, and is no page of it.
        is_web(url)
            && (self.own.contains(&origin)
                || match &self.allowed {
                    Allowed::Loopback => is_loopback(url),
                    Allowed::Listed(listed) => listed.contains(&origin),
                })
    }
}

/// An `Origin` header that is nothing but an origin, written as browsers write it.
fn whole_origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (url.origin().is_tuple() && url.origin().ascii_serialization() == text).then_some(url)
}

/// An origin as people write it: a slash at the end, capitals and the scheme's own port are forgiven.
fn listed_origin(text: &str) -> Result<String, OptionsError> {
    let wrong = || OptionsError::Origin(text.to_owned());
    let url = Url::parse(text).map_err(|_| wrong())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if bare && is_web(&url) && url.username().is_empty() && url.password().is_none() {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(wrong())
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn is_loopback(url: &Url) -> bool {
    is_web(url)
        && match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(allowed: &[&str], origin: &str) -> Caller {
        let allowed: Vec<String> = allowed.iter().map(|&text| text.to_owned()).collect();
        let origins = Origins::new("http://127.0.0.1:4000", &allowed).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, origin.parse().unwrap());
        origins.caller(&headers)
    }

    #[test]
    fn by_default_every_loopback_origin_may_call_and_no_other() {
        for good in [
            "http://localhost:5173",
            "https://127.0.0.1",
            "http://[::1]:8080",
            "http://127.0.0.1:4000",
        ] {
            assert!(matches!(caller(&[], good), Caller::Allowed(_)), "{good}");
        }
        for bad in [
            "null",
            "http://localhost.evil.test",
            "http://evil.test",
            "http://localhost@evil.test",
            "http://localhost:5173/",
            "http://LOCALHOST:5173",
            "ftp://localhost",
            "http://127.0.0.1.evil.test",
            "",
        ] {
            assert_eq!(caller(&[], bad), Caller::Foreign, "{bad}");
        }
    }

    #[test]
    fn a_list_replaces_the_loopback_origins_but_never_our_own() {
        let list = ["https://App.example.com:443/"];
        assert!(matches!(
            caller(&list, "https://app.example.com"),
            Caller::Allowed(_)
        ));
        assert!(matches!(
            caller(&list, "http://localhost:4000"),
            Caller::Allowed(_)
        ));
        assert_eq!(caller(&list, "http://localhost:5173"), Caller::Foreign);
        assert_eq!(
            caller(&list, "https://app.example.com:8443"),
            Caller::Foreign
        );
        assert_eq!(caller(&list, "http://app.example.com"), Caller::Foreign);
    }

    #[test]
    fn a_listed_origin_with_a_path_or_without_a_scheme_is_refused_with_advice() {
        for bad in [
            "app.example.com",
            "https://app.example.com/app",
            "*",
            "https://me@app.example.com",
        ] {
            let error = Origins::new("http://127.0.0.1:4000", &[bad.to_owned()]).unwrap_err();
            assert!(error.to_string().contains("scheme://host"), "{error}");
        }
    }
}
