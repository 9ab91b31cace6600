//! As client: from a fresh connection to a MySQL session; knows no guest.
//!
//! Source: the protocol chapter "Connection Phase".

use super::authentication::{Authentication, SCRAMBLE_BYTES, Way};
use super::facts::MysqlFacts;
use super::flags::{self, has};
use super::frame::{read_packet, write_packet};
use super::packet::{self, ServerError, status_of_ok};
use crate::endpoint::{Endpoint, Protocol};
use crate::error::PoolError;
use crate::key::StartupSet;
use crate::net::{ServerAddress, ServerStream};
use crate::protocol::{LoggedIn, LoginRequest, ServerFacts};
use mysql_common::constants::CapabilityFlags;
use mysql_common::io::ParseBuf;
use mysql_common::packets::{HandshakePacket, HandshakeResponse, SslRequest};
use mysql_common::proto::{MyDeserialize, MySerialize};
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use zeroize::Zeroizing;

/// The longest packet of a login: a greeting and an RSA key are far below.
pub(super) const MAX_LOGIN_BYTES: usize = 64 * 1024;
/// How often the server may go on before it says yes or no.
const MAX_ROUNDS: usize = 8;
/// What the host says it can take in one payload: as much as there may be. Results pass in pieces.
const MAX_PAYLOAD: u32 = 1 << 30;
/// Where the character set stands in the answer to a greeting, behind flags and the largest payload.
const CHARACTER_SET_AT: usize = 8;

/// Logs in.
pub(super) async fn login(stream: ServerStream, request: LoginRequest<'_>) -> Result<LoggedIn, PoolError> {
    let mut login = Login { stream, endpoint: request.endpoint, sequence: 0 };
    let greeting = login.greeting().await?;
    let session = login.agree(&greeting, request.startup.capabilities)?;
    let character_set = character_set(request.startup);
    let encrypted = request.endpoint.tls.is_some();
    let database = request.endpoint.database.as_deref().or(request.startup.database.as_deref());
    let agreed = flags::answer(greeting.offered, session, database.is_some(), encrypted);
    if encrypted {
        login = login.encrypt(&greeting, SslRequest::new(agreed, MAX_PAYLOAD, character_set)).await?;
    }
    let way = match (&request.endpoint.server, encrypted) {
        (_, true) | (ServerAddress::Unix(_), _) => Way::Private,
        (ServerAddress::Tcp { host, .. }, _) if is_loopback(host) => Way::Loopback,
        (ServerAddress::Tcp { .. }, _) => Way::Open,
    };
    let password = request.endpoint.password.as_ref().map(|password| password.expose()).unwrap_or_default();
    let mut authentication = Authentication::new(password, way);
    let proof = authentication.greet(greeting.plugin.as_deref(), &greeting.scramble);
    let response = response(&login, agreed, database, character_set, &authentication, &proof);
    login.send(&response).await?;
    let status = login.authenticate(authentication).await?;
    let facts = MysqlFacts {
        version: greeting.version,
        thread: greeting.thread,
        offered: greeting.offered,
        agreed: agreed.bits(),
        character_set: greeting.character_set,
        status,
    };
    Ok(LoggedIn { stream: login.stream, facts: ServerFacts::Mysql(facts) })
}

/// The character set of a session: the lower byte of a collation's number.
pub(super) fn character_set(startup: &StartupSet) -> u8 {
    let number = startup.parameters.get("character-set").and_then(|number| number.parse().ok());
    number.unwrap_or(flags::CHARACTER_SET)
}

/// A login that is under way.
struct Login<'a> {
    stream: ServerStream,
    endpoint: &'a Endpoint,
    /// The number of the next packet, whoever sends it.
    sequence: u8,
}

/// What a server says first (`HandshakeV10`).
struct Greeting {
    version: String,
    thread: u32,
    offered: u32,
    character_set: u8,
    plugin: Option<Vec<u8>>,
    scramble: Vec<u8>,
}

impl Login<'_> {
    async fn greeting(&mut self) -> Result<Greeting, PoolError> {
        let payload = self.receive().await?;
        match payload.first() {
            Some(10) => {}
            Some(&packet::ERR) => return Err(self.refused(&payload)),
            Some(version) => {
                return Err(self.strange(format!("it greets with version {version} of the protocol, not 10")));
            }
            None => return Err(self.strange("its greeting is empty".into())),
        }
        let greeting =
            parse_greeting(&payload).ok_or_else(|| self.strange("its greeting is broken".into()))?;
        if greeting.offered & flags::REQUIRED != flags::REQUIRED {
            return Err(self.strange("it is older than MySQL 4.1".into()));
        }
        Ok(greeting)
    }

    /// The flags of the session: those that the guest agreed on, or plain ones.
    fn agree(&self, greeting: &Greeting, wanted: u64) -> Result<u32, PoolError> {
        if wanted == 0 {
            return Ok(flags::PLAIN & greeting.offered);
        }
        let wanted = (wanted & u64::from(flags::SESSION)) as u32;
        if wanted & !greeting.offered != 0 {
            let missing = CapabilityFlags::from_bits_retain(wanted & !greeting.offered);
            return Err(self.strange(format!("it no longer offers what it offered before: {missing:?}")));
        }
        Ok(wanted)
    }

    /// Asks for encryption. Whatever the server says ahead of it in plain text is taken for a part of the handshake,
    /// which then fails: nothing but the greeting was read, and nothing is kept in a buffer.
    async fn encrypt(mut self, greeting: &Greeting, request: SslRequest) -> Result<Self, PoolError> {
        let tls_error = |reason: String| PoolError::Tls { endpoint: self.endpoint.name.clone(), reason };
        let Some(tls) = self.endpoint.tls.as_ref() else { return Ok(self) };
        if !has(greeting.offered, CapabilityFlags::CLIENT_SSL) {
            return Err(tls_error("the server offers no encryption".into()));
        }
        let mut payload = Vec::new();
        request.serialize(&mut payload);
        self.send(&payload).await?;
        let host = match &self.endpoint.server {
            ServerAddress::Tcp { host, .. } => host.as_str(),
            ServerAddress::Unix(_) => "localhost",
        };
        let encrypted = tls.handshake(self.stream, host, None).await;
        let encrypted = encrypted.map_err(|error| PoolError::Tls {
            endpoint: self.endpoint.name.clone(),
            reason: error.to_string(),
        })?;
        Ok(Self { stream: encrypted.stream, ..self })
    }

    /// Answers until the server says yes; gives its status flags.
    async fn authenticate(&mut self, mut authentication: Authentication<'_>) -> Result<u16, PoolError> {
        for _ in 0..MAX_ROUNDS {
            let payload = self.receive().await?;
            let answer = match payload.split_first() {
                Some((&packet::OK, _)) => {
                    return status_of_ok(&payload)
                        .ok_or_else(|| self.strange("its consent is broken".into()));
                }
                Some((&packet::ERR, _)) => return Err(self.refused(&payload)),
                Some((&packet::EOF, [])) => authentication.switch(b"mysql_old_password", b"").map(Some),
                Some((&packet::EOF, rest)) => {
                    // Not by `mysql_common`: it takes the last byte of a nonce for an end if it is 0.
                    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
                    let (name, scramble) = rest.split_at(end);
                    authentication.switch(name, scramble.get(1..).unwrap_or_default()).map(Some)
                }
                Some((&packet::MORE_DATA, data)) => authentication.more(data),
                Some((2, _)) => Err("the server wants a second factor".into()),
                _ => return Err(self.strange("its answer to the login is not known".into())),
            };
            match answer {
                Ok(Some(answer)) => self.send(&answer).await?,
                Ok(None) => {}
                Err(reason) => return Err(self.not_authenticated(reason)),
            }
        }
        Err(self.not_authenticated("the server never said yes or no".into()))
    }

    async fn receive(&mut self) -> Result<Vec<u8>, PoolError> {
        let (sequence, payload) = match read_packet(&mut self.stream, MAX_LOGIN_BYTES).await {
            Ok(packet) => packet,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(self.strange(format!("it began with {error}")));
            }
            Err(error) => return Err(self.unreachable(&error)),
        };
        // A server that refuses before it knows the client may count from 0.
        if sequence != self.sequence && payload.first() != Some(&packet::ERR) {
            return Err(self.strange(format!("its packet is number {sequence}, not {}", self.sequence)));
        }
        self.sequence = sequence.wrapping_add(1);
        Ok(payload)
    }

    async fn send(&mut self, payload: &[u8]) -> Result<(), PoolError> {
        let sent = write_packet(&mut self.stream, self.sequence, payload).await;
        self.sequence = self.sequence.wrapping_add(1);
        sent.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &io::Error) -> PoolError {
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => "it closed the connection during the login".to_owned(),
            _ => error.to_string(),
        };
        unreachable(self.endpoint, reason)
    }

    fn strange(&self, reason: String) -> PoolError {
        PoolError::NotThisProtocol { endpoint: self.endpoint.name.clone(), protocol: Protocol::Mysql, reason }
    }

    fn not_authenticated(&self, reason: String) -> PoolError {
        let (endpoint, user) = (self.endpoint.name.clone(), user(self.endpoint).to_owned());
        PoolError::Authentication { endpoint, user, reason }
    }

    /// What an `ERR` packet in the place of a login means.
    fn refused(&self, payload: &[u8]) -> PoolError {
        let Some(error) = ServerError::parse(payload) else {
            return self.strange("its refusal is broken".into());
        };
        match error.code {
            // Too many connections; the server shuts down; too many errors from this host; too many of this user.
            1040 | 1053 | 1129 | 1203 | 1226 => unreachable(self.endpoint, error.to_string()),
            1043 | 1047 | 1251 => self.strange(error.to_string()),
            _ => self.not_authenticated(error.to_string()),
        }
    }
}

pub(super) fn unreachable(endpoint: &Endpoint, reason: String) -> PoolError {
    PoolError::Unreachable { endpoint: endpoint.name.clone(), reason, retry: endpoint.options.retry }
}

fn user(endpoint: &Endpoint) -> &str {
    endpoint.user.as_deref().unwrap_or("root")
}

/// Whether a host is this machine whatever a resolver says.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn parse_greeting(payload: &[u8]) -> Option<Greeting> {
    // version of the protocol, version of the server, thread (4), scramble (8), filler, flags (2), character set,
    // status (2), flags (2), then the scramble's length, in which `mysql_common` expects no more than 127.
    let end = payload.get(1..)?.iter().position(|byte| *byte == 0)? + 2;
    let fixed = payload.get(end..end + 31)?;
    if *fixed.get(20)? > 127 {
        return None;
    }
    let packet = HandshakePacket::deserialize((), &mut ParseBuf(payload)).ok()?;
    let mut scramble = packet.scramble_1_ref().to_vec();
    scramble.extend_from_slice(packet.scramble_2_ref()?);
    if scramble.len() < SCRAMBLE_BYTES || packet.server_version_ref().len() > 255 {
        return None;
    }
    Some(Greeting {
        version: packet.server_version_str().into_owned(),
        thread: packet.connection_id(),
        offered: packet.capabilities().bits(),
        character_set: packet.default_collation(),
        plugin: packet.auth_plugin_name_ref().map(<[u8]>::to_vec),
        scramble,
    })
}

/// `HandshakeResponse41`.
fn response(
    login: &Login<'_>,
    agreed: CapabilityFlags,
    database: Option<&str>,
    character_set: u8,
    authentication: &Authentication<'_>,
    proof: &[u8],
) -> Zeroizing<Vec<u8>> {
    let plugin =
        agreed.contains(CapabilityFlags::CLIENT_PLUGIN_AUTH).then(|| authentication.plugin().clone());
    let attributes = agreed
        .contains(CapabilityFlags::CLIENT_CONNECT_ATTRS)
        .then(|| HashMap::from([("_client_name".to_owned(), "warpgrid".to_owned())]));
    let response = HandshakeResponse::new(
        Some(proof),
        (5, 5, 3),
        Some(user(login.endpoint).as_bytes()),
        database.map(str::as_bytes),
        plugin,
        agreed,
        attributes,
        MAX_PAYLOAD,
    );
    // The proof may be the password itself.
    let mut payload = Zeroizing::new(Vec::with_capacity(512 + proof.len()));
    response.serialize(&mut payload);
    // `mysql_common` writes the character set it likes best.
    if let Some(place) = payload.get_mut(CHARACTER_SET_AT) {
        *place = character_set;
    }
    payload
}

#[cfg(test)]
mod tests;
