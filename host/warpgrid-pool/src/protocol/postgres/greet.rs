//! A guest's login, answered by the host, as server; knows no server.
//!
//! ```text
//! guest: SSLRequest, GSSENCRequest (each at most once)    host: no, or yes and TLS follows
//! guest: CancelRequest                                    host: nothing, the connection ends
//! guest: StartupMessage                                   host: nothing, or SCRAM where the endpoint checks guests
//!   … the pool looks for a session …
//! host: AuthenticationOk, the session's parameters, a key of the host's own, ReadyForQuery
//! ```

use super::error::{for_guest, write_fatal, write_frame, write_text};
use super::frame::{Frames, Part, startup_length};
use super::scram::{Challenge, MECHANISM, MESSAGE_LIMIT, ScramFault};
use super::startup::{Opening, Startup, read_opening};
use crate::endpoint::{GuestLogin, Protocol};
use crate::error::PoolError;
use crate::key::StartupSet;
use crate::protocol::{GreetStep, GreetTerms, Greeter, GuestHello, ServerFacts};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use subtle::ConstantTimeEq;

/// Protocol 3.0, the newest that the host speaks with guests.
const PROTOCOL: u32 = 3 << 16;

/// The login of one guest.
pub(super) struct PostgresGreeter {
    terms: GreetTerms,
    phase: Phase,
    asked_ssl: bool,
    asked_gss: bool,
}

enum Phase {
    /// Until the start-up message.
    Opening,
    /// The guest's first SCRAM message is due.
    ScramFirst(Startup),
    /// The guest's proof is due.
    ScramProof(Startup, Box<Challenge>),
    /// Everything is said.
    Over,
}

impl PostgresGreeter {
    /// The guest has said nothing yet.
    pub(super) fn new(terms: GreetTerms) -> Self {
        Self { terms, phase: Phase::Opening, asked_ssl: false, asked_gss: false }
    }

    fn end(&mut self, output: &mut BytesMut, code: &'static str, text: &str) -> GreetStep {
        self.phase = Phase::Over;
        write_fatal(output, code, text);
        GreetStep::End(PoolError::Denied { endpoint: self.terms.endpoint.clone(), reason: text.to_owned() })
    }

    fn violation(&mut self, output: &mut BytesMut, reason: &'static str) -> GreetStep {
        self.phase = Phase::Over;
        write_fatal(output, "08P01", reason);
        GreetStep::End(PoolError::Violation {
            endpoint: self.terms.endpoint.clone(),
            protocol: Protocol::Postgres,
            reason,
        })
    }

    /// The next opening message. None: go on with what else is in the input.
    fn open_with(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> Option<GreetStep> {
        let length = match startup_length(input) {
            Ok(Some(length)) if input.len() >= length => length,
            Ok(_) => return Some(GreetStep::More),
            Err(violation) => return Some(self.violation(output, violation.0)),
        };
        match read_opening(&input.split_to(length)) {
            Ok(Opening::Ssl) if self.asked_ssl => Some(self.violation(output, "a second SSLRequest")),
            Ok(Opening::Gss) if self.asked_gss => Some(self.violation(output, "a second GSSENCRequest")),
            Ok(Opening::Ssl) => {
                self.asked_ssl = true;
                output.put_u8(if self.terms.tls_offered { b'S' } else { b'N' });
                self.terms.tls_offered.then_some(GreetStep::StartTls)
            }
            Ok(Opening::Gss) => {
                self.asked_gss = true;
                output.put_u8(b'N');
                None
            }
            Ok(Opening::Cancel(key)) => {
                self.phase = Phase::Over;
                Some(GreetStep::Cancel(key))
            }
            Ok(Opening::Startup(startup)) => self.start_up(startup, output),
            Err(refusal) => Some(self.end(output, refusal.code, &refusal.text)),
        }
    }

    fn start_up(&mut self, startup: Startup, output: &mut BytesMut) -> Option<GreetStep> {
        if startup.newer || !startup.unknown.is_empty() {
            write_frame(output, b'v', |body| {
                body.put_u32(PROTOCOL);
                body.put_u32(startup.unknown.len() as u32);
                startup.unknown.iter().for_each(|name| write_text(body, name));
            });
        }
        match self.terms.login {
            GuestLogin::Any => Some(self.check_out(startup, output)),
            GuestLogin::Check { .. } => {
                write_authentication(output, 10, |body| {
                    write_text(body, MECHANISM);
                    body.put_u8(0);
                });
                self.phase = Phase::ScramFirst(startup);
                None
            }
        }
    }

    /// The guest is who it says.
    fn check_out(&mut self, startup: Startup, output: &mut BytesMut) -> GreetStep {
        let database = match (&self.terms.database, startup.database) {
            (Some(ours), Some(named)) if *ours != named => {
                let text =
                    format!("`{}` gives another database than `{}`", self.terms.endpoint, shown(&named));
                return self.end(output, "3D000", &text);
            }
            (Some(_), _) => None,
            (None, named) => named,
        };
        self.phase = Phase::Over;
        let startup = StartupSet { database, parameters: startup.parameters, capabilities: 0 };
        GreetStep::Checkout(GuestHello { startup })
    }

    /// The next message of a guest that must prove itself.
    fn proof(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> Option<GreetStep> {
        match input.first() {
            None => return Some(GreetStep::More),
            Some(b'p') => {}
            Some(b'X') => {
                self.phase = Phase::Over;
                return Some(GreetStep::Goodbye);
            }
            Some(0) => {
                return Some(self.violation(output, "a second start-up message in the middle of the login"));
            }
            Some(_) => return Some(self.violation(output, "a command in the middle of the login")),
        }
        let body = match take_message(input) {
            Ok(Some(body)) => body,
            Ok(None) => return Some(GreetStep::More),
            Err(reason) => return Some(self.violation(output, reason)),
        };
        let (user, password) = match &self.terms.login {
            GuestLogin::Check { user, password } => (user, password),
            GuestLogin::Any => return Some(self.violation(output, "a password that nobody asked for")),
        };
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::ScramFirst(startup) => {
                let matches = user.as_bytes().ct_eq(startup.user.as_bytes());
                match Challenge::begin(&body, matches, password, &self.terms.nonce) {
                    Ok((challenge, text)) => {
                        write_authentication(output, 11, |body| body.extend_from_slice(text.as_bytes()));
                        self.phase = Phase::ScramProof(startup, Box::new(challenge));
                        None
                    }
                    Err(fault) => Some(self.not_proven(&startup, &fault, output)),
                }
            }
            Phase::ScramProof(startup, challenge) => match challenge.finish(&body) {
                Ok(text) => {
                    write_authentication(output, 12, |body| body.extend_from_slice(text.as_bytes()));
                    Some(self.check_out(startup, output))
                }
                Err(fault) => Some(self.not_proven(&startup, &fault, output)),
            },
            Phase::Opening | Phase::Over => Some(self.violation(output, "a password that nobody asked for")),
        }
    }

    fn not_proven(&mut self, startup: &Startup, fault: &ScramFault, output: &mut BytesMut) -> GreetStep {
        match fault {
            ScramFault::Malformed(reason) => self.violation(output, reason),
            ScramFault::Wrong => {
                let text = format!("password authentication failed for user \"{}\"", shown(&startup.user));
                self.end(output, "28P01", &text)
            }
        }
    }
}

/// The body of the message at the front of the input, once it is there.
fn take_message(input: &mut BytesMut) -> Result<Option<Bytes>, &'static str> {
    let mut header = &input[..input.len().min(5)];
    let body = match Frames::new(MESSAGE_LIMIT).next(&mut header) {
        Ok(Some(Part::Header(header))) => header.body as usize,
        Ok(_) => return Ok(None),
        Err(violation) => return Err(violation.0),
    };
    if input.len() < 5 + body {
        return Ok(None);
    }
    input.advance(5);
    Ok(Some(input.split_to(body).freeze()))
}

fn write_authentication(output: &mut BytesMut, kind: u32, data: impl FnOnce(&mut BytesMut)) {
    write_frame(output, b'R', |body| {
        body.put_u32(kind);
        data(body);
    });
}

/// A name as a guest wrote it, cut at a length that a name may have.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(63).collect()
}

impl Greeter for PostgresGreeter {
    fn open(&mut self, _output: &mut BytesMut) {}

    fn advance(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> GreetStep {
        loop {
            let step = match self.phase {
                Phase::Opening => self.open_with(input, output),
                Phase::ScramFirst(_) | Phase::ScramProof(..) => self.proof(input, output),
                Phase::Over => Some(GreetStep::More),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn welcome(&mut self, facts: &ServerFacts, output: &mut BytesMut) {
        write_authentication(output, 0, |_| {});
        if let ServerFacts::Postgres(facts) = facts {
            for (name, value) in &facts.parameters {
                write_frame(output, b'S', |body| {
                    write_text(body, name);
                    write_text(body, value);
                });
            }
        }
        write_frame(output, b'K', |body| {
            body.put_u32(self.terms.cancel.number);
            body.put_u32(self.terms.cancel.secret);
        });
        write_frame(output, b'Z', |body| body.put_u8(b'I'));
    }

    fn refuse(&mut self, error: &PoolError, output: &mut BytesMut) {
        let (code, text) = for_guest(error);
        write_fatal(output, code, &text);
    }
}
