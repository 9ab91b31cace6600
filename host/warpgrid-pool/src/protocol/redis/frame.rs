//! Replies of a server, read incrementally: where each ends and how it begins; keeps no content.

use crate::protocol::Violation;

/// How deep replies may be nested.
const MAX_DEPTH: usize = 32;

/// How long the line of a type with a number may be: 20 digits, a sign and the end.
const MAX_NUMBER_BYTES: usize = 22;

/// How much of a reply's first word is kept.
const WORD_BYTES: usize = 16;

/// One whole reply at the top level, or a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reply {
    /// The type byte: `+`, `-`, `:`, `$`, `*`, `>` and the others of RESP3.
    pub(super) kind: u8,
    word: [u8; WORD_BYTES],
    word_bytes: usize,
}

impl Reply {
    /// The beginning of a line, or of the first element of an aggregate: at most 16 bytes.
    pub(super) fn word(&self) -> &[u8] {
        &self.word[..self.word_bytes]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the type byte of a value.
    Start,
    /// In the line of a value without a length.
    Text { after_return: bool },
    /// In the line of a value with a length or a count.
    Number { kind: u8, value: i64, negative: bool, digits: usize, after_return: bool },
    /// In the bytes of a string, its end included.
    Body { left: u64 },
}

/// Reads replies in pieces of any size. Allocates nothing.
#[derive(Debug, Clone)]
pub(super) struct ReplyScanner {
    place: Place,
    /// How many elements are still to come, for each aggregate that is open.
    open: [u64; MAX_DEPTH],
    depth: usize,
    reply: Reply,
    /// Whether the value at hand is the first word of the reply.
    in_word: bool,
}

impl ReplyScanner {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Start,
            open: [0; MAX_DEPTH],
            depth: 0,
            reply: Reply { kind: 0, word: [0; WORD_BYTES], word_bytes: 0 },
            in_word: false,
        }
    }

    /// Whether no reply is begun.
    pub(super) fn at_boundary(&self) -> bool {
        self.place == Place::Start && self.depth == 0
    }

    /// Reads on to the end of the next reply. Gives how many bytes were read, and the reply if it ended there.
    ///
    /// # Errors
    /// [`Violation`]: these bytes are not RESP.
    pub(super) fn next(&mut self, bytes: &[u8]) -> Result<(usize, Option<Reply>), Violation> {
        let mut at = 0;
        while at < bytes.len() {
            let ended = match self.place {
                Place::Body { left } => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                    // The end of line does not belong to the word.
                    let content = usize::try_from(left.saturating_sub(2)).unwrap_or(usize::MAX).min(here);
                    self.keep(&bytes[at..at + content]);
                    at += here;
                    let left = left - here as u64;
                    self.place = Place::Body { left };
                    left == 0
                }
                _ => {
                    let byte = bytes[at];
                    at += 1;
                    self.step(byte)?
                }
            };
            if ended && self.value_ended() {
                return Ok((at, Some(self.reply)));
            }
        }
        Ok((at, None))
    }

    /// One byte outside of a string's content. True: a value without elements ended.
    fn step(&mut self, byte: u8) -> Result<bool, Violation> {
        match &mut self.place {
            Place::Start => {
                if self.depth == 0 {
                    self.reply = Reply { kind: byte, word: [0; WORD_BYTES], word_bytes: 0 };
                    self.in_word = true;
                }
                self.place = match byte {
                    b'+' | b'-' | b':' | b',' | b'#' | b'_' | b'(' => Place::Text { after_return: false },
                    b'$' | b'=' | b'!' | b'*' | b'~' | b'>' | b'%' | b'|' => Place::Number {
                        kind: byte,
                        value: 0,
                        negative: false,
                        digits: 0,
                        after_return: false,
                    },
                    _ => return Err(Violation("a reply of no type that Redis has")),
                };
                Ok(false)
            }
            Place::Text { after_return } => {
                let ended = *after_return && byte == b'\n';
                *after_return = byte == b'\r';
                if !ended && byte != b'\r' {
                    self.keep(&[byte]);
                }
                Ok(ended)
            }
            Place::Number { kind, value, negative, digits, after_return } => match byte {
                b'\n' if *after_return && *digits > 0 => {
                    let (kind, number) = (*kind, if *negative { -*value } else { *value });
                    self.number_ended(kind, number)
                }
                b'\r' if !*after_return => {
                    *after_return = true;
                    Ok(false)
                }
                b'-' if *digits == 0 && !*negative && !*after_return => {
                    *negative = true;
                    Ok(false)
                }
                b'0'..=b'9' if *digits < MAX_NUMBER_BYTES && !*after_return => {
                    *digits += 1;
                    let more =
                        value.checked_mul(10).and_then(|value| value.checked_add(i64::from(byte - b'0')));
                    *value = more.ok_or(Violation("a length beyond all bounds"))?;
                    Ok(false)
                }
                _ => Err(Violation("a length that is no number")),
            },
            Place::Body { .. } => Ok(false),
        }
    }

    fn number_ended(&mut self, kind: u8, number: i64) -> Result<bool, Violation> {
        if number < -1 {
            return Err(Violation("a length below zero"));
        }
        // -1 stands for no value.
        let Ok(number) = u64::try_from(number) else { return Ok(true) };
        match kind {
            b'$' | b'=' | b'!' => {
                self.place = Place::Body { left: number + 2 };
                Ok(false)
            }
            _ => {
                let elements = match kind {
                    b'%' => number.saturating_mul(2),
                    // An attribute describes the value after it, which it does not replace.
                    b'|' => number.saturating_mul(2).saturating_add(1),
                    _ => number,
                };
                if elements == 0 {
                    return Ok(true);
                }
                *self.open.get_mut(self.depth).ok_or(Violation("a reply that is nested too deep"))? =
                    elements;
                self.depth += 1;
                self.place = Place::Start;
                Ok(false)
            }
        }
    }

    /// A value ended. True: the reply did.
    fn value_ended(&mut self) -> bool {
        self.place = Place::Start;
        self.in_word = false;
        while self.depth > 0 {
            let left = &mut self.open[self.depth - 1];
            *left -= 1;
            if *left > 0 {
                return false;
            }
            self.depth -= 1;
        }
        true
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.in_word {
            let reply = &mut self.reply;
            let room = bytes.len().min(WORD_BYTES - reply.word_bytes);
            reply.word[reply.word_bytes..reply.word_bytes + room].copy_from_slice(&bytes[..room]);
            reply.word_bytes += room;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALOGUE: &[u8] = b"+OK\r\n-ERR no\r\n:12\r\n$5\r\nhello\r\n$-1\r\n*2\r\n$3\r\nfoo\r\n*1\r\n:1\r\n*0\r\n*-1\r\n\
        %1\r\n+a\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$0\r\n\r\n|1\r\n+ttl\r\n:3\r\n$2\r\n\r\n\r\n_\r\n#t\r\n,1.5\r\n=7\r\ntxt:abc\r\n";

    fn all(pieces: &[&[u8]]) -> Vec<(char, String)> {
        let (mut scanner, mut replies) = (ReplyScanner::new(), Vec::new());
        for piece in pieces {
            let mut rest = *piece;
            while !rest.is_empty() {
                let (read, reply) = scanner.next(rest).unwrap();
                rest = &rest[read..];
                replies.extend(reply.map(|reply| {
                    (char::from(reply.kind), String::from_utf8(reply.word().to_vec()).unwrap())
                }));
            }
        }
        assert!(scanner.at_boundary());
        replies
    }

    #[test]
    fn replies_are_told_apart_at_every_split() {
        let whole = all(&[DIALOGUE]);
        let kinds: String = whole.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, "+-:$$***%>|_#,=");
        assert_eq!(whole[1].1, "ERR no");
        assert_eq!(whole[5].1, "foo");
        assert_eq!(whole[9].1, "message");
        for split in 0..DIALOGUE.len() {
            assert_eq!(all(&[&DIALOGUE[..split], &DIALOGUE[split..]]), whole, "split at {split}");
        }
        assert_eq!(all(&DIALOGUE.chunks(1).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn what_is_not_resp_is_a_violation() {
        let deep = "*1\r\n".repeat(MAX_DEPTH + 1);
        for wrong in
            ["?", "$x\r\n", "$\r\n", "*-2\r\n", "$99999999999999999999\r\n", "*1\r1", "$--1\r\n", &deep]
        {
            let mut scanner = ReplyScanner::new();
            assert!(scanner.next(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
