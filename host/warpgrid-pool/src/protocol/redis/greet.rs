//! The login of a guest, answered by the host; knows no server.
//!
//! A Redis client speaks first, and need not log in. Where the guest may be anyone, the first bytes are enough to give it
//! a session: what it says of a login later, the tracker answers. Where it must say who it is, nothing but `AUTH`,
//! `HELLO … AUTH` and `QUIT` gets an answer before.

use super::command::{head, whole};
use crate::endpoint::{GuestLogin, Protocol};
use crate::error::PoolError;
use crate::protocol::{GreetStep, GreetTerms, Greeter, GuestHello, MAX_HELD_BYTES, ServerFacts, Violation};
use crate::secret::Secret;
use bytes::{Buf, BytesMut};

/// Answers a guest's login.
pub(super) struct RedisGreeter {
    terms: GreetTerms,
}

impl RedisGreeter {
    pub(super) fn new(terms: GreetTerms) -> Self {
        Self { terms }
    }

    fn violation(&self, violation: Violation, output: &mut BytesMut) -> GreetStep {
        let Violation(reason) = violation;
        output.extend_from_slice(format!("-ERR Protocol error: {reason}\r\n").as_bytes());
        let endpoint = self.terms.endpoint.clone();
        GreetStep::End(PoolError::Violation { endpoint, protocol: Protocol::Redis, reason })
    }
}

/// Whether a guest said who it is. `words` is a whole command.
fn is_login(words: &[&[u8]], user: &str, password: &Secret) -> Option<bool> {
    let is = |at: usize, word: &[u8]| words.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word));
    let (given_user, given_password): (&[u8], &[u8]) = if is(0, b"AUTH") && words.len() == 2 {
        (b"default", words[1])
    } else if is(0, b"AUTH") && words.len() == 3 {
        (words[1], words[2])
    } else if is(0, b"HELLO") {
        let at = words.iter().skip(2).position(|word| word.eq_ignore_ascii_case(b"AUTH"))? + 2;
        (words.get(at + 1)?, words.get(at + 2)?)
    } else {
        return None;
    };
    let user = Secret::new(user).matches(given_user);
    let password = password.matches(given_password);
    Some(user & password)
}

impl Greeter for RedisGreeter {
    fn open(&mut self, _: &mut BytesMut) {}

    fn advance(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> GreetStep {
        let GuestLogin::Check { user, password } = &self.terms.login else {
            return match head(input) {
                _ if input.is_empty() => GreetStep::More,
                Ok(_) => GreetStep::Checkout(GuestHello::default()),
                Err(violation) => self.violation(violation, output),
            };
        };
        loop {
            let (words, consumed) = match whole(input) {
                Ok(Some(command)) => command,
                Ok(None) if input.len() < MAX_HELD_BYTES => return GreetStep::More,
                Ok(None) => return self.violation(Violation("a login that is too long"), output),
                Err(violation) => return self.violation(violation, output),
            };
            if words.first().is_some_and(|name| name.eq_ignore_ascii_case(b"QUIT")) {
                output.extend_from_slice(b"+OK\r\n");
                return GreetStep::Goodbye;
            }
            match is_login(&words, user, password) {
                // What the tracker makes of it is right for a guest that is let in: `+OK`, or `HELLO` without a login.
                Some(true) => return GreetStep::Checkout(GuestHello::default()),
                Some(false) => output
                    .extend_from_slice(b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"),
                None if words.is_empty() => {}
                None => output.extend_from_slice(b"-NOAUTH Authentication required.\r\n"),
            }
            input.advance(consumed);
        }
    }

    fn welcome(&mut self, _: &ServerFacts, _: &mut BytesMut) {}

    fn refuse(&mut self, error: &PoolError, output: &mut BytesMut) {
        // What is said to guests names no address.
        let text = match error {
            PoolError::Unreachable { .. } | PoolError::Tls { .. } | PoolError::NotThisProtocol { .. } => {
                format!("the server of `{}` cannot be reached", self.terms.endpoint)
            }
            PoolError::Authentication { .. } => {
                format!("the server of `{}` does not accept the host's login", self.terms.endpoint)
            }
            other => other.to_string(),
        };
        output.extend_from_slice(format!("-ERR {text}\r\n").as_bytes());
    }
}
