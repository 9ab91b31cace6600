//! Recorded dialogues, from `corpus/`; changes nothing.

use std::path::Path;
use warpgrid_pool::endpoint::Protocol;

/// A piece of a dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Whether the guest said it.
    pub(crate) guest: bool,
    pub(crate) bytes: Vec<u8>,
}

/// What was recorded of a protocol.
pub(crate) struct Corpus {
    pub(crate) protocol: Protocol,
    /// A guest's use of a session, behind its login.
    pub(crate) dialogues: Vec<Vec<Piece>>,
    /// What guests say at their login.
    pub(crate) greetings: Vec<Vec<Piece>>,
    /// What servers say at a login, a reset and a ping.
    pub(crate) logins: Vec<Vec<Piece>>,
    pub(crate) resets: Vec<Vec<Piece>>,
    pub(crate) pings: Vec<Vec<Piece>>,
}

impl Corpus {
    pub(crate) fn read(protocol: Protocol) -> Self {
        let whole = files(&format!("{protocol}-"));
        let login = match protocol {
            Protocol::Postgres => whole[0].iter().position(|piece| piece.bytes[0] == b'Z').unwrap() + 1,
            Protocol::Mysql => 3,
            Protocol::Redis => 0,
        };
        let mut greetings: Vec<_> = whole[..1].iter().map(|dialogue| dialogue[..login].to_vec()).collect();
        greetings.extend(by_hand(protocol).into_iter().map(|bytes| vec![Piece { guest: true, bytes }]));
        greetings.iter_mut().for_each(|greeting| greeting.retain(|piece| piece.guest));
        Self {
            protocol,
            dialogues: whole.into_iter().map(|mut dialogue| dialogue.split_off(login)).collect(),
            greetings,
            logins: files(&format!("login-{protocol}")),
            resets: files(&format!("reset-{protocol}")),
            pings: files(&format!("ping-{protocol}")),
        }
    }
}

fn files(prefix: &str) -> Vec<Vec<Piece>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz_wire/corpus");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix));
    names.sort();
    assert!(!names.is_empty(), "no files of the corpus begin with `{prefix}`");
    names.iter().map(|path| parse(&std::fs::read_to_string(path).unwrap())).collect()
}

fn parse(text: &str) -> Vec<Piece> {
    let piece = |line: &str| {
        let (sign, hexadecimal) = line.split_at(1);
        let pairs = hexadecimal.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        Piece { guest: sign == ">", bytes: pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect() }
    };
    text.lines().map(piece).filter(|piece| !piece.bytes.is_empty()).collect()
}

/// What guests also say at a login, as the protocols have it.
fn by_hand(protocol: Protocol) -> Vec<Vec<u8>> {
    let texts: &[&[u8]] = match protocol {
        Protocol::Postgres => &[
            b"\0\0\0\x08\x04\xd2\x16\x2f",
            b"\0\0\0\x08\x04\xd2\x16\x30",
            b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02",
            b"\0\0\0\x39\0\x03\0\0user\0guest\0database\0app\0options\0-c a=b\0_pq_.x\0y\0\0",
            b"p\0\0\0\x0bsesame\0",
            b"p\0\0\0\x36SCRAM-SHA-256\0\0\0\0\x20n,,n=,r=rOprNGfwEbeRWgbNEkqO0000",
        ],
        Protocol::Mysql => &[
            b"\x20\0\0\x01\x05\xae\xff\x01\0\0\0\x01\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            b"\x14\0\0\x0301234567890123456789",
            b"\x01\0\0\0\x01",
            b"\x01\0\0\x03\x02",
        ],
        Protocol::Redis => &[
            b"*3\r\n$4\r\nAUTH\r\n$5\r\nguest\r\n$6\r\nsesame\r\n",
            b"*2\r\n$4\r\nAUTH\r\n$6\r\nsesame\r\n",
            b"HELLO 3 AUTH guest sesame SETNAME x\r\n",
            b"*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$5\r\nguest\r\n$6\r\nsesame\r\n",
            b"QUIT\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        ],
    };
    texts.iter().map(|bytes| bytes.to_vec()).collect()
}
