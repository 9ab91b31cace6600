//! Messages of PostgreSQL's protocol 3.0, as a simulated server and a guest need them; knows no session.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// A message after the start-up: its tag and body.
pub(crate) struct Message {
    pub(crate) tag: u8,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The body's text up to the first zero byte.
    pub(crate) fn text(&self) -> String {
        let text = self.body.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// The one column of a `DataRow`.
    pub(crate) fn column(&self) -> String {
        String::from_utf8_lossy(self.body.get(6..).unwrap_or_default()).into_owned()
    }
}

/// Messages of a stream; reading one can be given up at any moment without losing a byte.
#[derive(Default)]
pub(crate) struct Messages(Vec<u8>);

impl Messages {
    pub(crate) async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Message> {
        loop {
            if let [tag, a, b, c, d, rest @ ..] = self.0.as_slice()
                && let Some(body) = rest.get(..u32::from_be_bytes([*a, *b, *c, *d]) as usize - 4)
            {
                let message = Message { tag: *tag, body: body.to_vec() };
                self.0.drain(..5 + message.body.len());
                return Ok(message);
            }
            if stream.read_buf(&mut self.0).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// The first message of a connection: its code (version or request) and the rest.
pub(crate) async fn read_opening(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(u32, Vec<u8>)> {
    let length = stream.read_u32().await? as usize;
    let code = stream.read_u32().await?;
    let mut rest = vec![0; length.saturating_sub(8)];
    stream.read_exact(&mut rest).await?;
    Ok((code, rest))
}

pub(crate) fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn opening(code: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32 + 8).to_be_bytes().to_vec();
    bytes.extend_from_slice(&code.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

pub(crate) const PROTOCOL: u32 = 3 << 16;
pub(crate) const CANCEL: u32 = 80_877_102;

pub(crate) fn startup(application: &str) -> Vec<u8> {
    opening(PROTOCOL, format!("user\0guest\0application_name\0{application}\0\0").as_bytes())
}

pub(crate) fn cancel(key: (u32, u32)) -> Vec<u8> {
    opening(CANCEL, &[key.0.to_be_bytes(), key.1.to_be_bytes()].concat())
}

pub(crate) fn two_numbers(bytes: &[u8]) -> (u32, u32) {
    let number = |at: usize| {
        bytes.get(at..at + 4).map_or(0, |four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
    };
    (number(0), number(4))
}

pub(crate) fn query(text: &str) -> Vec<u8> {
    message(b'Q', &[text.as_bytes(), b"\0"].concat())
}

pub(crate) fn row(text: &str) -> Vec<u8> {
    let mut body = 1_u16.to_be_bytes().to_vec();
    body.extend_from_slice(&(text.len() as u32).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
    message(b'D', &body)
}

pub(crate) fn description() -> Vec<u8> {
    let mut body = 1_u16.to_be_bytes().to_vec();
    body.extend_from_slice(b"value\0");
    body.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]);
    message(b'T', &body)
}

pub(crate) fn done(tag: &str) -> Vec<u8> {
    message(b'C', &[tag.as_bytes(), b"\0"].concat())
}

pub(crate) fn ready(in_transaction: bool) -> Vec<u8> {
    message(b'Z', if in_transaction { b"T" } else { b"I" })
}

pub(crate) fn error(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SERROR\0VERROR\0C{code}\0M{text}\0\0").as_bytes())
}

pub(crate) fn parameter(name: &str, value: &str) -> Vec<u8> {
    message(b'S', format!("{name}\0{value}\0").as_bytes())
}

pub(crate) fn notification(process: u32, channel: &str) -> Vec<u8> {
    message(b'A', &[&process.to_be_bytes()[..], channel.as_bytes(), b"\0\0"].concat())
}
