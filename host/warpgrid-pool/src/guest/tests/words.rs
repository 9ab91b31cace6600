//! A protocol of lines for tests: its first word says what the tracker does with a line; knows no guest's stream.
//!
//! | line of the guest | what becomes of it |
//! |---|---|
//! | `ask …` | goes to the server, which owes a line |
//! | `tell …` | goes to the server |
//! | `huge N` | as `last`, and the server owes N bytes |
//! | `whole …` | as `ask`, but held until it is whole |
//! | `swap …` | goes as `ask …`, by replacement |
//! | `mine …` | is answered by the host |
//! | `last …` | as `ask`, but only when the server owes nothing |
//! | `bye` | is the goodbye |
//! | anything else | breaks the protocol |

use crate::endpoint::{Endpoint, Protocol};
use crate::error::{Loss, PoolError};
use crate::key::StartupSet;
use crate::net::{BoxFuture, Connector, ServerStream};
use crate::protocol::redis::RedisFacts;
use crate::protocol::{
    CancelKey, CancelLookup, Gap, GreetStep, GreetTerms, Greeter, GuestHello, GuestStep, LoggedIn,
    LoginRequest, ServerFacts, SessionFailure, Tracker, Verdict, Violation, WireProtocol,
};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;

/// The protocol: PostgreSQL's place has a guest that speaks first, MySQL's a server that does.
pub(crate) struct Words {
    speaks_first: bool,
}

pub(crate) fn words(protocol: Protocol) -> &'static dyn WireProtocol {
    match protocol {
        Protocol::Mysql => &Words { speaks_first: true },
        _ => &Words { speaks_first: false },
    }
}

impl WireProtocol for Words {
    fn server_speaks_first(&self) -> bool {
        self.speaks_first
    }

    fn login<'a>(
        &'a self,
        stream: ServerStream,
        _: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<LoggedIn, PoolError>> {
        let facts = ServerFacts::Redis(RedisFacts::default());
        Box::pin(async { Ok(LoggedIn { stream, facts }) })
    }

    fn greeter(&self, terms: GreetTerms) -> Box<dyn Greeter> {
        Box::new(Host { terms, speaks_first: self.speaks_first })
    }

    fn tracker(&self, _: &ServerFacts, _: Arc<dyn CancelLookup>) -> Box<dyn Tracker> {
        Box::new(Lines::default())
    }

    fn reset<'a>(
        &'a self,
        _: &'a mut ServerStream,
        _: &'a mut dyn Tracker,
        _: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(async { Ok(()) })
    }

    fn ping<'a>(&'a self, _: &'a mut ServerStream) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(async { Ok(()) })
    }

    fn goodbye(&self) -> Bytes {
        Bytes::from_static(b"bye\n")
    }

    fn last_words(&self, _: &ServerFacts, _: Gap, loss: Loss, text: &str, output: &mut BytesMut) {
        if !matches!(loss, Loss::ServerClosed | Loss::ServerViolation) {
            output.extend_from_slice(format!("lost: {text}\n").as_bytes());
        }
    }

    fn cancel<'a>(
        &'a self,
        connector: &'a dyn Connector,
        endpoint: &'a Endpoint,
        _: &'a ServerFacts,
    ) -> BoxFuture<'a, Result<(), PoolError>> {
        Box::pin(async {
            let mut stream = connector.connect(&endpoint.server).await.unwrap();
            stream.write_all(b"cancel\n").await.unwrap();
            Ok(())
        })
    }
}

/// Answers the guest's login: `hello`, `tls` (with a word that it may begin), `tls now` (without), `cancel NUMBER SECRET`,
/// `quit`, `no`.
struct Host {
    terms: GreetTerms,
    speaks_first: bool,
}

impl Greeter for Host {
    fn open(&mut self, output: &mut BytesMut) {
        if self.speaks_first {
            assert!(self.terms.facts.is_some());
            output.extend_from_slice(b"who?\n");
        }
    }

    fn advance(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> GreetStep {
        let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return GreetStep::More };
        let line = input.split_to(end + 1);
        let line = std::str::from_utf8(&line[..end]).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["hello"] => GreetStep::Checkout(GuestHello { startup: StartupSet::default() }),
            ["tls"] if self.terms.tls_offered => {
                output.extend_from_slice(b"begin\n");
                GreetStep::StartTls
            }
            ["tls", "now"] if self.terms.tls_offered => GreetStep::StartTls,
            ["key"] => {
                let CancelKey { number, secret } = self.terms.cancel;
                output.extend_from_slice(format!("{number} {secret}\n").as_bytes());
                self.advance(input, output)
            }
            ["cancel", number, secret] => GreetStep::Cancel(CancelKey {
                number: number.parse().unwrap(),
                secret: secret.parse().unwrap(),
            }),
            ["quit"] => GreetStep::Goodbye,
            _ => {
                let error = PoolError::Denied {
                    endpoint: self.terms.endpoint.clone(),
                    reason: "no such word".into(),
                };
                self.refuse(&error, output);
                GreetStep::End(error)
            }
        }
    }

    fn welcome(&mut self, _: &ServerFacts, output: &mut BytesMut) {
        output.extend_from_slice(b"welcome\n");
    }

    fn refuse(&mut self, error: &PoolError, output: &mut BytesMut) {
        output.extend_from_slice(format!("refused: {error}\n").as_bytes());
    }
}

/// The tracker.
#[derive(Default)]
struct Lines {
    /// In the middle of a line that goes to the server.
    in_line: bool,
    owed_lines: usize,
    owed_bytes: usize,
    /// In the middle of a line of the server.
    in_answer: bool,
}

impl Lines {
    fn owes(&self) -> bool {
        self.owed_lines > 0 || self.owed_bytes > 0
    }
}

impl Tracker for Lines {
    fn from_guest(&mut self, bytes: &[u8]) -> Result<GuestStep, Violation> {
        let mut forward = 0;
        while forward < bytes.len() {
            let rest = &bytes[forward..];
            let end = rest.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
            if self.in_line {
                self.in_line = end.is_none();
                forward += end.unwrap_or(rest.len());
                continue;
            }
            let word = rest.split(|byte| matches!(byte, b' ' | b'\n')).next().unwrap_or_default();
            let said = if word.len() == rest.len() { &b""[..] } else { word };
            match (said, end) {
                (b"ask" | b"tell", end) => {
                    self.owed_lines += usize::from(said == b"ask");
                    self.in_line = end.is_none();
                    forward += end.unwrap_or(rest.len());
                }
                (b"whole", Some(end)) => {
                    self.owed_lines += 1;
                    forward += end;
                }
                (b"swap" | b"mine" | b"last" | b"bye" | b"whole" | b"huge" | b"", _) if forward > 0 => break,
                (b"", _) if rest.len() < 8 => return Ok(GuestStep::Hold),
                (b"whole" | b"huge" | b"swap" | b"mine" | b"last" | b"bye", None) => {
                    return Ok(GuestStep::Hold);
                }
                (b"swap", Some(end)) => {
                    self.owed_lines += 1;
                    let bytes = Bytes::from([b"ask", &rest[4..end]].concat());
                    return Ok(GuestStep::Replace { consumed: end, bytes });
                }
                (b"mine" | b"last" | b"huge", _) if self.owes() => return Ok(GuestStep::Wait),
                (b"mine", Some(end)) => {
                    return Ok(GuestStep::Answer {
                        consumed: end,
                        bytes: Bytes::copy_from_slice(&rest[..end]),
                    });
                }
                (b"last", Some(end)) => {
                    self.owed_lines += 1;
                    return Ok(GuestStep::Forward(end));
                }
                (b"huge", Some(end)) => {
                    let count = std::str::from_utf8(&rest[5..end - 1]).unwrap();
                    self.owed_bytes += count.parse::<usize>().unwrap();
                    return Ok(GuestStep::Forward(end));
                }
                (b"bye", Some(end)) => {
                    return Ok(GuestStep::Goodbye { consumed: end, bytes: Bytes::from_static(b"bye\n") });
                }
                _ => return Err(Violation("no such word")),
            }
        }
        Ok(GuestStep::Forward(forward))
    }

    fn from_server(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        let raw = self.owed_bytes.min(bytes.len());
        self.owed_bytes -= raw;
        bytes = &bytes[raw..];
        self.in_answer = bytes.last().map_or(self.in_answer, |byte| *byte != b'\n');
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.owed_lines =
            self.owed_lines.checked_sub(lines).ok_or(Violation("a line that nobody asked for"))?;
        Ok(())
    }

    fn is_busy(&self) -> bool {
        self.in_line || self.owes()
    }

    fn has_work_to_stop(&self) -> bool {
        self.owed_lines + self.owed_bytes > usize::from(self.in_line)
    }

    fn in_guest_frame(&self) -> bool {
        self.in_line
    }

    fn in_transaction(&self) -> bool {
        false
    }

    fn gap(&self) -> Option<Gap> {
        let gap = Gap { sequence: 0, awaited: self.owes(), explained: false };
        (!self.in_answer && self.owed_bytes == 0).then_some(gap)
    }

    fn verdict(&self) -> Verdict {
        if self.is_busy() { Verdict::Destroy("an answer is outstanding") } else { Verdict::Reset }
    }
}
