//! As server: from a guest's first byte to its first command; knows no server but by its facts.
//!
//! The greeting names `mysql_native_password`, which all drivers know but those of MySQL 9. Those answer with
//! `caching_sha2_password` and nothing else; then the host speaks that. Source: the protocol chapter "Connection Phase".

use super::authentication::SCRAMBLE_BYTES;
use super::facts::MysqlFacts;
use super::flags::{self, has};
use super::frame::{HEADER_BYTES, Header, put_packet};
use super::login::MAX_LOGIN_BYTES;
use super::packet::{AUTOCOMMIT, COM_QUIT, EOF, MORE_DATA, put_error, put_ok};
use crate::endpoint::{GuestLogin, Protocol};
use crate::error::PoolError;
use crate::key::StartupSet;
use crate::protocol::{GreetStep, GreetTerms, Greeter, GuestHello, ServerFacts};
use bytes::{Buf, BytesMut};
use mysql_common::constants::{CapabilityFlags, StatusFlags};
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, AuthSwitchRequest, HandshakePacket, HandshakeResponse};
use mysql_common::proto::{MyDeserialize, MySerialize};
use mysql_common::scramble::{scramble_native, scramble_sha256};
use subtle::ConstantTimeEq;

const NATIVE: &[u8] = b"mysql_native_password";
const CACHING: &[u8] = b"caching_sha2_password";
/// The length of the fixed part of a guest's answer, which is all of a request for encryption.
const FIXED_BYTES: usize = 32;

/// Answers a guest's login.
pub(super) struct MysqlGreeter {
    terms: GreetTerms,
    facts: MysqlFacts,
    scramble: [u8; SCRAMBLE_BYTES],
    stage: Stage,
    encrypted: bool,
    /// The number of the next packet, whoever sends it.
    sequence: u8,
}

/// What the guest has to say next.
enum Stage {
    /// Nothing was said yet.
    Silent,
    /// The answer to the greeting.
    Response,
    /// The proof for another plugin.
    Switched { caching: bool, guest: Guest },
    /// Nothing: its first command comes when it has a session.
    Commands,
}

/// What a guest said of itself.
struct Guest {
    user: Vec<u8>,
    database: Vec<u8>,
    flags: u32,
    character_set: u8,
}

impl MysqlGreeter {
    pub(super) fn new(terms: GreetTerms) -> Self {
        let facts = match terms.facts.as_deref() {
            Some(ServerFacts::Mysql(facts)) => facts.clone(),
            // A greeting without facts is one that will be refused; it must still be one.
            _ => MysqlFacts {
                version: "5.7.0".into(),
                offered: flags::PLAIN,
                character_set: flags::CHARACTER_SET,
                status: AUTOCOMMIT,
                ..MysqlFacts::default()
            },
        };
        // A scramble is printable in every client's eyes, and has no zero byte.
        let mut scramble = [0; SCRAMBLE_BYTES];
        for (place, byte) in scramble.iter_mut().zip(terms.nonce) {
            *place = b'!' + byte % 94;
        }
        Self { terms, facts, scramble, stage: Stage::Silent, encrypted: false, sequence: 0 }
    }

    fn offer(&self) -> u32 {
        flags::offer(self.facts.offered, self.terms.tls_offered && !self.encrypted)
    }

    fn put(&mut self, output: &mut BytesMut, payload: &[u8]) {
        let mut packet = Vec::with_capacity(HEADER_BYTES + payload.len());
        put_packet(&mut packet, self.sequence, payload);
        self.sequence = self.sequence.wrapping_add(1);
        output.extend_from_slice(&packet);
    }

    fn put_error(&mut self, output: &mut BytesMut, code: u16, state: &[u8; 5], text: &str) {
        let mut packet = Vec::new();
        let state = (!matches!(self.stage, Stage::Silent)).then_some(state);
        put_error(&mut packet, self.sequence, code, state, text);
        self.sequence = self.sequence.wrapping_add(1);
        output.extend_from_slice(&packet);
    }

    fn violation(&mut self, output: &mut BytesMut, reason: &'static str) -> GreetStep {
        self.put_error(output, 1043, b"08S01", &format!("Bad handshake: {reason}"));
        let endpoint = self.terms.endpoint.clone();
        GreetStep::End(PoolError::Violation { endpoint, protocol: Protocol::Mysql, reason })
    }

    fn denied(
        &mut self,
        output: &mut BytesMut,
        code: u16,
        state: &[u8; 5],
        text: &str,
        reason: String,
    ) -> GreetStep {
        self.put_error(output, code, state, text);
        GreetStep::End(PoolError::Denied { endpoint: self.terms.endpoint.clone(), reason })
    }

    /// Takes one packet out of the input, if it is whole.
    fn packet(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> GreetStep {
        let Some(header) = Header::parse(input) else { return GreetStep::More };
        if header.length > MAX_LOGIN_BYTES {
            return self.violation(output, "a packet of the login is longer than 64 KiB");
        }
        if input.len() < HEADER_BYTES + header.length {
            return GreetStep::More;
        }
        let mut packet = input.split_to(HEADER_BYTES + header.length);
        packet.advance(HEADER_BYTES);
        let is_goodbye = header.sequence == 0 && packet[..] == [COM_QUIT];
        if header.sequence != self.sequence && !is_goodbye {
            return self.violation(output, "a packet of the login is out of order");
        }
        self.sequence = header.sequence.wrapping_add(1);
        match std::mem::replace(&mut self.stage, Stage::Commands) {
            Stage::Response => {
                self.stage = Stage::Response;
                self.response(&packet, output)
            }
            Stage::Switched { caching, guest } => self.proved(guest, caching, &packet, output),
            Stage::Silent | Stage::Commands => self.violation(output, "a packet that nobody asked for"),
        }
    }

    fn response(&mut self, payload: &[u8], output: &mut BytesMut) -> GreetStep {
        if payload == [COM_QUIT] {
            return GreetStep::Goodbye;
        }
        let Some(flags) = payload.first_chunk().map(|flags| u32::from_le_bytes(*flags)) else {
            return self.violation(output, "the answer to the greeting is too short");
        };
        if !has(flags, CapabilityFlags::CLIENT_PROTOCOL_41) {
            let text =
                "Client does not support authentication protocol requested by server; consider upgrading";
            let reason = "it speaks the protocol of MySQL 4.0".to_owned();
            return self.denied(output, 1251, b"08004", text, reason);
        }
        if has(flags, CapabilityFlags::CLIENT_SSL) && payload.len() == FIXED_BYTES {
            if !self.terms.tls_offered || self.encrypted {
                return self.violation(output, "encryption was asked for and not offered");
            }
            self.encrypted = true;
            return GreetStep::StartTls;
        }
        let Ok(said) = HandshakeResponse::deserialize((), &mut ParseBuf(payload)) else {
            return self.violation(output, "the answer to the greeting is broken");
        };
        let guest = Guest {
            user: said.user().to_vec(),
            database: said.db_name().unwrap_or_default().to_vec(),
            flags,
            character_set: said.collation(),
        };
        let plugin = match said.auth_plugin().map(AuthPlugin::as_bytes) {
            None | Some([]) => NATIVE,
            Some(name) => name,
        };
        if plugin == NATIVE {
            let proof = said.scramble_buf().to_vec();
            return self.proved(guest, false, &proof, output);
        }
        // The proof that came along is for another plugin than the greeting's; clients of MySQL 9 send none.
        let caching = plugin == CACHING;
        let scramble = [&self.scramble[..], &[0]].concat();
        let mut request = Vec::new();
        AuthSwitchRequest::new(if caching { CACHING } else { NATIVE }, scramble).serialize(&mut request);
        debug_assert_eq!(request.first(), Some(&EOF));
        self.put(output, &request);
        self.stage = Stage::Switched { caching, guest };
        GreetStep::More
    }

    /// Looks at the proof of the password, and at what the guest wants.
    fn proved(&mut self, guest: Guest, caching: bool, proof: &[u8], output: &mut BytesMut) -> GreetStep {
        // A client with an empty password says so with nothing, or with the end of a string.
        let proof = if caching && proof == [0] { &[] } else { proof };
        if let GuestLogin::Check { user, password } = &self.terms.login {
            let expected = if caching {
                scramble_sha256(&self.scramble, password.expose()).map(|proof| proof.to_vec())
            } else {
                scramble_native(&self.scramble, password.expose()).map(|proof| proof.to_vec())
            };
            let right = expected.unwrap_or_default().ct_eq(proof) & user.as_bytes().ct_eq(&guest.user);
            if !bool::from(right) {
                let text = format!(
                    "Access denied for user '{}'@'{}' (using password: {})",
                    super::packet::shortened(&guest.user),
                    self.terms.endpoint,
                    if proof.is_empty() { "NO" } else { "YES" }
                );
                return self.denied(
                    output,
                    1045,
                    b"28000",
                    &text,
                    "its user name or password is wrong".into(),
                );
            }
        }
        if caching && !proof.is_empty() {
            // "I knew the password's hash": no more is asked for.
            self.put(output, &[MORE_DATA, 3]);
        }
        let Ok(database) = String::from_utf8(guest.database) else {
            return self.violation(output, "the name of the database is not UTF-8");
        };
        let wanted = (!database.is_empty()).then_some(database);
        let startup_database = match (&self.terms.database, wanted) {
            (Some(own), Some(wanted)) if *own != wanted => {
                let text = format!(
                    "Access denied for user '{}'@'{}' to database '{}'",
                    super::packet::shortened(&guest.user),
                    self.terms.endpoint,
                    super::packet::shortened(wanted.as_bytes()),
                );
                let reason = format!("the database is `{own}` and no other");
                return self.denied(output, 1044, b"42000", &text, reason);
            }
            (Some(_), _) => None,
            (None, wanted) => wanted,
        };
        // With a flag that is always there: no flags at all would mean that nobody asked.
        let agreed = guest.flags & self.offer() & flags::SESSION | CapabilityFlags::CLIENT_PROTOCOL_41.bits();
        self.stage = Stage::Commands;
        GreetStep::Checkout(GuestHello {
            startup: StartupSet {
                database: startup_database,
                parameters: [("character-set".to_owned(), guest.character_set.to_string())].into(),
                capabilities: u64::from(agreed),
            },
        })
    }
}

impl Greeter for MysqlGreeter {
    fn open(&mut self, output: &mut BytesMut) {
        let [a, b, c, d, e, f, g, h, rest @ ..] = self.scramble;
        let packet = HandshakePacket::new(
            10,
            self.facts.version.as_bytes(),
            self.terms.cancel.number,
            [a, b, c, d, e, f, g, h],
            Some([&rest[..], &[0]].concat()),
            CapabilityFlags::from_bits_retain(self.offer()),
            self.facts.character_set,
            StatusFlags::from_bits_retain(AUTOCOMMIT),
            Some(NATIVE),
        );
        let mut payload = Vec::new();
        packet.serialize(&mut payload);
        self.put(output, &payload);
        self.stage = Stage::Response;
    }

    fn advance(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> GreetStep {
        loop {
            let before = input.len();
            match self.packet(input, output) {
                GreetStep::More if input.len() < before => {}
                step => return step,
            }
        }
    }

    fn welcome(&mut self, facts: &ServerFacts, output: &mut BytesMut) {
        let status = match facts {
            ServerFacts::Mysql(facts) => facts.status,
            _ => AUTOCOMMIT,
        };
        let mut packet = Vec::new();
        put_ok(&mut packet, self.sequence, status);
        output.extend_from_slice(&packet);
    }

    fn refuse(&mut self, error: &PoolError, output: &mut BytesMut) {
        let (code, state): (u16, &[u8; 5]) = match error {
            // "Too many connections"
            PoolError::Exhausted { .. } | PoolError::QueueFull { .. } => (1040, b"08004"),
            // "Access denied"
            PoolError::Authentication { .. } | PoolError::Denied { .. } => (1045, b"28000"),
            // "Unable to connect to foreign data source"
            PoolError::Unreachable { .. } | PoolError::Tls { .. } | PoolError::NotThisProtocol { .. } => {
                (1429, b"08S01")
            }
            // "Server shutdown in progress"
            PoolError::Draining { .. } | PoolError::Closed { .. } => (1053, b"08S01"),
            // "Bad handshake"
            PoolError::Violation { .. } => (1043, b"08S01"),
        };
        self.put_error(output, code, state, &error.to_string());
    }
}

#[cfg(test)]
mod tests;
