//! A network in memory with one server that speaks lines, and what can go wrong there; knows no pool.

use super::lines::read_line;
use crate::net::{BoxFuture, Connector, ServerAddress, ServerStream};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, duplex};
use tokio_util::sync::CancellationToken;

#[derive(Default)]
pub(super) struct Network {
    server: Mutex<Server>,
}

/// What the server is, does wrong, and has seen.
#[derive(Default)]
pub(super) struct Server {
    /// Connections are refused.
    pub(super) down: bool,
    /// Logins are refused, of this application or all (`*`).
    pub(super) refuses: Option<String>,
    /// How long a login takes.
    pub(super) login: Duration,
    /// How long an answer takes.
    pub(super) answer: Duration,
    /// Resets are answered with something else.
    pub(super) bad_reset: bool,
    /// Connecting panics.
    pub(super) panics: bool,
    /// Resets and pings are not answered.
    pub(super) silent: bool,
    /// Requests to stop something are not answered.
    pub(super) stops_hang: bool,
    /// Such requests that are there now.
    pub(super) stopping: usize,
    sessions: BTreeMap<u32, CancellationToken>,
    number: u32,
    /// Attempts to connect, whatever became of them.
    pub(super) attempts: usize,
    /// The most sessions there ever were at a time.
    pub(super) most: usize,
    /// The most logins there ever were at a time.
    pub(super) most_logins: usize,
    logins: usize,
    /// All lines but logins, with the session's number.
    pub(super) seen: Vec<(u32, String)>,
}

impl Network {
    pub(super) fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap()
    }

    /// The numbers of the sessions that are open.
    pub(super) fn sessions(&self) -> Vec<u32> {
        self.server().sessions.keys().copied().collect()
    }

    /// Ends a session as a server does that crashes.
    pub(super) fn kill(&self, number: u32) {
        self.server().sessions[&number].cancel();
    }

    /// How often a line was seen, of whatever session.
    pub(super) fn seen(&self, line: &str) -> usize {
        self.server().seen.iter().filter(|(_, seen)| seen == line).count()
    }
}

/// The network as the pool sees it.
pub(super) struct Wire(pub(super) Arc<Network>);

impl Connector for Wire {
    fn connect<'a>(&'a self, server: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let mut state = self.0.server();
            state.attempts += 1;
            let panics = state.panics;
            drop(state);
            assert!(!panics, "a connector that fails");
            let state = self.0.server();
            if state.down {
                return Err(io::Error::new(io::ErrorKind::ConnectionRefused, format!("{server}: refused")));
            }
            drop(state);
            let (ours, theirs) = duplex(64 * 1024);
            tokio::spawn(serve(self.0.clone(), Box::new(theirs)));
            Ok(Box::new(ours) as ServerStream)
        })
    }
}

async fn serve(network: Arc<Network>, mut stream: ServerStream) {
    let Ok(first) = read_line(&mut stream).await else { return };
    if let Some(number) = first.strip_prefix("stop ") {
        let number = number.parse::<u32>().unwrap();
        let hangs = {
            let mut server = network.server();
            server.seen.push((number, "stop".to_owned()));
            server.stopping += 1;
            server.stops_hang
        };
        if hangs {
            let _ = read_line(&mut stream).await;
        }
        network.server().stopping -= 1;
        let _ = stream.write_all(b"done\n").await;
        return;
    }
    let application = first.rsplit(' ').next().unwrap_or_default().to_owned();
    let (pause, refused) = {
        let mut server = network.server();
        server.logins += 1;
        server.most_logins = server.most_logins.max(server.logins);
        (server.login, server.refuses.as_ref().is_some_and(|name| name == "*" || *name == application))
    };
    tokio::time::sleep(pause).await;
    let ended = CancellationToken::new();
    let number = {
        let mut server = network.server();
        server.logins -= 1;
        server.number += 1;
        let number = server.number;
        if !refused {
            server.sessions.insert(number, ended.clone());
            server.most = server.most.max(server.sessions.len());
        }
        number
    };
    let greeting = if refused { "refused go away\n".to_owned() } else { format!("session {number}\n") };
    let _ = stream.write_all(greeting.as_bytes()).await;
    if !refused {
        tokio::select! {
            biased;
            () = ended.cancelled() => {}
            () = session(&network, number, &mut stream) => {}
        }
    }
    network.server().sessions.remove(&number);
}

async fn session(network: &Network, number: u32, stream: &mut ServerStream) {
    let mut value = String::new();
    while let Ok(line) = read_line(stream).await {
        network.server().seen.push((number, line.clone()));
        let (pause, bad_reset, silent) = {
            let server = network.server();
            (server.answer, server.bad_reset, server.silent)
        };
        tokio::time::sleep(pause).await;
        let answer = match line.split_once(' ').unwrap_or((&line, "")) {
            ("bye", _) => return,
            ("never", _) => continue,
            ("reset" | "ping", _) if silent => continue,
            ("reset", _) if bad_reset => "what\n".to_owned(),
            ("reset", _) => {
                value.clear();
                "done\n".to_owned()
            }
            ("say", text) => format!("{text}\n"),
            ("get", _) => format!("{value}\n"),
            ("set", text) => {
                value = text.to_owned();
                "done\n".to_owned()
            }
            _ => "done\n".to_owned(),
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
