//! The messages with which a guest opens its connection; knows no endpoint.
//!
//! They have no tag: a length, a code, and what belongs to it. The code is a protocol version (`StartupMessage`) or one
//! of three numbers that no version has (`CancelRequest`, `SSLRequest`, `GSSENCRequest`).

use crate::key::MAX_STARTUP_BYTES;
use crate::protocol::CancelKey;
use std::collections::BTreeMap;

const CANCEL_REQUEST: u32 = 80_877_102;
const SSL_REQUEST: u32 = 80_877_103;
const GSSENC_REQUEST: u32 = 80_877_104;

/// What a guest opens its connection with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// It asks for TLS.
    Ssl,
    /// It asks for encryption by GSSAPI.
    Gss,
    /// It wants a query stopped.
    Cancel(CancelKey),
    /// It logs in.
    Startup(Startup),
}

/// A start-up message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Startup {
    /// Who the guest says it is.
    pub(super) user: String,
    /// The database, where it names one that is not only its own name.
    pub(super) database: Option<String>,
    /// All other parameters.
    pub(super) parameters: BTreeMap<String, String>,
    /// Whether it speaks a newer protocol 3 than 3.0.
    pub(super) newer: bool,
    /// Options of newer protocols that the host does not know.
    pub(super) unknown: Vec<String>,
}

/// Why an opening message is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The SQLSTATE.
    pub(super) code: &'static str,
    /// The text.
    pub(super) text: String,
}

fn refusal<T>(code: &'static str, text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, text: text.into() })
}

/// Reads a whole opening message, its length included.
pub(super) fn read_opening(message: &[u8]) -> Result<Opening, Refusal> {
    let Some((code, rest)) = message.get(4..).and_then(|message| message.split_first_chunk()) else {
        return refusal("08P01", "a start-up message that is too short");
    };
    match (u32::from_be_bytes(*code), rest) {
        (CANCEL_REQUEST, [a, b, c, d, e, f, g, h]) => Ok(Opening::Cancel(CancelKey {
            number: u32::from_be_bytes([*a, *b, *c, *d]),
            secret: u32::from_be_bytes([*e, *f, *g, *h]),
        })),
        (CANCEL_REQUEST, _) => refusal("08P01", "a request to cancel with a key of a wrong length"),
        (SSL_REQUEST, []) => Ok(Opening::Ssl),
        (GSSENC_REQUEST, []) => Ok(Opening::Gss),
        (version, _) if version >> 16 == 3 => read_startup(version & 0xffff != 0, rest).map(Opening::Startup),
        (version, _) => refusal(
            "0A000",
            format!(
                "unsupported frontend protocol {}.{}: server supports 3.0 to 3.0",
                version >> 16,
                version & 0xffff
            ),
        ),
    }
}

fn read_startup(newer: bool, mut rest: &[u8]) -> Result<Startup, Refusal> {
    let mut startup = Startup { newer, ..Startup::default() };
    let mut length = 0;
    loop {
        let name = text(&mut rest)?;
        if name.is_empty() {
            break;
        }
        let value = text(&mut rest)?;
        match name {
            "user" => startup.user = value.to_owned(),
            "database" => startup.database = Some(value.to_owned()),
            "replication" if is_off(value) => {}
            "replication" => return refusal("0A000", "sessions for replication are not pooled"),
            _ if name.starts_with("_pq_.") => startup.unknown.push(name.to_owned()),
            _ => {
                length += name.len() + value.len();
                startup.parameters.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    if !rest.is_empty() {
        return refusal("08P01", "invalid startup packet layout: expected terminator as last byte");
    }
    if startup.user.is_empty() {
        return refusal("28000", "no PostgreSQL user name specified in startup packet");
    }
    if length > MAX_STARTUP_BYTES {
        return refusal("54000", format!("start-up parameters of more than {MAX_STARTUP_BYTES} bytes"));
    }
    // Drivers name the user where nobody named a database.
    if startup.database.as_ref().is_some_and(|name| name.is_empty() || *name == startup.user) {
        startup.database = None;
    }
    Ok(startup)
}

/// Takes a text with the zero byte that ends it.
fn text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, Refusal> {
    let Some(end) = rest.iter().position(|byte| *byte == 0) else {
        return refusal("08P01", "invalid startup packet layout: a name or a value without an end");
    };
    let (text, after) = rest.split_at(end);
    *rest = &after[1..];
    match std::str::from_utf8(text) {
        Ok(text) => Ok(text),
        Err(_) => refusal("22021", "a start-up parameter that is not UTF-8"),
    }
}

/// What the server reads as false.
fn is_off(value: &str) -> bool {
    ["0", "f", "false", "n", "no", "of", "off"].iter().any(|off| value.eq_ignore_ascii_case(off))
}
