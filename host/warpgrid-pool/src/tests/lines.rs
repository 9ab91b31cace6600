//! A wire protocol that is easy to read: every command is a line, and every answer; knows no pool.
//!
//! The server answers `login <user> <application>` with `session <number>` or `refused <why>`. Then: `say <text>` is
//! answered with the text, `begin` and `commit` with `done`, `set <value>` with `done` and `get` with the value, `reset`
//! and `ping` with `done`; `bye` ends. `never` is not answered. Over a connection of its own `stop <number>` ends what a
//! session does.

use crate::endpoint::Endpoint;
use crate::error::{Loss, PoolError};
use crate::net::{BoxFuture, Connector, ServerStream};
use crate::protocol::mysql::MysqlFacts;
use crate::protocol::{
    CancelLookup, Gap, GreetTerms, Greeter, GuestStep, LoggedIn, LoginRequest, ServerFacts, SessionFailure,
    Tracker, Verdict, Violation, WireProtocol,
};
use bytes::{Bytes, BytesMut};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(super) struct Lines;

pub(super) async fn read_line(stream: &mut ServerStream) -> io::Result<String> {
    let mut line = Vec::new();
    loop {
        match stream.read_u8().await? {
            b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
            byte => line.push(byte),
        }
    }
}

async fn command(stream: &mut ServerStream, command: &str) -> Result<(), SessionFailure> {
    stream.write_all(format!("{command}\n").as_bytes()).await?;
    match read_line(stream).await?.as_str() {
        "done" => Ok(()),
        _ => Err(SessionFailure::Unexpected("something else")),
    }
}

impl WireProtocol for Lines {
    fn server_speaks_first(&self) -> bool {
        true
    }

    fn login<'a>(
        &'a self,
        mut stream: ServerStream,
        request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<LoggedIn, PoolError>> {
        Box::pin(async move {
            let endpoint = request.endpoint.name.clone();
            let broken = |error: io::Error| PoolError::Unreachable {
                endpoint: request.endpoint.name.clone(),
                reason: error.to_string(),
                retry: request.endpoint.options.retry,
            };
            let user = request.endpoint.user.clone().unwrap_or_default();
            let application = request.startup.parameters.get("application").cloned().unwrap_or_default();
            let login = format!("login {user} {application}\n");
            stream.write_all(login.as_bytes()).await.map_err(broken)?;
            let answer = read_line(&mut stream).await.map_err(broken)?;
            match answer.split_once(' ') {
                Some(("session", number)) => {
                    let facts = MysqlFacts { thread: number.parse().unwrap(), ..MysqlFacts::default() };
                    Ok(LoggedIn { stream, facts: ServerFacts::Mysql(facts) })
                }
                _ => Err(PoolError::Authentication { endpoint, user, reason: answer }),
            }
        })
    }

    fn greeter(&self, _terms: GreetTerms) -> Box<dyn Greeter> {
        unreachable!("these tests begin after the greeting")
    }

    fn tracker(&self, _facts: &ServerFacts, cancel: Arc<dyn CancelLookup>) -> Box<dyn Tracker> {
        Box::new(LineTracker { cancel, half: false, owed: 0, begun: false, broken: false })
    }

    fn reset<'a>(
        &'a self,
        stream: &'a mut ServerStream,
        _tracker: &'a mut dyn Tracker,
        _request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(command(stream, "reset"))
    }

    fn ping<'a>(&'a self, stream: &'a mut ServerStream) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(command(stream, "ping"))
    }

    fn goodbye(&self) -> Bytes {
        Bytes::from_static(b"bye\n")
    }

    fn last_words(&self, _: &ServerFacts, _: Gap, _: Loss, _: &str, _: &mut BytesMut) {
        unreachable!("these tests have no guest's stream")
    }

    fn cancel<'a>(
        &'a self,
        connector: &'a dyn Connector,
        endpoint: &'a Endpoint,
        facts: &'a ServerFacts,
    ) -> BoxFuture<'a, Result<(), PoolError>> {
        Box::pin(async move {
            let broken = |error: io::Error| PoolError::Unreachable {
                endpoint: endpoint.name.clone(),
                reason: error.to_string(),
                retry: endpoint.options.retry,
            };
            let mut stream = connector.connect(&endpoint.server).await.map_err(broken)?;
            let ServerFacts::Mysql(facts) = facts else {
                unreachable!("this protocol's facts are of this form")
            };
            stream.write_all(format!("stop {}\n", facts.thread).as_bytes()).await.map_err(broken)?;
            read_line(&mut stream).await.map_err(broken)?;
            Ok(())
        })
    }
}

/// Counts lines.
struct LineTracker {
    cancel: Arc<dyn CancelLookup>,
    half: bool,
    owed: usize,
    begun: bool,
    broken: bool,
}

impl Tracker for LineTracker {
    fn from_guest(&mut self, bytes: &[u8]) -> Result<GuestStep, Violation> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            self.half = !line.ends_with('\n');
            self.owed += usize::from(!self.half);
            match line.trim_end() {
                "begin" => self.begun = true,
                "commit" => self.begun = false,
                "forget" => self.broken = true,
                "panic" => panic!("a tracker that fails"),
                _ => {}
            }
            if let Some(number) = line.trim_end().strip_prefix("kill ") {
                let real = self.cancel.real_thread(number.parse().unwrap());
                let bytes = Bytes::from(format!("kill {}\n", real.unwrap_or(0)));
                return Ok(GuestStep::Replace { consumed: line.len(), bytes });
            }
        }
        Ok(GuestStep::Forward(bytes.len()))
    }

    fn from_server(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        self.owed = self.owed.saturating_sub(bytes.iter().filter(|byte| **byte == b'\n').count());
        Ok(())
    }

    fn is_busy(&self) -> bool {
        self.owed > 0 || self.half
    }

    fn has_work_to_stop(&self) -> bool {
        self.owed > 0
    }

    fn in_guest_frame(&self) -> bool {
        self.half
    }

    fn in_transaction(&self) -> bool {
        self.begun
    }

    fn gap(&self) -> Option<Gap> {
        None
    }

    fn verdict(&self) -> Verdict {
        if self.is_busy() {
            Verdict::Destroy("an answer was owed")
        } else if self.begun || self.broken {
            Verdict::Destroy("a transaction was open")
        } else {
            Verdict::Reset
        }
    }
}
