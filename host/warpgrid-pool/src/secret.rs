//! Passwords: shown by nobody, wiped when dropped; knows nothing of what they open.

use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A password or another secret. Its `Debug` shows nothing, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes over the bytes of a secret.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes themselves: for the login only.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether both are the same, in a time that depends on their lengths only.
    pub fn matches(&self, other: &[u8]) -> bool {
        self.0.as_slice().ct_eq(other).into()
    }

    /// SHA-256 over `salt` and the secret: tells credentials apart in a key without keeping them.
    pub fn fingerprint(&self, salt: &[u8; 16]) -> [u8; 32] {
        Sha256::new().chain_update(salt).chain_update(self.expose()).finalize().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_and_never_shown() {
        let secret = Secret::new("open sesame");
        assert!(
            secret.matches(b"open sesame") && !secret.matches(b"open sesamf") && !secret.matches(b"open")
        );
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_ne!(secret.fingerprint(&[0; 16]), Secret::new("other").fingerprint(&[0; 16]));
        assert_ne!(secret.fingerprint(&[0; 16]), secret.fingerprint(&[1; 16]));
    }
}
