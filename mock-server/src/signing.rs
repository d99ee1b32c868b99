//! The key that signs access tokens: a secret, or a pair whose public half is published.

mod pair;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use p256::SecretKey;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use serde::Serialize;

use crate::secret::Secret;
use pair::Pair;

/// The algorithm of access tokens (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "server", derive(clap::ValueEnum))]
pub enum Alg {
    /// HMAC with SHA-256: whoever can verify can sign.
    #[default]
    #[cfg_attr(feature = "server", value(name = "HS256", alias = "hs256"))]
    Hs256,
    /// ECDSA on P-256 with SHA-256: verified with `/.well-known/jwks.json`.
    #[cfg_attr(feature = "server", value(name = "ES256", alias = "es256"))]
    Es256,
}

/// How access tokens are signed and verified.
pub(crate) struct Signing {
    pub(crate) algorithm: Algorithm,
    signer: Signer,
    pub(crate) verify: DecodingKey,
    /// What is published of it (RFC 7517), under a `kid` that is its thumbprint (RFC 7638).
    pub(crate) public: Option<Jwk>,
}

enum Signer {
    Secret(EncodingKey),
    /// The library would read the key anew for each token.
    Pair(Box<Pair>),
}

impl Signing {
    pub(crate) fn hs256(secret: &[u8]) -> Self {
        Self {
            algorithm: Algorithm::HS256,
            signer: Signer::Secret(EncodingKey::from_secret(secret)),
            verify: DecodingKey::from_secret(secret),
            public: None,
        }
    }

    /// A pair made of the private key in a PEM file. `None`: there is none on P-256 in it.
    pub(crate) fn es256(pem: &str) -> Option<Self> {
        Self::of(&read(pem)?)
    }

    /// A new pair.
    pub(crate) fn es256_at_random(mut fill: impl FnMut(&mut [u8])) -> Option<Self> {
        // All but one in 2^32 numbers of this length are keys.
        let key = (0..8).find_map(|_| {
            let mut bytes = [0; 32];
            fill(&mut bytes);
            SecretKey::from_slice(&bytes).ok()
        })?;
        Self::of(&key)
    }

    /// A JWT of this type (RFC 7519 §7.1), with the name of the key in its header.
    pub(crate) fn token<C: Serialize>(&self, typ: &str, claims: &C) -> Result<Secret, Error> {
        let mut header = Header::new(self.algorithm);
        header.typ = Some(typ.to_owned());
        let key = self.public.as_ref();
        header.kid = key.and_then(|key| key.common.key_id.clone());
        match &self.signer {
            Signer::Secret(key) => jsonwebtoken::encode(&header, claims, key).map(Secret::new),
            Signer::Pair(key) => {
                let message = format!("{}.{}", part(&header)?, part(claims)?);
                let signature = key
                    .sign(message.as_bytes())
                    .ok_or(ErrorKind::InvalidEcdsaKey)?;
                let signature = URL_SAFE_NO_PAD.encode(signature);
                Ok(Secret::new(format!("{message}.{signature}")))
            }
        }
    }

    fn of(key: &SecretKey) -> Option<Self> {
        let algorithm = Algorithm::ES256;
        let der = key.to_pkcs8_der().ok()?;
        let private = EncodingKey::from_ec_der(der.as_bytes());
        let mut public = Jwk::from_encoding_key(&private, algorithm).ok()?;
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256).ok()?);
        Some(Self {
            algorithm,
            verify: DecodingKey::from_jwk(&public).ok()?,
            signer: Signer::Pair(Box::new(Pair::new(key)?)),
            public: Some(public),
        })
    }
}

fn part(value: &impl Serialize) -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(value)?))
}

/// OpenSSL writes either form, and may write the curve's parameters before the key.
fn read(pem: &str) -> Option<SecretKey> {
    let from = |label: &str| Some(pem.get(pem.find(label)?..)?.trim());
    if let Some(pem) = from("-----BEGIN PRIVATE KEY-----") {
        return SecretKey::from_pkcs8_pem(pem).ok();
    }
    SecretKey::from_sec1_pem(from("-----BEGIN EC PRIVATE KEY-----")?).ok()
}
