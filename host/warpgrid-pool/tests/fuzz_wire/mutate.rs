//! Changes dialogues by chance; knows no protocol but where lengths may stand.

use crate::corpus::Piece;
use fastrand::Rng;

/// The most bytes of a changed dialogue.
const MOST_BYTES: usize = 64 * 1024;

/// Numbers at which lengths go wrong.
const EDGES: [u32; 14] = [
    0,
    1,
    3,
    4,
    5,
    0x7f,
    0xff,
    0xffff,
    0x10000,
    0xff_ffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
];

/// Texts of lengths at which RESP goes wrong.
const TEXTS: [&[u8]; 12] = [
    b"$-1\r\n",
    b"*-1\r\n",
    b"*0\r\n",
    b"$0\r\n\r\n",
    b"*1048577\r\n",
    b"$536870913\r\n",
    b"*9223372036854775807\r\n",
    b"$18446744073709551616\r\n",
    b"%-2\r\n",
    b">2\r\n",
    b"\r\n",
    b"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
];

/// One of the dialogues, with some pieces and some bytes of it changed; rarely as it is.
pub(crate) fn dialogue(all: &[Vec<Piece>], random: &mut Rng) -> Vec<Piece> {
    let mut pieces = random.choice(all).unwrap().clone();
    for _ in 0..random.usize(..4) {
        change_pieces(&mut pieces, all, random);
    }
    if pieces.is_empty() {
        return pieces;
    }
    for _ in 0..random.usize(..6) {
        let at = random.usize(..pieces.len());
        change_bytes(&mut pieces[at].bytes, random);
    }
    let mut room = MOST_BYTES;
    pieces.retain(|piece| {
        let fits = piece.bytes.len() <= room;
        room -= if fits { piece.bytes.len() } else { 0 };
        fits && !piece.bytes.is_empty()
    });
    pieces
}

fn change_pieces(pieces: &mut Vec<Piece>, all: &[Vec<Piece>], random: &mut Rng) {
    if pieces.is_empty() {
        return;
    }
    let (one, other) = (random.usize(..pieces.len()), random.usize(..pieces.len()));
    match random.u8(..6) {
        0 => drop(pieces.remove(one)),
        1 => pieces.insert(other, pieces[one].clone()),
        2 => pieces.swap(one, other),
        3 => pieces.truncate(one + 1),
        // The second half of another.
        4 => {
            let strange = random.choice(all).unwrap();
            pieces.truncate(one + 1);
            pieces.extend_from_slice(&strange[random.usize(..=strange.len())..]);
        }
        _ => pieces[one].guest = !pieces[one].guest,
    }
}

fn change_bytes(bytes: &mut Vec<u8>, random: &mut Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = random.usize(..bytes.len());
    let end = (at + random.usize(1..=8)).min(bytes.len());
    match random.u8(..9) {
        0 => bytes[at] ^= 1 << random.u8(..8),
        1 => bytes[at] = random.u8(..),
        2 => drop(bytes.drain(at..end)),
        3 => drop(bytes.splice(at..at, (0..random.usize(1..=8)).map(|_| random.u8(..)))),
        4 => {
            let again = bytes[at..end].repeat(random.usize(1..=4));
            bytes.splice(at..at, again);
        }
        5 => bytes.truncate(at),
        // A length, in the order of either protocol; most stand in the first bytes.
        6 | 7 => {
            let at = if random.bool() { at } else { random.usize(..bytes.len().min(6)) };
            let edge = *random.choice(&EDGES).unwrap();
            let edge = if random.bool() { edge.to_be_bytes() } else { edge.to_le_bytes() };
            let edge = &edge[..random.usize(1..=4)];
            for (place, byte) in bytes[at..].iter_mut().zip(edge) {
                *place = *byte;
            }
        }
        _ => drop(bytes.splice(at..at, random.choice(&TEXTS).unwrap().iter().copied())),
    }
}

/// The same bytes in pieces of any size.
pub(crate) fn cut<'a>(mut bytes: &'a [u8], random: &mut Rng) -> Vec<&'a [u8]> {
    let most = *random.choice(&[1, 2, 7, 100, usize::MAX]).unwrap();
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(random.usize(1..=most.min(bytes.len())));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}
