//! What is signed, and how it is read back.
//!
//! Three things leave this server that prove something: access tokens (a JWT profile after RFC 9068),
//! refresh tokens, and refresh keys. Which algorithm and which type are taken is decided here, never by
//! the token (RFC 8725 §3.1, §3.11), and expiry is read by the tenant's clock: the library's own clock
//! and its leeway are off.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use jsonwebtoken::errors::Error;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::{Family, FamilyId, Key, KeyHash, Seconds, User, UserId};
use crate::secret::Secret;
use crate::signing::Signing;

/// The `aud` of every access token: the resources of this server.
const AUDIENCE: &str = "api";
const ACCESS: &str = "at+jwt";
const REFRESH: &str = "rt+jwt";

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: UserId,
    pub(crate) sid: FamilyId,
    pub(crate) client_id: String,
    /// Unique; begins with the number of its issue, so that "all that were issued so far" can be said.
    pub(crate) jti: String,
    pub(crate) iat: Seconds,
    pub(crate) exp: Seconds,
    pub(crate) email: String,
    pub(crate) role: String,
}

impl AccessClaims {
    /// Its place in the order of issue.
    pub(crate) fn issue(&self) -> Option<u64> {
        self.jti.split_once('-')?.0.parse().ok()
    }
}

/// The claims of a refresh token: the `seq`-th of family `fid`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefreshClaims {
    pub(crate) sub: UserId,
    pub(crate) fid: FamilyId,
    pub(crate) seq: u64,
    pub(crate) client: String,
    pub(crate) iat: Seconds,
    pub(crate) exp: Seconds,
}

/// What an access token says beside its user and family.
pub(crate) struct AccessTerms<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) jti: String,
    pub(crate) now: Seconds,
    pub(crate) ttl: Seconds,
}

/// The key of access tokens and the secret of refresh tokens, in the forms they are used in.
pub(crate) struct Keys {
    access: Signing,
    refresh: Signing,
    /// What is asked of a refresh token: the same of every one, so made once.
    of_refresh: Validation,
    refresh_secret: Vec<u8>,
}

impl Keys {
    pub(crate) fn new(access: Signing, refresh: &[u8]) -> Self {
        let refresh_secret = refresh.to_vec();
        let refresh = Signing::hs256(refresh);
        Self {
            access,
            of_refresh: validation(refresh.algorithm),
            refresh,
            refresh_secret,
        }
    }

    /// What others verify access tokens with (RFC 7517 §5): nothing, if that is a secret.
    pub(crate) fn public(&self) -> JwkSet {
        JwkSet {
            keys: self.access.public.iter().cloned().collect(),
        }
    }

    pub(crate) fn access_token(
        &self,
        family: &Family,
        user: &User,
        terms: AccessTerms<'_>,
    ) -> Result<Secret, Error> {
        let claims = AccessClaims {
            iss: terms.issuer.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.id.clone(),
            sid: family.id().clone(),
            client_id: family.client().to_owned(),
            jti: terms.jti,
            iat: terms.now,
            exp: terms.now.saturating_add(terms.ttl),
            email: user.email.clone(),
            role: user.role.clone(),
        };
        self.access.token(ACCESS, &claims)
    }

    /// The family's current token: a function of its record, so it comes out the same every time.
    pub(crate) fn refresh_token(&self, family: &Family) -> Result<Secret, Error> {
        let claims = RefreshClaims {
            sub: family.user().clone(),
            fid: family.id().clone(),
            seq: family.seq(),
            client: family.client().to_owned(),
            iat: family.rotated_at(),
            exp: family.expires_at(),
        };
        self.refresh.token(REFRESH, &claims)
    }

    /// An access token whose signature, type, issuer and audience are right. Its expiry is the caller's
    /// to judge.
    pub(crate) fn read_access(&self, token: &str, issuer: &str) -> Option<AccessClaims> {
        let mut validation = validation(self.access.algorithm);
        validation.validate_aud = true;
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["aud", "iss", "exp", "sub"]);
        read(token, ACCESS, &self.access, &validation)
    }

    /// A refresh token whose signature and type are right. Its expiry is the family's to judge, which
    /// must see reuse in tokens that have long expired.
    pub(crate) fn read_refresh(&self, token: &str) -> Option<RefreshClaims> {
        read(token, REFRESH, &self.refresh, &self.of_refresh)
    }

    /// The proof that its owner was told of the family's current generation.
    pub(crate) fn refresh_key(&self, family: &Family) -> Option<Secret> {
        let mac = self
            .refresh_key_mac(family.id(), family.seq())?
            .finalize()
            .into_bytes();
        Some(Secret::new(format!(
            "{}.{}",
            family.seq(),
            URL_SAFE_NO_PAD.encode(mac)
        )))
    }

    /// What an `Idempotency-Key` is to this family.
    pub(crate) fn judge(&self, key: Option<&[u8]>, family: &FamilyId) -> Key {
        match key {
            None => Key::Absent,
            Some(bytes) => match self.handed(bytes, family) {
                Some(position) => Key::Handed(position),
                None => Key::Foreign(KeyHash(Sha256::digest(bytes).into())),
            },
        }
    }

    fn handed(&self, bytes: &[u8], family: &FamilyId) -> Option<u64> {
        let (position, mac) = std::str::from_utf8(bytes).ok()?.split_once('.')?;
        let number: u64 = position.parse().ok()?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        let same = self
            .refresh_key_mac(family, number)?
            .verify_slice(&mac)
            .is_ok();
        (same && number.to_string() == position).then_some(number)
    }

    fn refresh_key_mac(&self, family: &FamilyId, seq: u64) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.refresh_secret).ok()?;
        mac.update(format!("rk|{family}|{seq}").as_bytes());
        Some(mac)
    }
}

fn read<C: DeserializeOwned>(
    token: &str,
    typ: &str,
    key: &Signing,
    validation: &Validation,
) -> Option<C> {
    let data = jsonwebtoken::decode::<C>(token, &key.verify, validation).ok()?;
    let header = data.header;
    // We understand no critical extension (RFC 7515 §4.1.11), and where a key is to be had is not for a
    // token to say (RFC 8725 §3.10).
    let plain = header.crit.is_none()
        && header.jku.is_none()
        && header.jwk.is_none()
        && header.x5u.is_none()
        && header.x5c.is_none();
    (plain && header.typ.as_deref() == Some(typ)).then_some(data.claims)
}

fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.leeway = 0;
    validation.required_spec_claims.clear();
    validation
}
