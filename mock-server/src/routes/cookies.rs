//! The cookie that carries the refresh token (RFC 6265bis).

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use cookie::time::Duration;
use cookie::{Cookie, SameSite as Attribute};

use super::answer::Problem;
use crate::options::SameSite;
use crate::secret::Secret;
use crate::tenant::Tenant;

/// A cookie this server sets: its name, and the path it comes back to, without the tenant's prefix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jar {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
}

impl Jar {
    /// What the request carries. An empty cookie is none. Two of one name are refused: which of them is
    /// ours cannot be told, and a page of a sibling domain can add one.
    pub(crate) fn read(self, headers: &HeaderMap) -> Result<Option<String>, Problem> {
        let mut found = None;
        for header in headers.get_all(COOKIE) {
            let text = String::from_utf8_lossy(header.as_bytes());
            for cookie in Cookie::split_parse(text.as_ref()).flatten() {
                if cookie.name() != self.name {
                    continue;
                }
                if found.replace(cookie.value().to_owned()).is_some() {
                    return Err(Problem::invalid_request(format!(
                        "Two {} cookies came; delete those that another path or domain has set.",
                        self.name
                    )));
                }
            }
        }
        Ok(found.filter(|value| !value.is_empty()))
    }

    /// Sets it for so many seconds.
    pub(crate) fn set(self, tenant: &Tenant, token: &Secret, seconds: u64) -> Option<HeaderValue> {
        self.header(tenant, token.expose(), seconds)
    }

    /// Deletes it.
    pub(crate) fn clear(self, tenant: &Tenant) -> Option<HeaderValue> {
        self.header(tenant, "", 0)
    }

    fn header(self, tenant: &Tenant, value: &str, seconds: u64) -> Option<HeaderValue> {
        let cookie = Cookie::build((self.name, value))
            .http_only(true)
            .secure(tenant.shared.secure)
            .same_site(match tenant.shared.same_site {
                SameSite::Strict => Attribute::Strict,
                SameSite::Lax => Attribute::Lax,
                SameSite::None => Attribute::None,
            })
            .path(format!("{}{}", tenant.prefix(), self.path))
            .max_age(Duration::seconds(
                i64::try_from(seconds).unwrap_or(i64::MAX),
            ))
            .build();
        let mut value = HeaderValue::from_str(&cookie.to_string()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}
