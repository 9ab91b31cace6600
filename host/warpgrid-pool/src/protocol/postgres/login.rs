//! From a fresh connection to a session, as client; knows no guest but what it asked for.
//!
//! Encryption, start-up message, authentication, and then what the server says of itself until it is ready. Everything
//! the server says is bounded in number and length, and nothing is accepted out of turn: a server that says "welcome"
//! in the middle of SCRAM has not proven that it knows the password.
//!
//! | the server asks for | the host answers |
//! |---|---|
//! | nothing (`trust`, `peer`, a certificate) | nothing |
//! | the password in clear text | the password, over TLS, a Unix socket or to this machine only |
//! | MD5 | the hash |
//! | SCRAM-SHA-256-PLUS | SCRAM bound to the server's certificate (`tls-server-end-point`), where that has a hash |
//! | SCRAM-SHA-256 | SCRAM; over TLS it says "bound if you could", so that a server notices who hid that it can |

use super::encrypt::{Channel, encrypt};
use super::error::{LoginFailure, ServerError, user};
use super::facts::PostgresFacts;
use super::messages::{Message, Messages, ReadFailure};
use crate::error::PoolError;
use crate::net::{ServerAddress, ServerStream};
use crate::protocol::{LoggedIn, LoginRequest, ServerFacts, Violation};
use bytes::{Bytes, BytesMut};
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{
    ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256,
};
use postgres_protocol::message::frontend;
use std::net::IpAddr;
use tokio::io::AsyncWriteExt;

/// The most messages of a server before it is ready.
const MESSAGE_COUNT_LIMIT: usize = 1000;
/// The most parameters a server may report.
const PARAMETER_LIMIT: usize = 64;
/// The longest start-up message that a server takes.
const STARTUP_LIMIT: usize = 10_000;

/// How far the authentication is.
enum Proof {
    /// The server has asked for nothing.
    NotAsked,
    /// A password or its hash is sent.
    PasswordSent,
    /// SCRAM has begun: the server's challenge is due.
    ScramBegun(Box<ScramSha256>),
    /// SCRAM's proof is sent: the server's own proof is due.
    ScramProven(Box<ScramSha256>),
    /// The server has proven that it knows the password.
    ServerProven,
    /// The server has let the host in.
    Accepted,
}

struct Login<'a> {
    request: LoginRequest<'a>,
    failure: LoginFailure<'a>,
    stream: ServerStream,
    encrypted: bool,
    server_end_point: Option<Vec<u8>>,
    proof: Proof,
    facts: PostgresFacts,
}

/// Logs in: see [`crate::protocol::WireProtocol::login`].
pub(super) async fn login(stream: ServerStream, request: LoginRequest<'_>) -> Result<LoggedIn, PoolError> {
    let startup = startup_message(request)?;
    let channel = encrypt(stream, request.endpoint).await?;
    begin(channel, &startup, request).await
}

/// Logs in over a channel that is as the endpoint asks.
pub(super) async fn begin(
    channel: Channel,
    startup: &[u8],
    request: LoginRequest<'_>,
) -> Result<LoggedIn, PoolError> {
    let failure = LoginFailure(request.endpoint);
    let Channel { stream, encrypted, server_end_point } = channel;
    let mut login = Login {
        request,
        failure,
        stream,
        encrypted,
        server_end_point,
        proof: Proof::NotAsked,
        facts: PostgresFacts::default(),
    };
    login.send(startup).await?;
    let mut messages = Messages::new();
    for _ in 0..MESSAGE_COUNT_LIMIT {
        let message = messages.next(&mut login.stream).await.map_err(|failure| login.unread(&failure))?;
        if login.take(&message).await? {
            if !messages.is_drained() {
                return Err(failure.not_postgres("it went on after it was ready"));
            }
            return Ok(LoggedIn { stream: login.stream, facts: ServerFacts::Postgres(login.facts) });
        }
    }
    Err(failure.not_postgres("it says too much before it is ready"))
}

fn startup_message(request: LoginRequest<'_>) -> Result<BytesMut, PoolError> {
    let failure = LoginFailure(request.endpoint);
    let database = request.endpoint.database.as_ref().or(request.startup.database.as_ref());
    let parameters = request.startup.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let all = [("user", user(request.endpoint))]
        .into_iter()
        .chain(database.map(|name| ("database", name.as_str())))
        .chain(parameters);
    let mut message = BytesMut::new();
    frontend::startup_message(all, &mut message).map_err(|_| {
        failure.denied("a zero byte stands in the user, the database or a start-up parameter")
    })?;
    if message.len() > STARTUP_LIMIT {
        return Err(failure.denied("its start-up parameters are too long"));
    }
    Ok(message)
}

impl Login<'_> {
    /// Takes the server's next message; true when the session is ready.
    async fn take(&mut self, message: &Message) -> Result<bool, PoolError> {
        let accepted = matches!(self.proof, Proof::Accepted);
        match (message.tag, accepted) {
            (b'R', false) => self.authenticate(message.body()).await?,
            (b'E', _) => {
                let startup = self.request.startup;
                let guest_chose = startup.database.is_some() || !startup.parameters.is_empty();
                return Err(self.failure.said(&ServerError::read(message.body()), guest_chose));
            }
            // A notice, or that the server knows no protocol newer than the one that was asked for.
            (b'N', _) | (b'v', false) => {}
            (b'S', true) => self.parameter(message.body())?,
            (b'K', true) => self.key(message)?,
            (b'Z', true) => match message.body() {
                b"I" => return Ok(true),
                _ => return Err(self.failure.not_postgres("a fresh session is not idle")),
            },
            _ => return Err(self.failure.not_postgres("it sent a message out of turn")),
        }
        Ok(false)
    }

    async fn authenticate(&mut self, body: &[u8]) -> Result<(), PoolError> {
        let Some((kind, data)) = body.split_first_chunk::<4>() else {
            return Err(self.failure.not_postgres("it sent half a request for authentication"));
        };
        let proof = std::mem::replace(&mut self.proof, Proof::NotAsked);
        self.proof = match (u32::from_be_bytes(*kind), proof) {
            (0, Proof::NotAsked | Proof::PasswordSent | Proof::ServerProven) => Proof::Accepted,
            (0, _) => {
                return Err(self
                    .failure
                    .authentication("it let the host in without its proof of the password"));
            }
            (3, Proof::NotAsked) => self.clear_text().await?,
            (5, Proof::NotAsked) => self.md5(data).await?,
            (10, Proof::NotAsked) => self.scram_begin(data).await?,
            (11, Proof::ScramBegun(scram)) => self.scram_prove(scram, data).await?,
            (12, Proof::ScramProven(mut scram)) => {
                scram
                    .finish(data)
                    .map_err(|_| self.failure.authentication("it does not know the password itself"))?;
                Proof::ServerProven
            }
            (2 | 6 | 7 | 8 | 9, _) => {
                return Err(self
                    .failure
                    .authentication("it asks for Kerberos, GSSAPI or SSPI, which the host has not"));
            }
            _ => return Err(self.failure.not_postgres("it asked for authentication out of turn")),
        };
        Ok(())
    }

    fn password(&self) -> Result<&[u8], PoolError> {
        match &self.request.endpoint.password {
            Some(password) => Ok(password.expose()),
            None => Err(self.failure.authentication("it asks for a password, and the binding has none")),
        }
    }

    async fn clear_text(&mut self) -> Result<Proof, PoolError> {
        let local = match &self.request.endpoint.server {
            ServerAddress::Unix(_) => true,
            ServerAddress::Tcp { host, .. } => {
                host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        };
        if !(self.encrypted || local) {
            return Err(self.failure.authentication(
                "it asks for the password in clear text over an unencrypted connection; set `tls`, or SCRAM on the server",
            ));
        }
        let mut message = BytesMut::new();
        frontend::password_message(self.password()?, &mut message).map_err(|_| self.zero_byte())?;
        self.send(&message).await?;
        zeroize::Zeroize::zeroize(message.as_mut());
        Ok(Proof::PasswordSent)
    }

    async fn md5(&mut self, salt: &[u8]) -> Result<Proof, PoolError> {
        let Ok(salt) = <[u8; 4]>::try_from(salt) else {
            return Err(self.failure.not_postgres("its salt for MD5 has not four bytes"));
        };
        let hash = md5_hash(user(self.request.endpoint).as_bytes(), self.password()?, salt);
        let mut message = BytesMut::new();
        frontend::password_message(hash.as_bytes(), &mut message).map_err(|_| self.zero_byte())?;
        self.send(&message).await?;
        Ok(Proof::PasswordSent)
    }

    async fn scram_begin(&mut self, mechanisms: &[u8]) -> Result<Proof, PoolError> {
        let offers = |name: &str| mechanisms.split(|byte| *byte == 0).any(|offer| offer == name.as_bytes());
        let (plain, plus) = (offers(SCRAM_SHA_256), offers(SCRAM_SHA_256_PLUS));
        if plus && !self.encrypted {
            // Only somebody in between makes such an offer.
            return Err(self
                .failure
                .authentication("it offers to bind SCRAM to an encryption that is not there"));
        }
        let (mechanism, binding) = match self.server_end_point.take() {
            Some(hash) if plus => (SCRAM_SHA_256_PLUS, ChannelBinding::tls_server_end_point(hash)),
            Some(_) if plain => (SCRAM_SHA_256, ChannelBinding::unrequested()),
            None if plain => (SCRAM_SHA_256, ChannelBinding::unsupported()),
            _ => return Err(self.failure.authentication("it offers no SASL mechanism that the host has")),
        };
        let scram = Box::new(ScramSha256::new(self.password()?, binding));
        let mut message = BytesMut::new();
        frontend::sasl_initial_response(mechanism, scram.message(), &mut message)
            .map_err(|_| self.zero_byte())?;
        self.send(&message).await?;
        Ok(Proof::ScramBegun(scram))
    }

    /// The library refuses a challenge with more than 100,000 iterations (CVE-2026-6664).
    async fn scram_prove(
        &mut self,
        mut scram: Box<ScramSha256>,
        challenge: &[u8],
    ) -> Result<Proof, PoolError> {
        scram.update(challenge).map_err(|error| {
            self.failure.authentication(format_args!("its SCRAM challenge is not one to answer: {error}"))
        })?;
        let mut message = BytesMut::new();
        frontend::sasl_response(scram.message(), &mut message).map_err(|_| self.zero_byte())?;
        self.send(&message).await?;
        Ok(Proof::ScramProven(scram))
    }

    fn parameter(&mut self, body: &[u8]) -> Result<(), PoolError> {
        let mut texts = body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
        let (Some(name), Some(value)) = (texts.next(), texts.next()) else {
            return Err(self.failure.not_postgres("it reported half a parameter"));
        };
        let parameters = &mut self.facts.parameters;
        match parameters.iter().position(|known| known.0 == name) {
            Some(index) => parameters[index].1 = value,
            None if parameters.len() < PARAMETER_LIMIT => parameters.push((name, value)),
            None => return Err(self.failure.not_postgres("it reports too many parameters")),
        }
        Ok(())
    }

    fn key(&mut self, message: &Message) -> Result<(), PoolError> {
        match message.body().split_first_chunk::<4>() {
            Some((process_id, secret)) if (4..=256).contains(&secret.len()) => {
                self.facts.process_id = u32::from_be_bytes(*process_id);
                self.facts.cancel_secret = Bytes::copy_from_slice(secret);
                Ok(())
            }
            _ => Err(self.failure.not_postgres("its cancel key has a wrong length")),
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), PoolError> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| self.failure.unreachable(error))
    }

    fn zero_byte(&self) -> PoolError {
        self.failure.authentication("the password cannot be sent: a zero byte stands in it")
    }

    fn unread(&self, failure: &ReadFailure) -> PoolError {
        match failure {
            ReadFailure::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                self.failure.unreachable("it closed the connection in the middle of the login")
            }
            ReadFailure::Io(error) => self.failure.unreachable(error),
            ReadFailure::Violation(Violation(what)) => self.failure.not_postgres(&format!("it sent {what}")),
        }
    }
}
