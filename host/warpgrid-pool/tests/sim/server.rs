//! The simulated server and the network to it: sessions with state that must not be seen by others, faults, and a check of
//! everything that is done to a session. Knows the guests by what they write into their queries only.
//!
//! A guest's query begins with `<tenant>.<guest> `: the server knows who should be alone with the session. What a guest
//! leaves there (a value, a channel, a transaction) carries the same name.

use crate::wire::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use warpgrid_pool::net::{BoxFuture, Connector, ServerAddress, ServerStream};

/// What is wrong with the server in a run that must fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// `DISCARD ALL` is answered and not done.
    ForgetsNothing,
    /// A request to cancel stops another session too.
    WrongCancel,
    /// An answer goes to another guest's session now and then.
    MixedAnswers,
}

/// How the network and the server are at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Fair,
    /// Answers take long.
    Slow,
    /// Nothing is answered, connections are taken.
    Hanging,
    /// Connections are refused.
    Down,
}

pub(crate) struct Simulated {
    state: Mutex<State>,
    began: Instant,
    flaw: Flaw,
}

pub(crate) struct State {
    random: fastrand::Rng,
    pub(crate) weather: Weather,
    pub(crate) log: Vec<String>,
    /// The first invariant that did not hold.
    pub(crate) broken: Option<String>,
    sessions: BTreeMap<u32, Session>,
    processes: u32,
    /// Ends of connections that the pool holds.
    pub(crate) connections: usize,
    /// Guests whose queries somebody of their tenant asked to stop.
    pub(crate) cancelled: BTreeSet<String>,
}

#[derive(Default)]
struct Session {
    secret: u32,
    /// Whether the pool still has its end.
    held: bool,
    ended: Arc<Notify>,
    stopped: Arc<Notify>,
    /// Who used it since it was last made new, and whose it was ever.
    guest: Option<String>,
    tenant: Option<String>,
    was_cancelled: bool,
    value: String,
    channels: BTreeSet<String>,
    in_transaction: bool,
    /// When a message last came.
    active: Option<Instant>,
    notices: Vec<String>,
}

impl Simulated {
    pub(crate) fn new(seed: u64, flaw: Flaw) -> Arc<Self> {
        let state = State {
            random: fastrand::Rng::with_seed(seed),
            weather: Weather::Fair,
            log: Vec::new(),
            broken: None,
            sessions: BTreeMap::new(),
            processes: 100,
            connections: 0,
            cancelled: BTreeSet::new(),
        };
        Arc::new(Self { state: Mutex::new(state), began: Instant::now(), flaw })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn log(&self, text: String) {
        let at = self.began.elapsed().as_millis();
        self.state().log.push(format!("{at:>6} {text}"));
    }

    /// An invariant does not hold.
    pub(crate) fn broken(&self, text: String) {
        self.log(format!("BROKEN: {text}"));
        self.state().broken.get_or_insert(text);
    }

    /// Sessions that the server and the pool both have.
    pub(crate) fn held(&self) -> usize {
        self.state().sessions.values().filter(|session| session.held).count()
    }

    /// A session whose transaction stands open and in which nothing happened for so long.
    pub(crate) fn forgotten(&self, time: Duration) -> Option<u32> {
        let state = self.state();
        let forgotten = |session: &Session| {
            session.held
                && session.in_transaction
                && session.active.is_some_and(|active| active.elapsed() > time)
        };
        state.sessions.iter().find(|(_, session)| forgotten(session)).map(|(process, _)| *process)
    }

    /// Ends all sessions, or one by chance, without a word.
    pub(crate) fn crash(&self, all: bool) {
        let mut state = self.state();
        let processes = state.sessions.keys().copied().collect::<Vec<_>>();
        let chosen = if all { processes } else { state.random.choice(processes).into_iter().collect() };
        for process in chosen {
            state.sessions[&process].ended.notify_one();
        }
    }

    fn pause(&self) -> Duration {
        let mut state = self.state();
        let longest = if state.weather == Weather::Slow { 800 } else { 5 };
        Duration::from_millis(state.random.u64(0..=longest))
    }

    fn with<T>(&self, process: u32, change: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.state().sessions.get_mut(&process).map(change)
    }

    /// A guest's query arrived: it must be alone, and find nothing of anybody else.
    fn used(&self, process: u32, guest: &str) {
        let may_be_cancelled = self.state().cancelled.contains(guest);
        let found = self.with(process, |session| {
            let tenant = guest.split('.').next().unwrap_or_default();
            let mut faults = Vec::new();
            if session.guest.as_deref().is_some_and(|other| other != guest) {
                faults.push(format!("used by {guest} with the state left by {:?}", session.guest));
            }
            if session.tenant.as_deref().is_some_and(|other| other != tenant) {
                faults.push(format!("of tenant {:?} was given to {guest}", session.tenant));
            }
            if session.guest.is_none() {
                if !session.value.is_empty() || !session.channels.is_empty() || session.in_transaction {
                    faults.push(format!("given to {guest} with what was left by {}", session.value));
                }
                if session.was_cancelled && !may_be_cancelled {
                    faults.push(format!("given to {guest} after a cancel"));
                }
            }
            session.guest = Some(guest.to_owned());
            session.tenant = Some(tenant.to_owned());
            faults
        });
        for fault in found.into_iter().flatten() {
            self.broken(format!("session {process} {fault}"));
        }
    }

    async fn serve(self: Arc<Self>, mut stream: DuplexStream, alive: Arc<Alive>) {
        let Ok((code, rest)) = read_opening(&mut stream).await else { return };
        sleep(self.pause()).await;
        while self.state().weather == Weather::Hanging {
            sleep(Duration::from_millis(50)).await;
        }
        if code == CANCEL {
            self.cancel(two_numbers(&rest));
            return;
        }
        let (process, ended, greeting) = self.open();
        *alive.process.lock().unwrap() = Some(process);
        if stream.write_all(&greeting).await.is_err() || !alive.held() {
            self.state().sessions.remove(&process);
            return;
        }
        self.log(format!("session {process} opens"));
        tokio::select! {
            biased;
            () = ended.notified() => self.log(format!("session {process} killed")),
            _ = self.session(process, &mut stream) => self.log(format!("session {process} ends")),
        }
        self.state().sessions.remove(&process);
    }

    /// A new session: its number, its end, and what the server says.
    fn open(&self) -> (u32, Arc<Notify>, Vec<u8>) {
        let mut state = self.state();
        state.processes += 1;
        let (process, secret) = (state.processes, state.random.u32(..));
        let session = Session { secret, held: true, ..Session::default() };
        let ended = session.ended.clone();
        state.sessions.insert(process, session);
        let mut greeting = message(b'R', &[0, 0, 0, 0]);
        greeting.extend(parameter("server_version", "17.0"));
        greeting.extend(message(b'K', &[process.to_be_bytes(), secret.to_be_bytes()].concat()));
        greeting.extend(ready(false));
        (process, ended, greeting)
    }

    fn cancel(&self, (process, secret): (u32, u32)) {
        let found = self.with(process, |session| {
            if session.secret != secret {
                return Err("with a wrong secret".to_owned());
            }
            // What it still reads of one that the pool has closed is nobody's any more.
            session.was_cancelled |= session.held;
            session.stopped.notify_one();
            Ok((session.guest.clone(), session.held))
        });
        let (guest, held) = match found {
            None | Some(Ok((None, _))) => return,
            Some(Err(fault)) => return self.broken(format!("cancel {fault}")),
            Some(Ok((Some(guest), held))) => (guest, held),
        };
        self.log(format!("session {process} of {guest} {}", if held { "cancelled" } else { "stopped" }));
        // What the pool has closed it may stop without being asked: nobody can have it any more.
        let mut victims = if held { vec![guest] } else { Vec::new() };
        if self.flaw == Flaw::WrongCancel {
            victims.extend(self.state().sessions.values().filter_map(|session| session.guest.clone()));
        }
        let wrong = victims.into_iter().find(|guest| !self.state().cancelled.contains(guest));
        if let Some(guest) = wrong {
            self.broken(format!("a cancel hit {guest}, which nobody asked for"));
        }
    }

    async fn session(&self, process: u32, stream: &mut DuplexStream) -> io::Result<()> {
        let mut messages = Messages::default();
        loop {
            let next = tokio::select! {
                biased;
                next = messages.next(stream) => Some(next?),
                () = self.notice(process) => None,
            };
            let Some(next) = next else {
                let channels = self.with(process, |session| std::mem::take(&mut session.notices));
                for channel in channels.unwrap_or_default() {
                    self.log(format!("session {process} notified on {channel}"));
                    stream.write_all(&notification(process, &channel)).await?;
                }
                continue;
            };
            self.with(process, |session| session.active = Some(Instant::now()));
            while self.state().weather == Weather::Hanging {
                sleep(Duration::from_millis(50)).await;
            }
            match next.tag {
                b'X' => return Ok(()),
                b'Q' => {
                    sleep(self.pause()).await;
                    let mut answer = self.answer(process, &next.text()).await;
                    let in_transaction = self.with(process, |session| session.in_transaction);
                    answer.extend(ready(in_transaction.unwrap_or(false)));
                    stream.write_all(&answer).await?;
                }
                _ => {
                    let mut answer = error("08P01", "what is this");
                    answer.extend(ready(false));
                    stream.write_all(&answer).await?;
                }
            }
        }
    }

    /// Ends when the session has something to say by itself. Looked at every now and then, cut off by any message.
    async fn notice(&self, process: u32) {
        loop {
            sleep(Duration::from_millis(97)).await;
            let mut state = self.state();
            let by_chance = state.random.u8(..) < 40;
            let Some(session) = state.sessions.get_mut(&process) else { return };
            if by_chance && !session.channels.is_empty() {
                session.notices = session.channels.iter().cloned().collect();
                return;
            }
        }
    }

    async fn answer(&self, process: u32, text: &str) -> Vec<u8> {
        match text {
            "" => {
                self.log(format!("session {process} ping"));
                return message(b'I', b"");
            }
            "ROLLBACK" => {
                self.with(process, |session| session.in_transaction = false);
                return done("ROLLBACK");
            }
            "DISCARD ALL" => {
                self.log(format!("session {process} reset"));
                let forgets = self.flaw != Flaw::ForgetsNothing;
                if self.with(process, |session| session.was_cancelled) == Some(true) {
                    self.broken(format!("session {process} is kept after a cancel"));
                }
                self.with(process, |session| {
                    session.guest = None;
                    if forgets {
                        session.value.clear();
                        session.channels.clear();
                    }
                });
                return done("DISCARD ALL");
            }
            "RESET ROLE" => return done("RESET"),
            _ if text.starts_with("SET seed") => return done("SET"),
            _ => {}
        }
        let (guest, command) = text.split_once(' ').unwrap_or((text, ""));
        self.used(process, guest);
        self.log(format!("session {process}: {text}"));
        let (command, number) = command.split_once(' ').unwrap_or((command, "0"));
        let number = number.parse::<u64>().unwrap_or(0);
        let guest = guest.to_owned();
        match command {
            "set" => self.with(process, |session| session.value.clone_from(&guest)),
            "listen" => self.with(process, |session| session.channels.extend([guest.clone()])),
            "begin" => self.with(process, |session| session.in_transaction = true),
            "commit" => self.with(process, |session| session.in_transaction = false),
            _ => None,
        };
        let mut answer = Vec::new();
        match command {
            "rows" => {
                answer.extend(description());
                for _ in 0..number {
                    answer.extend(row(&guest));
                }
                if self.flaw == Flaw::MixedAnswers && number % 7 == 3 {
                    answer.extend(row("x.99"));
                }
            }
            "sleep" => {
                let stopped = self.with(process, |session| session.stopped.clone()).unwrap_or_default();
                tokio::select! {
                    biased;
                    () = stopped.notified() => return error("57014", "canceling statement due to user request"),
                    () = sleep(Duration::from_millis(number)) => answer.extend(row(&guest)),
                }
                answer.splice(0..0, description());
            }
            _ => {}
        }
        answer.extend(done(command));
        answer
    }
}

/// Whether the pool still has its end of a connection.
struct Alive {
    simulated: Arc<Simulated>,
    process: Mutex<Option<u32>>,
    open: Mutex<bool>,
}

impl Alive {
    fn held(&self) -> bool {
        *self.open.lock().unwrap()
    }
}

/// The pool's end of a connection.
struct Held {
    stream: DuplexStream,
    alive: Arc<Alive>,
}

impl Drop for Held {
    fn drop(&mut self) {
        *self.alive.open.lock().unwrap() = false;
        let process = *self.alive.process.lock().unwrap();
        let mut state = self.alive.simulated.state();
        state.connections -= 1;
        if let Some(session) = process.and_then(|process| state.sessions.get_mut(&process)) {
            session.held = false;
        }
    }
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Held {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The network as the pool sees it.
pub(crate) struct Network(pub(crate) Arc<Simulated>);

impl Connector for Network {
    fn connect<'a>(&'a self, _server: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>> {
        Box::pin(async move {
            sleep(self.0.pause()).await;
            if self.0.state().weather == Weather::Down {
                return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "refused"));
            }
            // Small, so that answers get stuck half way.
            let (ours, theirs) = duplex(4096);
            self.0.state().connections += 1;
            let alive = Arc::new(Alive {
                simulated: self.0.clone(),
                process: Mutex::default(),
                open: Mutex::new(true),
            });
            tokio::spawn(self.0.clone().serve(theirs, alive.clone()));
            Ok(Box::new(Held { stream: ours, alive }) as ServerStream)
        })
    }
}
