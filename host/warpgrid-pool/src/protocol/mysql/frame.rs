//! Packets: a header of 4 bytes (length, sequence number), then at most 16 MiB less one byte; knows no content.
//!
//! A payload of 16 MiB less one byte goes on in the next packet, which may be empty. Source: the protocol chapter
//! "MySQL Packets".

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The length of a header.
pub(super) const HEADER_BYTES: usize = 4;
/// The length of a packet whose payload goes on in the next one.
pub(super) const FULL_PACKET: usize = 0xff_ffff;
/// How much of a payload's beginning a [`Scanner`] keeps: the status flags of an `OK` packet end within 21 bytes.
pub(super) const HEAD_BYTES: usize = 24;

/// A packet's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// How many bytes follow.
    pub(super) length: usize,
    /// The number within the command: 0 begins one.
    pub(super) sequence: u8,
}

impl Header {
    /// The header at the start of `bytes`, if all of it is there.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let [low, middle, high, sequence] = *bytes.first_chunk()?;
        let length = u32::from_le_bytes([low, middle, high, 0]) as usize;
        Some(Self { length, sequence })
    }
}

/// Cuts bytes into payloads, whatever pieces they come in, and keeps only the beginning of each.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scanner {
    header: [u8; HEADER_BYTES],
    header_length: usize,
    /// Bytes of the packet that have not passed.
    left: usize,
    in_packet: bool,
    full: bool,
    payload: Payload,
    next: u8,
}

/// A payload that has passed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Payload {
    head: [u8; HEAD_BYTES],
    head_length: usize,
    /// Of all its packets together.
    pub(super) length: u64,
    /// The number of its last packet.
    pub(super) sequence: u8,
    /// Whether a packet had another number than the one that was due.
    pub(super) disordered: bool,
}

impl Payload {
    /// The first bytes, at most [`HEAD_BYTES`].
    pub(super) fn head(&self) -> &[u8] {
        self.head.get(..self.head_length).unwrap_or_default()
    }
}

impl Scanner {
    /// Says which number the next packet must have.
    pub(super) fn expect(&mut self, sequence: u8) {
        self.next = sequence;
    }

    /// The number that the next packet has if it goes on with what passed.
    pub(super) fn next_sequence(&self) -> u8 {
        self.next
    }

    /// Whether everything that passed was whole payloads.
    pub(super) fn is_between(&self) -> bool {
        !self.in_packet && self.header_length == 0 && self.payload.length == 0 && !self.full
    }

    /// Takes bytes off the front of `bytes` up to the end of a payload. None: all are taken, and it goes on.
    pub(super) fn advance(&mut self, bytes: &mut &[u8]) -> Option<Payload> {
        loop {
            if !self.in_packet {
                let wanted = HEADER_BYTES - self.header_length;
                let (piece, rest) = bytes.split_at(wanted.min(bytes.len()));
                self.header.get_mut(self.header_length..)?.get_mut(..piece.len())?.copy_from_slice(piece);
                self.header_length += piece.len();
                *bytes = rest;
                if self.header_length < HEADER_BYTES {
                    return None;
                }
                let header = Header::parse(&self.header)?;
                self.header_length = 0;
                self.in_packet = true;
                self.left = header.length;
                self.full = header.length == FULL_PACKET;
                self.payload.disordered |= header.sequence != self.next;
                self.payload.sequence = header.sequence;
                self.next = header.sequence.wrapping_add(1);
            }
            let (piece, rest) = bytes.split_at(self.left.min(bytes.len()));
            let kept = piece.len().min(HEAD_BYTES - self.payload.head_length);
            if let (Some(place), Some(piece)) = (
                self.payload.head.get_mut(self.payload.head_length..self.payload.head_length + kept),
                piece.get(..kept),
            ) {
                place.copy_from_slice(piece);
                self.payload.head_length += kept;
            }
            self.payload.length += piece.len() as u64;
            self.left -= piece.len();
            *bytes = rest;
            if self.left > 0 {
                return None;
            }
            self.in_packet = false;
            if !self.full {
                return Some(std::mem::take(&mut self.payload));
            }
        }
    }
}

/// Appends a packet. `payload` must be shorter than [`FULL_PACKET`].
pub(super) fn put_packet(out: &mut Vec<u8>, sequence: u8, payload: &[u8]) {
    debug_assert!(payload.len() < FULL_PACKET);
    let [low, middle, high, _] = (payload.len() as u32).to_le_bytes();
    out.extend_from_slice(&[low, middle, high, sequence]);
    out.extend_from_slice(payload);
}

/// Reads one packet of at most `limit` bytes, and nothing behind it.
pub(super) async fn read_packet<S>(stream: &mut S, limit: usize) -> io::Result<(u8, Vec<u8>)>
where
    S: AsyncRead + Unpin + ?Sized,
{
    let mut header = [0; HEADER_BYTES];
    stream.read_exact(&mut header).await?;
    let [low, middle, high, sequence] = header;
    let length = u32::from_le_bytes([low, middle, high, 0]) as usize;
    if length > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a packet of {length} bytes")));
    }
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    Ok((sequence, payload))
}

/// Writes one packet and flushes.
pub(super) async fn write_packet<S>(stream: &mut S, sequence: u8, payload: &[u8]) -> io::Result<()>
where
    S: AsyncWrite + Unpin + ?Sized,
{
    // Payloads may be passwords.
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(HEADER_BYTES + payload.len()));
    put_packet(&mut bytes, sequence, payload);
    stream.write_all(&bytes).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(scanner: &mut Scanner, mut bytes: &[u8]) -> Vec<(Vec<u8>, u64, bool)> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            if let Some(payload) = scanner.advance(&mut bytes) {
                found.push((payload.head().to_vec(), payload.length, payload.disordered));
            }
        }
        found
    }

    #[test]
    fn payloads_are_found_at_every_split() {
        let mut bytes = Vec::new();
        put_packet(&mut bytes, 0, b"one");
        put_packet(&mut bytes, 1, b"");
        put_packet(&mut bytes, 2, &[7; 100]);
        let expected =
            vec![(b"one".to_vec(), 3, false), (vec![], 0, false), (vec![7; HEAD_BYTES], 100, false)];
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let mut scanner = Scanner::default();
                let mut found = scan(&mut scanner, &bytes[..first]);
                found.extend(scan(&mut scanner, &bytes[first..second]));
                found.extend(scan(&mut scanner, &bytes[second..]));
                assert_eq!(found, expected, "{first} {second}");
                assert!(scanner.is_between());
            }
        }
    }

    #[test]
    fn a_payload_of_many_packets_is_one() {
        let mut bytes = vec![0xff, 0xff, 0xff, 5];
        bytes.resize(4 + FULL_PACKET, 9);
        let mut scanner = Scanner::default();
        scanner.expect(5);
        assert!(scan(&mut scanner, &bytes).is_empty() && !scanner.is_between());
        assert!(scan(&mut scanner, &[0, 0, 0]).is_empty() && !scanner.is_between());
        let found = scan(&mut scanner, &[6]);
        assert_eq!(found, [(vec![9; HEAD_BYTES], FULL_PACKET as u64, false)]);
    }

    #[test]
    fn a_number_out_of_order_is_noticed() {
        let mut scanner = Scanner::default();
        scanner.expect(1);
        assert!(!scan(&mut scanner, &[1, 0, 0, 1, 0])[0].2);
        assert!(scan(&mut scanner, &[1, 0, 0, 1, 0])[0].2);
        scanner.expect(255);
        assert!(!scan(&mut scanner, &[1, 0, 0, 255, 0])[0].2);
        assert!(!scan(&mut scanner, &[1, 0, 0, 0, 0])[0].2);
    }

    #[tokio::test]
    async fn a_packet_over_the_limit_is_not_read() {
        let mut bytes: &[u8] = b"HTTP/1.1 400 Bad Request";
        assert_eq!(read_packet(&mut bytes, 1 << 16).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let mut bytes: &[u8] = &[2, 0, 0, 0, 1];
        assert_eq!(read_packet(&mut bytes, 16).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
