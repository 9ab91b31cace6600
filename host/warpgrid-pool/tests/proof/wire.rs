//! The frames of the protocols, as far as a guest that speaks by hand needs them; knows no pool.

use bytes::{Buf, BufMut, Bytes};
use warpgrid_pool::endpoint::Protocol;

/// The length of the frame, packet or reply that `bytes` begin with. None: it is not whole.
pub(crate) fn unit(protocol: Protocol, bytes: &[u8]) -> Option<usize> {
    let length = match protocol {
        Protocol::Postgres => {
            let header = bytes.first_chunk::<5>()?;
            u32::from_be_bytes([header[1], header[2], header[3], header[4]]) as usize + 1
        }
        Protocol::Mysql => (u32::from_le_bytes(*bytes.first_chunk()?) & 0xff_ffff) as usize + 4,
        Protocol::Redis => reply(bytes)?,
    };
    (bytes.len() >= length).then_some(length)
}

/// The length of a reply of Redis.
fn reply(bytes: &[u8]) -> Option<usize> {
    let line = bytes.windows(2).position(|end| end == b"\r\n")? + 2;
    let number = || std::str::from_utf8(&bytes[1..line - 2]).unwrap().parse::<isize>().unwrap();
    match bytes[0] {
        b'$' | b'=' if number() >= 0 => Some(line + number() as usize + 2),
        b'*' | b'~' | b'>' | b'%' => {
            let count = number().max(0) * if bytes[0] == b'%' { 2 } else { 1 };
            (0..count).try_fold(line, |at, _| Some(at + reply(bytes.get(at..)?)?))
        }
        _ => Some(line),
    }
}

/// A frame of PostgreSQL.
pub(crate) fn frame(tag: char, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag as u8];
    bytes.put_u32(body.len() as u32 + 4);
    bytes.extend_from_slice(body);
    bytes
}

/// A start-up message of PostgreSQL.
pub(crate) fn startup() -> Vec<u8> {
    b"\0\0\0\x14\0\x03\0\0user\0guest\0\0".to_vec()
}

/// A packet of MySQL.
pub(crate) fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_le_bytes().to_vec();
    bytes[3] = sequence;
    bytes.extend_from_slice(payload);
    bytes
}

/// An answer to MySQL's greeting: multiple statements and local files, the end of columns in packets of its own.
pub(crate) fn handshake_response() -> Vec<u8> {
    const FLAGS: u32 = 0x1 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x1_0000 | 0x2_0000 | 0x4_0000 | 0x8_0000;
    let mut payload = Vec::new();
    payload.put_u32_le(FLAGS);
    payload.put_u32_le(1 << 24);
    payload.put_u8(45);
    payload.put_bytes(0, 23);
    payload.put_slice(b"guest\0\0mysql_native_password\0");
    packet(1, &payload)
}

/// A command of Redis.
pub(crate) fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// What a guest sends to have `text` done: SQL, or the words of a Redis command.
pub(crate) fn question(protocol: Protocol, text: &str) -> Vec<u8> {
    match protocol {
        Protocol::Postgres => frame('Q', &[text.as_bytes(), b"\0"].concat()),
        Protocol::Mysql => packet(0, &[b"\x03", text.as_bytes()].concat()),
        Protocol::Redis => command(&text.split(' ').map(str::as_bytes).collect::<Vec<_>>()),
    }
}

/// A row of PostgreSQL, columns joined by `|`.
pub(crate) fn postgres_row(mut body: &[u8]) -> String {
    let count = body.get_u16();
    let columns = (0..count).map(|_| {
        let length = body.get_i32().max(0) as usize;
        let text = String::from_utf8_lossy(&body[..length]).into_owned();
        body.advance(length);
        text
    });
    columns.collect::<Vec<_>>().join("|")
}

/// The SQLSTATE of an error of PostgreSQL with its text.
pub(crate) fn postgres_error(body: &[u8]) -> String {
    let field = |kind: u8| body.split(|byte| *byte == 0).find(|field| field.first() == Some(&kind));
    let text = |kind| field(kind).map(|field| String::from_utf8_lossy(&field[1..]).into_owned());
    format!("!{} {}", text(b'C').unwrap_or_default(), text(b'M').unwrap_or_default())
}

/// A row of MySQL, columns joined by `|`.
pub(crate) fn mysql_row(mut payload: &[u8]) -> String {
    let mut columns = Vec::new();
    while payload.has_remaining() {
        let length = match payload.get_u8() {
            0xfb => {
                columns.push("NULL".to_owned());
                continue;
            }
            0xfc => payload.get_u16_le() as usize,
            0xfd => payload.get_uint_le(3) as usize,
            0xfe => payload.get_u64_le() as usize,
            length => usize::from(length),
        };
        columns.push(String::from_utf8_lossy(&payload[..length]).into_owned());
        payload.advance(length);
    }
    columns.join("|")
}

/// A reply of Redis as text: a string without its length, anything else as it came.
pub(crate) fn redis_text(reply: &Bytes) -> String {
    let text = match reply.first() {
        Some(b'$') if !reply.starts_with(b"$-1") => {
            let line = reply.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            &reply[line..reply.len() - 2]
        }
        _ => &reply[..reply.len() - 2],
    };
    String::from_utf8_lossy(text).into_owned()
}
