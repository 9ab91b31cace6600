//! What the tests of MySQL share: servers, and a session with its tracker as a guest would use it. Knows no test.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol};
use warpgrid_pool::error::PoolError;
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::net::{BoxFuture, Connector, ServerAddress, ServerStream};
use warpgrid_pool::protocol::{
    CancelLookup, GuestStep, LoginRequest, ServerFacts, SessionFailure, Tracker, WireProtocol, wire_protocol,
};
use warpgrid_pool::secret::Secret;
use warpgrid_test_services::{ProductKind, Server, ServerBuilder, Services};

/// Capability flags by their names in the protocol.
pub(crate) const LOCAL_FILES: u64 = 0x80;
pub(crate) const IGNORE_SPACE: u64 = 0x100;
pub(crate) const PROTOCOL_41: u64 = 0x200;
pub(crate) const MULTI_STATEMENTS: u64 = 0x1_0000;
pub(crate) const MULTI_RESULTS: u64 = 0x6_0000;
pub(crate) const SESSION_TRACK: u64 = 0x80_0000;
pub(crate) const DEPRECATE_EOF: u64 = 0x100_0000;

pub(crate) fn mysql() -> &'static dyn WireProtocol {
    wire_protocol(Protocol::Mysql)
}

/// A builder of each server; MySQL is left out, and said to be, where there is none.
pub(crate) fn builders() -> Vec<ServerBuilder> {
    let services = Services::from_environment().unwrap();
    let mut all = vec![services.mariadb()];
    match services.mysql() {
        Ok(builder) => all.push(builder),
        Err(reason) => println!("without MySQL: {reason}"),
    }
    all
}

/// Both servers, started.
pub(crate) fn servers() -> Vec<Server> {
    builders().into_iter().map(|builder| builder.start().unwrap()).collect()
}

pub(crate) fn is_mariadb(server: &Server) -> bool {
    server.kind() == ProductKind::Mariadb
}

/// The server over TCP, in database `app`.
pub(crate) fn endpoint(server: &Server, user: &str) -> Endpoint {
    Endpoint {
        name: "orders".into(),
        protocol: Protocol::Mysql,
        server: ServerAddress::Tcp { host: "127.0.0.1".into(), port: server.port() },
        database: Some("app".into()),
        user: Some(user.into()),
        password: Some(Secret::new(server.password(user))),
        tls: None,
        guest_login: GuestLogin::Any,
        options: Default::default(),
    }
}

/// The server over its socket, as its administrator.
pub(crate) fn admin(server: &Server) -> Endpoint {
    Endpoint { server: ServerAddress::Unix(server.socket_path()), ..endpoint(server, "admin") }
}

pub(crate) fn startup(capabilities: u64) -> StartupSet {
    StartupSet { capabilities: capabilities | PROTOCOL_41, ..StartupSet::default() }
}

/// Connects without any of the pool's own network.
pub(crate) struct PlainConnector;

impl Connector for PlainConnector {
    fn connect<'a>(&'a self, server: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>> {
        Box::pin(async move {
            Ok(match server {
                ServerAddress::Tcp { host, port } => {
                    Box::new(tokio::net::TcpStream::connect((host.as_str(), *port)).await?) as ServerStream
                }
                ServerAddress::Unix(path) => Box::new(tokio::net::UnixStream::connect(path).await?),
            })
        })
    }
}

/// Threads that guests may stop: theirs by what they call them.
#[derive(Default)]
pub(crate) struct Threads(Mutex<HashMap<u32, u32>>);

impl Threads {
    pub(crate) fn insert(&self, synthetic: u32, real: u32) {
        self.0.lock().unwrap().insert(synthetic, real);
    }
}

impl CancelLookup for Threads {
    fn real_thread(&self, synthetic: u32) -> Option<u32> {
        self.0.lock().unwrap().get(&synthetic).copied()
    }
}

/// Who said what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Guest,
    Server,
}

/// A session as a guest uses it, with all that passed.
pub(crate) struct Session {
    pub(crate) stream: ServerStream,
    pub(crate) tracker: Box<dyn Tracker>,
    pub(crate) facts: ServerFacts,
    pub(crate) endpoint: Endpoint,
    pub(crate) startup: StartupSet,
    pub(crate) record: Vec<(Who, Vec<u8>)>,
}

/// A row as text, columns separated by `|`; an error as its number.
pub(crate) type Rows = Result<Vec<String>, u16>;

impl Session {
    pub(crate) async fn open(endpoint: &Endpoint, startup: &StartupSet) -> Result<Self, PoolError> {
        Self::open_with(endpoint, startup, Arc::new(Threads::default())).await
    }

    pub(crate) async fn open_with(
        endpoint: &Endpoint,
        startup: &StartupSet,
        threads: Arc<Threads>,
    ) -> Result<Self, PoolError> {
        let stream = PlainConnector.connect(&endpoint.server).await.unwrap();
        let logged_in = mysql().login(stream, LoginRequest { endpoint, startup }).await?;
        let tracker = mysql().tracker(&logged_in.facts, threads);
        Ok(Self {
            stream: logged_in.stream,
            tracker,
            facts: logged_in.facts,
            endpoint: endpoint.clone(),
            startup: startup.clone(),
            record: Vec::new(),
        })
    }

    /// The server's number of the session.
    pub(crate) fn thread(&self) -> u32 {
        let ServerFacts::Mysql(facts) = &self.facts else { unreachable!() };
        facts.thread
    }

    fn deprecates_eof(&self) -> bool {
        let ServerFacts::Mysql(facts) = &self.facts else { unreachable!() };
        u64::from(facts.agreed) & DEPRECATE_EOF != 0
    }

    /// Sends what the tracker lets through; gives what the host answers by itself.
    pub(crate) async fn send(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut answers = Vec::new();
        while !bytes.is_empty() {
            match self.tracker.from_guest(bytes).unwrap() {
                GuestStep::Forward(count) => {
                    self.record.push((Who::Guest, bytes[..count].to_vec()));
                    self.stream.write_all(&bytes[..count]).await.unwrap();
                    bytes = &bytes[count..];
                }
                GuestStep::Replace { consumed, bytes: other } => {
                    self.stream.write_all(&other).await.unwrap();
                    bytes = &bytes[consumed..];
                }
                GuestStep::Answer { consumed, bytes: answer } => {
                    answers.extend_from_slice(&answer);
                    bytes = &bytes[consumed..];
                }
                step => panic!("{step:?} to {bytes:x?}"),
            }
        }
        self.stream.flush().await.unwrap();
        answers
    }

    /// One packet of the server's, seen by the tracker.
    pub(crate) async fn packet(&mut self) -> io::Result<Vec<u8>> {
        let mut header = [0; 4];
        self.stream.read_exact(&mut header).await?;
        let mut packet = header.to_vec();
        packet.resize(4 + (u32::from_le_bytes(header) & 0xff_ffff) as usize, 0);
        self.stream.read_exact(&mut packet[4..]).await?;
        self.tracker.from_server(&packet).unwrap();
        self.record.push((Who::Server, packet.clone()));
        Ok(packet.split_off(4))
    }

    /// All packets that answer a command.
    pub(crate) async fn command(&mut self, payload: &[u8]) -> Vec<Vec<u8>> {
        let host = self.send(&frame(0, payload)).await;
        if !host.is_empty() {
            return vec![host[4..].to_vec()];
        }
        self.answer().await
    }

    pub(crate) async fn answer(&mut self) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        while self.tracker.is_busy() {
            packets.push(self.packet().await.unwrap());
        }
        packets
    }

    /// The rows of all results of a query.
    pub(crate) async fn query(&mut self, statement: &str) -> Rows {
        let packets = self.command(&[&[3], statement.as_bytes()].concat()).await;
        rows(&packets, self.deprecates_eof())
    }

    /// Runs statements that must succeed.
    pub(crate) async fn run(&mut self, statements: &[&str]) {
        for statement in statements {
            self.query(statement).await.unwrap_or_else(|code| panic!("{statement}: {code}"));
        }
    }

    pub(crate) async fn reset(&mut self) -> Result<(), SessionFailure> {
        let request = LoginRequest { endpoint: &self.endpoint, startup: &self.startup };
        mysql().reset(&mut self.stream, &mut *self.tracker, request).await
    }
}

/// A packet.
pub(crate) fn frame(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let [low, middle, high, _] = (payload.len() as u32).to_le_bytes();
    [&[low, middle, high, sequence], payload].concat()
}

/// Reads results by the book, without any of the tracker's code.
fn rows(packets: &[Vec<u8>], short: bool) -> Rows {
    let mut rows = Vec::new();
    let mut packets = packets.iter();
    while let Some(packet) = packets.next() {
        match packet[0] {
            0 => continue,
            0xff => return Err(u16::from_le_bytes([packet[1], packet[2]])),
            count => {
                for _ in 0..usize::from(count) + usize::from(!short) {
                    packets.next().unwrap();
                }
            }
        }
        loop {
            let row = packets.next().unwrap();
            match row[0] {
                0xfe if row.len() < 9 || short => break,
                0xff => return Err(u16::from_le_bytes([row[1], row[2]])),
                _ => rows.push(text(row)),
            }
        }
    }
    Ok(rows)
}

fn text(mut row: &[u8]) -> String {
    let mut columns = Vec::new();
    while let Some((&first, rest)) = row.split_first() {
        let (length, rest) = match first {
            0xfb => {
                columns.push("NULL".to_owned());
                row = rest;
                continue;
            }
            0xfc => (usize::from(u16::from_le_bytes([rest[0], rest[1]])), &rest[2..]),
            0xfd => (u32::from_le_bytes([rest[0], rest[1], rest[2], 0]) as usize, &rest[3..]),
            0xfe => (u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize, &rest[8..]),
            short => (usize::from(short), rest),
        };
        columns.push(String::from_utf8_lossy(&rest[..length]).into_owned());
        row = &rest[length..];
    }
    columns.join("|")
}
