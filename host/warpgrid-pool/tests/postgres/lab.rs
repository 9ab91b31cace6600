//! What the tests share: a server, sessions of it, and a client that speaks by hand. Knows no test.

use bytes::{BufMut, BytesMut};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol};
use warpgrid_pool::error::PoolError;
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::net::{BoxFuture, Connector, ServerAddress, ServerStream};
use warpgrid_pool::protocol::{
    CancelLookup, GuestStep, LoginRequest, ServerFacts, SessionFailure, Tracker, Verdict, WireProtocol,
    wire_protocol,
};
use warpgrid_pool::secret::Secret;
use warpgrid_test_services::{Server, ServerBuilder, Services};

/// A PostgreSQL to be.
pub(crate) fn postgres() -> ServerBuilder {
    Services::from_environment().unwrap().postgres()
}

/// The protocol under test.
pub(crate) fn protocol() -> &'static dyn WireProtocol {
    wire_protocol(Protocol::Postgres)
}

/// The server over TCP, as `user` with the password that is right.
pub(crate) fn endpoint(server: &Server, user: &str) -> Endpoint {
    let password = server.password(user);
    Endpoint {
        name: "shop".into(),
        protocol: Protocol::Postgres,
        server: ServerAddress::Tcp { host: "127.0.0.1".into(), port: server.port() },
        database: Some("app".into()),
        user: Some(user.into()),
        password: (!password.is_empty()).then(|| Secret::new(password)),
        tls: None,
        guest_login: GuestLogin::Any,
        options: PoolOptions::default(),
    }
}

/// The same through the Unix socket.
pub(crate) fn by_socket(server: &Server, user: &str) -> Endpoint {
    Endpoint { server: ServerAddress::Unix(server.socket_path()), ..endpoint(server, user) }
}

/// The network of the machine.
pub(crate) struct Network;

impl Connector for Network {
    fn connect<'a>(&'a self, server: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>> {
        Box::pin(async move {
            Ok(match server {
                ServerAddress::Tcp { host, port } => {
                    Box::new(TcpStream::connect((host.as_str(), *port)).await?) as ServerStream
                }
                ServerAddress::Unix(path) => Box::new(UnixStream::connect(path).await?),
            })
        })
    }
}

struct NoCancels;

impl CancelLookup for NoCancels {
    fn real_thread(&self, _synthetic: u32) -> Option<u32> {
        None
    }
}

/// A session with its tracker, and a guest's client on top.
pub(crate) struct Session {
    pub(crate) endpoint: Endpoint,
    pub(crate) startup: StartupSet,
    pub(crate) stream: ServerStream,
    pub(crate) facts: ServerFacts,
    pub(crate) tracker: Box<dyn Tracker>,
    unread: BytesMut,
}

/// Logs in.
pub(crate) async fn log_in(endpoint: &Endpoint, startup: &StartupSet) -> Result<Session, PoolError> {
    let stream = Network.connect(&endpoint.server).await.unwrap();
    let logged_in = protocol().login(stream, LoginRequest { endpoint, startup }).await?;
    Ok(Session {
        endpoint: endpoint.clone(),
        startup: startup.clone(),
        stream: logged_in.stream,
        tracker: protocol().tracker(&logged_in.facts, Arc::new(NoCancels)),
        facts: logged_in.facts,
        unread: BytesMut::new(),
    })
}

/// Logs in without start-up parameters.
pub(crate) async fn session(endpoint: &Endpoint) -> Session {
    log_in(endpoint, &StartupSet::default()).await.unwrap()
}

/// A frame of a guest.
pub(crate) fn frame(tag: char, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag as u8];
    bytes.put_u32(body.len() as u32 + 4);
    bytes.extend_from_slice(body);
    bytes
}

/// Frames of a guest, one after the other.
pub(crate) fn frames(all: &[(char, &[u8])]) -> Vec<u8> {
    all.iter().flat_map(|(tag, body)| frame(*tag, body)).collect()
}

/// A `Query`.
pub(crate) fn query(text: &str) -> Vec<u8> {
    frame('Q', &[text.as_bytes(), b"\0"].concat())
}

impl Session {
    /// Sends what a guest would, past the tracker.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        assert_eq!(self.tracker.from_guest(bytes), Ok(GuestStep::Forward(bytes.len())));
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next frame of the server, past the tracker.
    pub(crate) async fn next(&mut self) -> (char, Vec<u8>) {
        loop {
            if let Some(header) = self.unread.first_chunk::<5>() {
                let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]) as usize + 1;
                if self.unread.len() >= length {
                    let frame = self.unread.split_to(length);
                    return (frame[0] as char, frame[5..].to_vec());
                }
            }
            let before = self.unread.len();
            assert_ne!(self.stream.read_buf(&mut self.unread).await.unwrap(), 0, "the server closed");
            self.tracker.from_server(&self.unread[before..]).unwrap();
        }
    }

    /// Reads until so many `ReadyForQuery` have come; the kinds of all frames but notices and the like.
    pub(crate) async fn until_ready(&mut self, count: usize) -> String {
        let mut kinds = String::new();
        while kinds.chars().filter(|kind| *kind == 'Z').count() < count {
            let (kind, _) = self.next().await;
            if !"NSA".contains(kind) {
                kinds.push(kind);
            }
        }
        kinds
    }

    /// Runs a query as a guest does: the rows, columns joined by `|`, or the SQLSTATE.
    pub(crate) async fn ask(&mut self, text: &str) -> String {
        self.send(&query(text)).await;
        let mut said = Vec::new();
        loop {
            match self.next().await {
                ('D', body) => said.push(row(&body)),
                ('E', body) => {
                    let code =
                        body.split(|byte| *byte == 0).find(|field| field.first() == Some(&b'C')).unwrap();
                    said.push(String::from_utf8(code[1..].to_vec()).unwrap());
                }
                ('Z', _) => return said.join("\n"),
                _ => {}
            }
        }
    }

    /// Resets the session as the pool does.
    pub(crate) async fn reset(&mut self) -> Result<(), SessionFailure> {
        assert!(self.unread.is_empty());
        let request = LoginRequest { endpoint: &self.endpoint, startup: &self.startup };
        protocol().reset(&mut self.stream, self.tracker.as_mut(), request).await?;
        assert_eq!(self.tracker.verdict(), Verdict::Reset);
        assert!(!self.tracker.is_busy() && !self.tracker.in_transaction());
        Ok(())
    }

    /// Asks whether the session lives, which fails if anything is unread.
    pub(crate) async fn ping(&mut self) {
        protocol().ping(&mut self.stream).await.unwrap();
    }

    /// The parameters that the server reported at the login.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let ServerFacts::Postgres(facts) = &self.facts else { panic!("facts of another protocol") };
        facts.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn row(body: &[u8]) -> String {
    let mut columns = Vec::new();
    let mut rest = &body[2..];
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = i32::from_be_bytes(*length).max(0) as usize;
        columns.push(String::from_utf8_lossy(&after[..length]).into_owned());
        rest = &after[length..];
    }
    columns.join("|")
}
