//! From a fresh connection to a session, as client; knows no guest.

use super::command::encode;
use super::frame::ReplyScanner;
use super::{RedisFacts, reset};
use crate::endpoint::{Endpoint, Protocol};
use crate::error::PoolError;
use crate::net::{ServerAddress, ServerStream};
use crate::protocol::{LoggedIn, LoginRequest, ServerFacts};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

/// The most bytes of a server's answer that are kept for an error.
const SHOWN_BYTES: usize = 200;

/// The most bytes of one answer during a login.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// Encrypts if the endpoint says so, logs in, selects the database.
pub(super) async fn login(stream: ServerStream, request: LoginRequest<'_>) -> Result<LoggedIn, PoolError> {
    let endpoint = request.endpoint;
    let mut stream = match (&endpoint.tls, &endpoint.server) {
        (Some(tls), ServerAddress::Tcp { host, .. }) => {
            let tls_failed = |error: crate::net::TlsError| PoolError::Tls {
                endpoint: endpoint.name.clone(),
                reason: error.to_string(),
            };
            tls.handshake(stream, host, None).await.map_err(tls_failed)?.stream
        }
        _ => stream,
    };
    let commands = commands(endpoint);
    let mut bytes = Zeroizing::new(Vec::new());
    for words in &commands {
        encode(words, &mut bytes);
    }
    let broken = |error: &io::Error| PoolError::Unreachable {
        endpoint: endpoint.name.clone(),
        reason: format!("the connection broke at the login: {error}"),
        retry: endpoint.options.retry,
    };
    stream.write_all(&bytes).await.map_err(|error| broken(&error))?;
    stream.flush().await.map_err(|error| broken(&error))?;
    let mut answers = Answers::new();
    for words in &commands {
        let answer = match answers.next(&mut stream).await {
            Ok(answer) => answer,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(not_redis(endpoint, error.to_string()));
            }
            Err(error) => return Err(broken(&error)),
        };
        check(endpoint, words[0], &answer)?;
    }
    if !answers.is_empty() {
        return Err(not_redis(endpoint, "more was answered than asked".to_owned()));
    }
    Ok(LoggedIn { stream, facts: ServerFacts::Redis(RedisFacts::default()) })
}

/// What makes a fresh session: login, database, a sign of life.
pub(super) fn commands(endpoint: &Endpoint) -> Vec<Vec<&[u8]>> {
    let mut commands: Vec<Vec<&[u8]>> = Vec::new();
    match (&endpoint.user, &endpoint.password) {
        (Some(user), Some(password)) => commands.push(vec![b"AUTH", user.as_bytes(), password.expose()]),
        (None, Some(password)) => commands.push(vec![b"AUTH", password.expose()]),
        (_, None) => {}
    }
    if let Some(database) = &endpoint.database {
        commands.push(vec![b"SELECT", database.as_bytes()]);
    }
    commands.push(vec![b"PING"]);
    commands
}

fn check(endpoint: &Endpoint, command: &[u8], answer: &[u8]) -> Result<(), PoolError> {
    let text = String::from_utf8_lossy(&answer[..answer.len().min(SHOWN_BYTES)]).trim_end().to_owned();
    match (command, answer) {
        (b"AUTH" | b"SELECT", b"+OK\r\n") | (b"PING", b"+PONG\r\n") => Ok(()),
        (_, [b'-', ..]) => {
            let reason = text[1..].to_owned();
            let user = endpoint.user.as_deref().unwrap_or("default").to_owned();
            let about_login = ["WRONGPASS", "NOAUTH", "NOPERM"].iter().any(|code| reason.starts_with(code));
            Err(if command == b"AUTH" || about_login {
                PoolError::Authentication { endpoint: endpoint.name.clone(), user, reason }
            } else if command == b"SELECT" {
                PoolError::Denied {
                    endpoint: endpoint.name.clone(),
                    reason: format!("its database: {reason}"),
                }
            } else {
                let retry = endpoint.options.retry;
                PoolError::Unreachable { endpoint: endpoint.name.clone(), reason, retry }
            })
        }
        _ => Err(not_redis(endpoint, "an answer that Redis does not give".to_owned())),
    }
}

fn not_redis(endpoint: &Endpoint, reason: String) -> PoolError {
    PoolError::NotThisProtocol { endpoint: endpoint.name.clone(), protocol: Protocol::Redis, reason }
}

/// Answers to commands of our own, read one by one.
pub(super) struct Answers {
    scanner: ReplyScanner,
    read: Vec<u8>,
    at: usize,
}

impl Answers {
    pub(super) fn new() -> Self {
        Self { scanner: ReplyScanner::new(), read: Vec::new(), at: 0 }
    }

    /// Whether nothing was read that was not asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.at == self.read.len()
    }

    /// The bytes of the next reply.
    ///
    /// # Errors
    /// Of the connection; `InvalidData` when it is not RESP, or longer than an answer of a login.
    pub(super) async fn next(&mut self, stream: &mut ServerStream) -> io::Result<Vec<u8>> {
        let mut answer = Vec::new();
        loop {
            let (read, reply) = self
                .scanner
                .next(&self.read[self.at..])
                .map_err(|violation| io::Error::new(io::ErrorKind::InvalidData, violation))?;
            answer.extend_from_slice(&self.read[self.at..self.at + read]);
            self.at += read;
            if reply.is_some() {
                return Ok(answer);
            }
            if answer.len() > MAX_ANSWER_BYTES {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "an answer that is too long"));
            }
            (self.read, self.at) = (vec![0; reset::READ_BYTES], 0);
            let count = stream.read(&mut self.read).await?;
            self.read.truncate(count);
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
