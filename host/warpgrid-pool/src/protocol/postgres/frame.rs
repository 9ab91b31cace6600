//! Where frames end, from their headers alone, at any split of the bytes; knows no frame's meaning.
//!
//! A frame is a tag of one byte, a length of four bytes (big-endian, counting itself but not the tag) and a body
//! ("Message Formats" in the chapter "Frontend/Backend Protocol" of PostgreSQL's documentation). The frames before a
//! session has begun have no tag: [`startup_length`].

use crate::protocol::Violation;

/// The most bytes a guest's frame may have after its tag: what a server itself takes (`PQ_LARGE_MESSAGE_LIMIT`).
pub(super) const GUEST_FRAME_LIMIT: u32 = 0x3fff_fffe;
/// The most bytes a server's frame may have after its tag: what the length can say.
pub(super) const SERVER_FRAME_LIMIT: u32 = 0x7fff_ffff;
/// The most bytes of a start-up message after its length: what a server itself takes (`MAX_STARTUP_PACKET_LENGTH`).
const STARTUP_LIMIT: u32 = 10_000;

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// What kind of frame it is.
    pub(super) tag: u8,
    /// How many bytes follow the header.
    pub(super) body: u32,
}

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// A header has ended.
    Header(Header),
    /// Bytes of the body.
    Body {
        /// The bytes.
        bytes: &'a [u8],
        /// Whether the frame ends with them.
        last: bool,
    },
}

/// The frames of one direction.
pub(super) struct Frames {
    limit: u32,
    header: [u8; 5],
    have: usize,
    body: u32,
}

impl Frames {
    /// At the start of a frame; `limit` is the largest length a header may say.
    pub(super) fn new(limit: u32) -> Self {
        Self { limit, header: [0; 5], have: 0, body: 0 }
    }

    /// Whether the next byte begins a frame.
    pub(super) fn at_boundary(&self) -> bool {
        self.have == 0 && self.body == 0
    }

    /// Takes the next part off the front of `bytes`. None: more bytes are needed, and all of them are taken.
    pub(super) fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Part<'a>>, Violation> {
        if bytes.is_empty() {
            return Ok(None);
        }
        if self.body > 0 {
            let length = bytes.len().min(self.body as usize);
            let (body, rest) = bytes.split_at(length);
            *bytes = rest;
            self.body -= length as u32;
            return Ok(Some(Part::Body { bytes: body, last: self.body == 0 }));
        }
        let length = bytes.len().min(self.header.len() - self.have);
        let (part, rest) = bytes.split_at(length);
        self.header[self.have..self.have + length].copy_from_slice(part);
        self.have += length;
        *bytes = rest;
        if self.have < self.header.len() {
            return Ok(None);
        }
        self.have = 0;
        let [tag, a, b, c, d] = self.header;
        let length = u32::from_be_bytes([a, b, c, d]);
        if length < 4 {
            return Err(Violation("a frame that is shorter than its own length"));
        }
        if length > self.limit {
            return Err(Violation("a frame that is longer than a frame may be"));
        }
        self.body = length - 4;
        Ok(Some(Part::Header(Header { tag, body: self.body })))
    }
}

/// How many bytes the start-up message at the front of `input` has in all. None: its length has not arrived.
pub(super) fn startup_length(input: &[u8]) -> Result<Option<usize>, Violation> {
    let Some(length) = input.first_chunk() else { return Ok(None) };
    let length = u32::from_be_bytes(*length);
    if length < 8 {
        return Err(Violation("a start-up message that is too short"));
    }
    if length > STARTUP_LIMIT + 4 {
        return Err(Violation("no start-up message, or one that is too long"));
    }
    Ok(Some(length as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&[u8]], limit: u32) -> Result<Vec<(u8, Vec<u8>)>, Violation> {
        let mut frames = Frames::new(limit);
        let mut found: Vec<(u8, Vec<u8>)> = Vec::new();
        for mut chunk in chunks.iter().copied() {
            while let Some(part) = frames.next(&mut chunk)? {
                match part {
                    Part::Header(header) => found.push((header.tag, Vec::new())),
                    Part::Body { bytes, .. } => found.last_mut().unwrap().1.extend_from_slice(bytes),
                }
            }
            assert!(chunk.is_empty());
        }
        assert!(frames.at_boundary());
        Ok(found)
    }

    #[test]
    fn frames_are_found_at_every_split_of_the_bytes() {
        let bytes = b"Q\0\0\0\x0dselect 1\0S\0\0\0\x04Z\0\0\0\x05I";
        let want = vec![(b'Q', b"select 1\0".to_vec()), (b'S', Vec::new()), (b'Z', b"I".to_vec())];
        for first in 0..bytes.len() {
            for second in first..bytes.len() {
                let chunks = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(read(&chunks, SERVER_FRAME_LIMIT).unwrap(), want, "{first} {second}");
            }
        }
    }

    #[test]
    fn a_length_below_four_or_above_the_limit_is_no_frame() {
        for length in [0u32, 1, 2, 3, GUEST_FRAME_LIMIT + 1, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let mut bytes = vec![b'Q'];
            bytes.extend_from_slice(&length.to_be_bytes());
            assert!(read(&[&bytes], GUEST_FRAME_LIMIT).is_err(), "{length}");
        }
    }

    #[test]
    fn a_frame_of_more_than_a_gibibyte_passes_in_pieces() {
        let mut frames = Frames::new(SERVER_FRAME_LIMIT);
        let length: u32 = 1_500_000_004;
        let mut header = vec![b'D'];
        header.extend_from_slice(&length.to_be_bytes());
        assert!(matches!(frames.next(&mut header.as_slice()), Ok(Some(Part::Header(_)))));
        let piece = vec![0u8; 1_000_000];
        for index in 1..=1500 {
            assert!(!frames.at_boundary());
            let part = frames.next(&mut piece.as_slice()).unwrap();
            assert!(matches!(part, Some(Part::Body { last, .. }) if last == (index == 1500)));
        }
        assert!(frames.at_boundary());
    }

    /// CVE-2026-107348: a length beyond 2³¹ before the login made a pooler loop for ever.
    #[test]
    fn cve_2026_107348_a_startup_length_beyond_two_gibibytes_is_refused() {
        for length in [0u32, 4, 7, 10_005, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
            assert!(startup_length(&length.to_be_bytes()).is_err(), "{length}");
        }
        assert_eq!(startup_length(&[0, 0, 0]), Ok(None));
        assert_eq!(startup_length(&[0, 0, 0, 8]), Ok(Some(8)));
        assert_eq!(startup_length(&10_004u32.to_be_bytes()), Ok(Some(10_004)));
    }
}
