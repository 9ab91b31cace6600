//! SCRAM-SHA-256 towards the guest, as server (RFC 5802, RFC 7677); knows no connection.
//!
//! The verifier is made anew for each login, from the password that the endpoint's configuration holds, with a salt of
//! its own. So a user that nobody knows gets a challenge like any other, and its proof is computed like any other: it
//! only never holds (CVE-2015-6817 let unknown users in as somebody else).

use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// The only mechanism that is offered.
pub(super) const MECHANISM: &str = "SCRAM-SHA-256";
/// The longest message of a guest.
pub(super) const MESSAGE_LIMIT: u32 = 2048;

/// Why a guest's message does not do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ScramFault {
    /// It is no such message.
    Malformed(&'static str),
    /// The password is wrong, or the user.
    Wrong,
}

/// A challenge that waits for its proof.
pub(super) struct Challenge {
    user_matches: Choice,
    /// What the guest must repeat of its first message: base64 of the header.
    binding: &'static str,
    nonce: String,
    /// The messages so far, as they are signed.
    signed: String,
    stored_key: Zeroizing<[u8; 32]>,
    server_key: Zeroizing<[u8; 32]>,
}

impl Challenge {
    /// Answers the guest's first message: the challenge, and the text of it.
    pub(super) fn begin(
        initial: &[u8],
        user_matches: Choice,
        password: &Secret,
        nonce: &[u8; 32],
    ) -> Result<(Self, String), ScramFault> {
        let malformed = ScramFault::Malformed("a first SCRAM message that is none");
        let (mechanism, data) = split_text(initial).ok_or(malformed)?;
        if mechanism != MECHANISM.as_bytes() {
            return Err(ScramFault::Malformed("a SASL mechanism that was not offered"));
        }
        let malformed = || ScramFault::Malformed("a first SCRAM message that is none");
        let (length, first) = data.split_first_chunk().ok_or_else(malformed)?;
        if u32::from_be_bytes(*length) as usize != first.len() {
            return Err(malformed());
        }
        let first = std::str::from_utf8(first).map_err(|_| malformed())?;
        let (bare, binding) = match (first.strip_prefix("n,,"), first.strip_prefix("y,,")) {
            (Some(bare), _) => (bare, "biws"),
            (_, Some(bare)) => (bare, "eSws"),
            _ => return Err(ScramFault::Malformed("SCRAM with channel binding or another identity")),
        };
        // The name in it is not looked at: the start-up message has said who it is.
        let mut attributes = bare.split(',');
        let name = attributes.next().filter(|name| name.starts_with("n="));
        let guest_nonce =
            attributes.next().and_then(|nonce| nonce.strip_prefix("r=")).filter(|nonce| is_nonce(nonce));
        let (Some(_), Some(guest_nonce)) = (name, guest_nonce) else { return Err(malformed()) };
        let verifier =
            Verifier::new(password).ok_or(ScramFault::Malformed("a password that cannot be checked"))?;
        let nonce = format!("{guest_nonce}{}", STANDARD.encode(nonce));
        let challenge = format!("r={nonce},s={},i={}", verifier.salt, verifier.iterations);
        let signed = format!("{bare},{challenge}");
        let Verifier { stored_key, server_key, .. } = verifier;
        Ok((Self { user_matches, binding, nonce, signed, stored_key, server_key }, challenge))
    }

    /// Checks the guest's proof; the server's own proof.
    pub(super) fn finish(self, response: &[u8]) -> Result<String, ScramFault> {
        let malformed = || ScramFault::Malformed("a SCRAM proof that is none");
        let response = std::str::from_utf8(response).map_err(|_| malformed())?;
        let (said, proof) = response.rsplit_once(",p=").ok_or_else(malformed)?;
        let mut attributes = said.split(',');
        if attributes.next().and_then(|binding| binding.strip_prefix("c=")) != Some(self.binding) {
            return Err(ScramFault::Malformed("a SCRAM proof with another header than before"));
        }
        if attributes.next().and_then(|nonce| nonce.strip_prefix("r=")) != Some(&self.nonce) {
            return Err(ScramFault::Malformed("a SCRAM proof for another nonce"));
        }
        let proof = STANDARD.decode(proof).map_err(|_| malformed())?;
        let mut client_key = Zeroizing::new(<[u8; 32]>::try_from(proof).map_err(|_| malformed())?);
        let signed = format!("{},{said}", self.signed);
        let signature = sign(&self.stored_key, signed.as_bytes());
        client_key.iter_mut().zip(signature).for_each(|(byte, mask)| *byte ^= mask);
        let proven = Sha256::digest(client_key.as_slice()).as_slice().ct_eq(self.stored_key.as_slice());
        if (proven & self.user_matches).into() {
            Ok(format!("v={}", STANDARD.encode(sign(&self.server_key, signed.as_bytes()))))
        } else {
            Err(ScramFault::Wrong)
        }
    }
}

/// What the server side of SCRAM needs of a password.
struct Verifier {
    iterations: String,
    salt: String,
    stored_key: Zeroizing<[u8; 32]>,
    server_key: Zeroizing<[u8; 32]>,
}

impl Verifier {
    /// From the form in which PostgreSQL keeps it: `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`.
    fn new(password: &Secret) -> Option<Self> {
        let text = Zeroizing::new(postgres_protocol::password::scram_sha_256(password.expose()));
        let (cost, keys) = text.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
        let (iterations, salt) = cost.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        Some(Self {
            iterations: iterations.to_owned(),
            salt: salt.to_owned(),
            stored_key: key(stored_key)?,
            server_key: key(server_key)?,
        })
    }
}

fn key(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    Some(Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?))
}

fn sign(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(message).finalize().into_bytes().into()
}

fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// Printable ASCII without a comma (RFC 5802, section 5.1).
fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}
