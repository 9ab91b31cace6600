//! Commands of a guest, read from the bytes: arrays of strings, and lines; decides nothing.

use crate::protocol::{MAX_HELD_BYTES, Violation};

/// The most arguments of one command, as Redis has it.
const MAX_ARGUMENTS: usize = 1024 * 1024;

/// The longest string, as Redis has it by default: 512 MiB.
const MAX_STRING_BYTES: usize = 512 * 1024 * 1024;

/// The beginning of a command: what stands there up to its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head<'a> {
    /// More bytes are needed.
    Short,
    /// An empty line or an empty array, of so many bytes, which no server answers.
    Nothing(usize),
    /// `*3\r\n$3\r\nSET\r\n`: this name, this many bytes up to its end, this many arguments after it.
    Array { name: &'a [u8], bytes: usize, arguments: usize },
    /// A whole line.
    Line { name: &'a [u8], bytes: usize },
}

/// Reads the beginning of a command.
///
/// # Errors
/// [`Violation`]: this is not a command.
pub(super) fn head(bytes: &[u8]) -> Result<Head<'_>, Violation> {
    match bytes.first() {
        None => Ok(Head::Short),
        Some(b'*') => array(bytes),
        Some(byte) if byte.is_ascii_alphabetic() || byte.is_ascii_whitespace() => line(bytes),
        Some(_) => Err(Violation("it begins with a byte that no Redis command begins with")),
    }
}

fn array(bytes: &[u8]) -> Result<Head<'_>, Violation> {
    let Some((count, after_count)) = number(bytes, b'*', MAX_ARGUMENTS)? else { return Ok(Head::Short) };
    if count == 0 {
        return Ok(Head::Nothing(after_count));
    }
    let Some((length, after_length)) = number(&bytes[after_count..], b'$', MAX_HELD_BYTES / 2)? else {
        return Ok(Head::Short);
    };
    let start = after_count + after_length;
    match bytes.get(start..start + length + 2) {
        None => Ok(Head::Short),
        Some(name) if name.ends_with(b"\r\n") => {
            Ok(Head::Array { name: &name[..length], bytes: start + length + 2, arguments: count - 1 })
        }
        Some(_) => Err(Violation("a string that is longer than it says")),
    }
}

fn line(bytes: &[u8]) -> Result<Head<'_>, Violation> {
    let Some(end) = bytes.iter().take(MAX_HELD_BYTES).position(|byte| *byte == b'\n') else {
        return if bytes.len() < MAX_HELD_BYTES {
            Ok(Head::Short)
        } else {
            Err(Violation("a line without an end"))
        };
    };
    let name = bytes[..end].split(u8::is_ascii_whitespace).find(|word| !word.is_empty());
    Ok(match name {
        None => Head::Nothing(end + 1),
        // What a browser sends: Redis itself treats both as an attack.
        Some(name) if name.eq_ignore_ascii_case(b"POST") || name.eq_ignore_ascii_case(b"HOST:") => {
            return Err(Violation("an HTTP request"));
        }
        Some(name) => Head::Line { name, bytes: end + 1 },
    })
}

/// A type byte, a number and the end of line; the number and the bytes of all. None: more bytes are needed.
fn number(bytes: &[u8], kind: u8, most: usize) -> Result<Option<(usize, usize)>, Violation> {
    const WRONG: Violation = Violation("a length that is no number or too large");
    match bytes.first() {
        None => return Ok(None),
        Some(byte) if *byte == kind => {}
        Some(_) => return Err(Violation("an array of a command holds strings only")),
    }
    let mut value = 0_usize;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            b'0'..=b'9' if value <= most => value = value * 10 + usize::from(byte - b'0'),
            b'\r' if at > 1 && value <= most => {
                return match bytes.get(at + 1) {
                    None => Ok(None),
                    Some(b'\n') => Ok(Some((value, at + 2))),
                    Some(_) => Err(WRONG),
                };
            }
            _ => return Err(WRONG),
        }
    }
    Ok(None)
}

/// The words of a command, and how many bytes they took.
type Words<'a> = (Vec<&'a [u8]>, usize);

/// A whole command with its arguments. None: more bytes are needed.
///
/// # Errors
/// [`Violation`]: this is not a command, or one that would be longer than [`MAX_HELD_BYTES`].
pub(super) fn whole(bytes: &[u8]) -> Result<Option<Words<'_>>, Violation> {
    let too_long = Violation("a command about the connection that is too long");
    let (name, mut at, arguments) = match head(bytes)? {
        Head::Short => return Ok(None),
        Head::Nothing(bytes) => return Ok(Some((Vec::new(), bytes))),
        Head::Line { bytes: end, .. } => {
            let words = bytes[..end].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            return Ok(Some((words.collect(), end)));
        }
        Head::Array { name, bytes, arguments } => (name, bytes, arguments),
    };
    let mut words = vec![name];
    for _ in 0..arguments {
        let Some((length, after)) = number(&bytes[at..], b'$', MAX_HELD_BYTES)? else { break };
        let Some(word) = bytes.get(at + after..at + after + length) else { break };
        if bytes.len() < at + after + length + 2 {
            break;
        }
        words.push(word);
        at += after + length + 2;
    }
    match words.len() == arguments + 1 {
        true => Ok(Some((words, at))),
        false if bytes.len() >= MAX_HELD_BYTES => Err(too_long),
        false => Ok(None),
    }
}

/// The arguments of a command whose name has gone: passed over in pieces of any size.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ArgumentScanner {
    /// Arguments whose header has not come.
    headers: usize,
    /// Bytes of the present argument, its end included.
    left: usize,
    /// The header that is being read: how many bytes of it came, and its number.
    header_bytes: usize,
    length: usize,
    after_return: bool,
}

impl ArgumentScanner {
    /// So many arguments are to come.
    pub(super) fn new(arguments: usize) -> Self {
        Self { headers: arguments, ..Self::default() }
    }

    /// Whether all have passed.
    pub(super) fn is_done(&self) -> bool {
        self.headers == 0 && self.left == 0
    }

    /// Passes over what belongs to the arguments, and says how many bytes that was.
    ///
    /// # Errors
    /// [`Violation`]: these are not strings.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<usize, Violation> {
        const WRONG: Violation = Violation("an argument whose length is no number or too large");
        let mut at = 0;
        while at < bytes.len() && !self.is_done() {
            if self.left > 0 {
                let here = self.left.min(bytes.len() - at);
                self.left -= here;
                at += here;
                continue;
            }
            let byte = bytes[at];
            at += 1;
            self.header_bytes += 1;
            match byte {
                b'$' if self.header_bytes == 1 => {}
                b'0'..=b'9'
                    if self.header_bytes > 1 && !self.after_return && self.length <= MAX_STRING_BYTES =>
                {
                    self.length = self.length * 10 + usize::from(byte - b'0');
                }
                b'\r' if self.header_bytes > 2 && !self.after_return => self.after_return = true,
                b'\n' if self.after_return && self.length <= MAX_STRING_BYTES => {
                    *self = Self { headers: self.headers - 1, left: self.length + 2, ..Self::default() };
                }
                _ => return Err(WRONG),
            }
        }
        Ok(at)
    }
}

/// A command as an array of strings.
pub(super) fn encode(words: &[&[u8]], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_arrays_and_lines() {
        let set = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
        assert_eq!(head(set), Ok(Head::Array { name: b"SET", bytes: 13, arguments: 2 }));
        for short in 0..13 {
            assert_eq!(head(&set[..short]), Ok(Head::Short), "{short}");
        }
        assert_eq!(head(b"PING\r\nrest"), Ok(Head::Line { name: b"PING", bytes: 6 }));
        assert_eq!(head(b"  get a\n"), Ok(Head::Line { name: b"get", bytes: 8 }));
        assert_eq!(head(b"\r\n"), Ok(Head::Nothing(2)));
        assert_eq!(head(b"*0\r\n"), Ok(Head::Nothing(4)));
        let long = "*".to_owned() + &"9".repeat(30);
        let wrong: [&[u8]; 7] = [
            b"\x00\x00",
            b"*x\r\n",
            b"*1\r\n:1\r\n",
            b"POST / HTTP/1.1\r\n",
            b"*1\r\n$3\r\nSETxx",
            b"\x16\x03",
            long.as_bytes(),
        ];
        for wrong in wrong {
            assert!(head(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_whole_command_and_its_arguments_at_every_split() {
        let set = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n";
        assert_eq!(whole(set), Ok(Some((vec![&b"SET"[..], b"k", b""], set.len()))));
        for split in 0..set.len() {
            assert_eq!(whole(&set[..split]), Ok(None), "{split}");
        }
        let arguments = &set[13..];
        for split in 0..=arguments.len() {
            let mut scanner = ArgumentScanner::new(2);
            let first = scanner.pass(&arguments[..split]).unwrap();
            assert_eq!(first, split);
            let rest = [&arguments[split..], b"*1\r\n"].concat();
            assert_eq!(scanner.pass(&rest).unwrap(), arguments.len() - split);
            assert!(scanner.is_done());
        }
        assert!(ArgumentScanner::new(1).pass(b"+OK\r\n").is_err());
        assert!(ArgumentScanner::new(1).pass(b"$\r\n").is_err());
        assert!(ArgumentScanner::new(1).pass(b"$99999999999\r\n").is_err());
    }

    #[test]
    fn encoding_is_what_is_read() {
        let mut bytes = Vec::new();
        encode(&[b"AUTH", b"us er", b""], &mut bytes);
        assert_eq!(whole(&bytes), Ok(Some((vec![&b"AUTH"[..], b"us er", b""], bytes.len()))));
    }
}
