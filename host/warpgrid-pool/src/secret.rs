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

    /// A server's text up to where it repeats the secret, or the first eight characters of it: a server may have cut it
    /// short. (Redis does so where `AUTH` is unknown to it.)
    pub(crate) fn strike_out(&self, text: &str) -> String {
        let secret = Zeroizing::new(String::from_utf8_lossy(&self.0).into_owned());
        let end = secret.char_indices().nth(8).map_or(secret.len(), |(at, _)| at);
        match text.find(&secret[..end]) {
            Some(at) if end > 0 => format!("{}(..)", &text[..at]),
            _ => text.to_owned(),
        }
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

    #[test]
    fn a_text_that_repeats_a_secret_ends_there() {
        let secret = Secret::new("open sésame");
        for (text, left) in [
            ("no such user", "no such user"),
            (
                "unknown command 'AUTH', with 'app' 'open sésame' 'x'",
                "unknown command 'AUTH', with 'app' '(..)",
            ),
            ("you said open sés", "you said (..)"),
            ("you said open s", "you said open s"),
        ] {
            assert_eq!(secret.strike_out(text), left);
        }
        assert_eq!(Secret::new("").strike_out("any text"), "any text");
        assert_eq!(
            Secret::new(b"ab\xff\xfecdefghijk".to_vec()).strike_out("it is ab\u{fffd}\u{fffd}cdef"),
            "it is (..)"
        );
    }
}
