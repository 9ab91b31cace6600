//! Errors of the server, read; errors for the guest, written; knows no state.

use crate::endpoint::{Endpoint, Protocol};
use crate::error::{Loss, PoolError};
use crate::protocol::Gap;
use bytes::{BufMut, BytesMut};

/// The most characters of a server's text that are kept.
const TEXT_LIMIT: usize = 200;

/// What the host reads of an `ErrorResponse`. Every field may be missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ServerError {
    /// The SQLSTATE; `?` where there is none.
    pub(super) code: String,
    /// The text, without control characters, at most 200 characters.
    pub(super) text: String,
}

impl ServerError {
    /// Reads the body of an `ErrorResponse`; whatever cannot be read is left out.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut error = Self { code: "?".to_owned(), text: String::new() };
        for field in body.split(|byte| *byte == 0) {
            match field.split_first() {
                Some((b'C', code)) if code.len() == 5 && code.iter().all(u8::is_ascii_alphanumeric) => {
                    error.code = code.iter().map(|byte| char::from(*byte)).collect();
                }
                Some((b'M', text)) => {
                    let text = String::from_utf8_lossy(text);
                    error.text = text.chars().filter(|c| !c.is_control()).take(TEXT_LIMIT).collect();
                }
                _ => {}
            }
        }
        error
    }
}

/// What stands between the host and a session of `endpoint`.
#[derive(Clone, Copy)]
pub(super) struct LoginFailure<'a>(pub(super) &'a Endpoint);

impl LoginFailure<'_> {
    /// The connection is no use.
    pub(super) fn unreachable(self, reason: impl ToString) -> PoolError {
        PoolError::Unreachable {
            endpoint: self.0.name.clone(),
            reason: reason.to_string(),
            retry: self.0.options.retry,
        }
    }

    /// Encryption cannot be had.
    pub(super) fn tls(self, reason: impl ToString) -> PoolError {
        PoolError::Tls { endpoint: self.0.name.clone(), reason: reason.to_string() }
    }

    /// Something else answers.
    pub(super) fn not_postgres(self, reason: &str) -> PoolError {
        PoolError::NotThisProtocol {
            endpoint: self.0.name.clone(),
            protocol: Protocol::Postgres,
            reason: reason.to_owned(),
        }
    }

    /// The credentials do not do.
    pub(super) fn authentication(self, reason: impl ToString) -> PoolError {
        PoolError::Authentication {
            endpoint: self.0.name.clone(),
            user: user(self.0).to_owned(),
            reason: reason.to_string(),
        }
    }

    /// What the guest asked for cannot be had.
    pub(super) fn denied(self, reason: impl ToString) -> PoolError {
        PoolError::Denied { endpoint: self.0.name.clone(), reason: reason.to_string() }
    }

    /// What the server said instead of the login's next step. `guest_chose` says whether the guest's start-up
    /// message named a database or parameters: their faults are the guest's, not the server's.
    pub(super) fn said(self, error: &ServerError, guest_chose: bool) -> PoolError {
        let code = error.code.as_str();
        match code {
            "53300" => self.unreachable("it has no room for another connection (53300)"),
            "57P03" => self.unreachable("it is starting up, shutting down or recovering (57P03)"),
            _ if code.starts_with("53") || code.starts_with("57") || code.starts_with("58") => {
                self.unreachable(format_args!("it ended the login with code {code}"))
            }
            "3D000" if guest_chose => self.denied("there is no such database (3D000)"),
            "42501" if guest_chose => {
                self.denied("the database or a start-up parameter is not allowed (42501)")
            }
            _ if guest_chose && ["22", "42", "55"].iter().any(|class| code.starts_with(class)) => {
                self.denied(format_args!("the server does not take its start-up parameters ({code})"))
            }
            _ => self.authentication(format_args!("{code} {}", error.text)),
        }
    }
}

/// The user to log in as.
pub(super) fn user(endpoint: &Endpoint) -> &str {
    endpoint.user.as_deref().unwrap_or("postgres")
}

/// Writes an `ErrorResponse` that ends the connection.
pub(super) fn write_fatal(output: &mut BytesMut, code: &str, text: &str) {
    write_frame(output, b'E', |body| {
        for (field, value) in [(b'S', "FATAL"), (b'V', "FATAL"), (b'C', code), (b'M', text)] {
            body.put_u8(field);
            write_text(body, value);
        }
        body.put_u8(0);
    });
}

/// The SQLSTATE and the text for a guest that gets no session: nothing of the inside but the endpoint's name.
pub(super) fn for_guest(error: &PoolError) -> (&'static str, String) {
    match error {
        PoolError::Unreachable { endpoint, retry, .. } => (
            "57P03",
            format!("the server of `{endpoint}` cannot be reached; it is tried again after {retry:?}"),
        ),
        PoolError::Draining { .. } => ("57P03", error.to_string()),
        PoolError::Tls { endpoint, .. } => {
            ("08006", format!("the encrypted connection to the server of `{endpoint}` failed"))
        }
        PoolError::Authentication { endpoint, .. } => {
            ("28000", format!("the server of `{endpoint}` refused the login that the host has for it"))
        }
        PoolError::NotThisProtocol { endpoint, .. } => {
            ("08006", format!("the server of `{endpoint}` does not speak PostgreSQL's protocol"))
        }
        PoolError::Exhausted { .. } | PoolError::QueueFull { .. } => ("53300", error.to_string()),
        PoolError::Denied { .. } => ("28000", error.to_string()),
        PoolError::Violation { .. } => ("08P01", error.to_string()),
        PoolError::Closed { .. } => ("08006", error.to_string()),
    }
}

/// Tells a guest why it loses its session. A server that said why it closes is not contradicted.
pub(super) fn write_last_words(output: &mut BytesMut, gap: Gap, loss: Loss, text: &str) {
    let code = match loss {
        Loss::Drained => "57P01",
        Loss::OpenTransaction => "25P03",
        Loss::HalfFrame | Loss::UnreadAnswer => "57P05",
        Loss::Violation(_) => "08P01",
        Loss::ServerClosed if gap.explained => return,
        Loss::UnfinishedAnswer | Loss::UntakenFrame | Loss::ServerClosed => "08006",
        // What passed for the guest is not what the tracker has seen.
        Loss::ServerViolation => return,
    };
    write_fatal(output, code, text);
}

/// Writes a frame whose length is that of what `body` writes.
pub(super) fn write_frame(output: &mut BytesMut, tag: u8, body: impl FnOnce(&mut BytesMut)) {
    output.put_u8(tag);
    let start = output.len();
    output.put_u32(0);
    body(output);
    let length = (output.len() - start) as u32;
    output[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

/// Writes a text with the zero byte that ends it; leaves out zero bytes in it.
pub(super) fn write_text(output: &mut BytesMut, text: &str) {
    output.extend(text.bytes().filter(|byte| *byte != 0));
    output.put_u8(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_whatever_is_missing() {
        let error = ServerError::read(b"SFATAL\0C28P01\0Mno\x07 way\0\0");
        assert_eq!(error, ServerError { code: "28P01".into(), text: "no way".into() });
        let unknown = || ServerError { code: "?".into(), text: String::new() };
        for body in [&b""[..], b"\0", b"C\0", b"C28\0\0", b"Cab\xffde\0\0", b"\0\0\0\0"] {
            assert_eq!(ServerError::read(body), unknown(), "{body:?}");
        }
        assert_eq!(ServerError::read(&[b"M".as_slice(), &[b'x'; 5000]].concat()).text.len(), TEXT_LIMIT);
    }

    /// CVE-2026-6664 to 6668: an `ErrorResponse` without SQLSTATE ended a pooler.
    #[test]
    fn cve_2026_6664_to_6668_an_error_without_sqlstate_is_an_error() {
        assert_eq!(
            ServerError::read(b"SFATAL\0Moops\0\0"),
            ServerError { code: "?".into(), text: "oops".into() }
        );
    }
}
