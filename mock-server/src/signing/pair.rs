//! Signing with a private key on P-256 (ES256, RFC 7518 §3.4).
//!
//! p256 takes 200 µs for it, which is six times what all the rest of a refresh takes; ring takes 20. So ring signs
//! wherever there is a system, and has the randomness of its nonces from there: these signatures alone are
//! not the [`World`](crate::World)'s. p256 signs where there is none, as in WebAssembly.

#[cfg(not(feature = "server"))]
pub(crate) use portable::Pair;
#[cfg(feature = "server")]
pub(crate) use system::Pair;

#[cfg(feature = "server")]
mod system {
    use p256::SecretKey;
    use p256::pkcs8::EncodePrivateKey;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

    pub(crate) struct Pair {
        key: EcdsaKeyPair,
        random: SystemRandom,
    }

    impl Pair {
        pub(crate) fn new(key: &SecretKey) -> Option<Self> {
            let der = key.to_pkcs8_der().ok()?;
            let random = SystemRandom::new();
            let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let key = EcdsaKeyPair::from_pkcs8(how, der.as_bytes(), &random).ok()?;
            Some(Self { key, random })
        }

        /// Both numbers of the signature, 32 bytes each.
        pub(crate) fn sign(&self, message: &[u8]) -> Option<impl AsRef<[u8]>> {
            self.key.sign(&self.random, message).ok()
        }
    }
}

#[cfg(any(test, not(feature = "server")))]
mod portable {
    use p256::SecretKey;
    use p256::ecdsa::signature::Signer as _;
    use p256::ecdsa::{Signature, SigningKey};

    pub(crate) struct Pair(SigningKey);

    impl Pair {
        #[expect(clippy::unnecessary_wraps, reason = "the other one may not take it")]
        pub(crate) fn new(key: &SecretKey) -> Option<Self> {
            Some(Self(key.into()))
        }

        /// Both numbers of the signature, 32 bytes each.
        pub(crate) fn sign(&self, message: &[u8]) -> Option<impl AsRef<[u8]> + use<>> {
            let signature: Signature = self.0.try_sign(message).ok()?;
            Some(signature.to_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use p256::SecretKey;
    use p256::ecdsa::signature::Verifier as _;
    use p256::ecdsa::{Signature, VerifyingKey};

    use super::{portable, system};

    #[test]
    fn what_either_signs_the_public_half_verifies() {
        let key = SecretKey::from_slice(&[7; 32]).unwrap();
        let public = VerifyingKey::from(key.public_key());
        let message = b"header.claims";
        let of_system = system::Pair::new(&key).unwrap();
        let of_none = portable::Pair::new(&key).unwrap();
        for signature in [
            of_system.sign(message).unwrap().as_ref().to_vec(),
            of_none.sign(message).unwrap().as_ref().to_vec(),
        ] {
            let signature = Signature::from_slice(&signature).unwrap();
            assert!(public.verify(message, &signature).is_ok());
            assert!(public.verify(b"header.others", &signature).is_err());
        }
    }
}
