//! The few packets whose content matters after the login: `OK`, `EOF`, `ERR`; knows no state.
//!
//! Source: the protocol chapter "Generic Response Packets".

use super::frame::put_packet;
use crate::error::Loss;
use crate::protocol::Gap;
use mysql_common::constants::Command;

/// First byte of `OK`.
pub(super) const OK: u8 = 0x00;
/// First byte of more data of an authentication plugin.
pub(super) const MORE_DATA: u8 = 0x01;
/// First byte of a request for a file of the client's.
pub(super) const LOCAL_INFILE: u8 = 0xfb;
/// First byte of `EOF`, of the `OK` that took its place, and of a request to switch the authentication plugin.
pub(super) const EOF: u8 = 0xfe;
/// First byte of `ERR`.
pub(super) const ERR: u8 = 0xff;

// Commands, as numbers (`Command` of `mysql_common` knows no way from a number).
pub(super) const COM_CHANGE_USER: u8 = Command::COM_CHANGE_USER as u8;
pub(super) const COM_FIELD_LIST: u8 = Command::COM_FIELD_LIST as u8;
pub(super) const COM_INIT_DB: u8 = Command::COM_INIT_DB as u8;
pub(super) const COM_PING: u8 = Command::COM_PING as u8;
pub(super) const COM_PROCESS_INFO: u8 = Command::COM_PROCESS_INFO as u8;
pub(super) const COM_PROCESS_KILL: u8 = Command::COM_PROCESS_KILL as u8;
pub(super) const COM_QUERY: u8 = Command::COM_QUERY as u8;
pub(super) const COM_QUIT: u8 = Command::COM_QUIT as u8;
pub(super) const COM_REFRESH: u8 = Command::COM_REFRESH as u8;
pub(super) const COM_RESET_CONNECTION: u8 = Command::COM_RESET_CONNECTION as u8;
pub(super) const COM_SET_OPTION: u8 = Command::COM_SET_OPTION as u8;
pub(super) const COM_STATISTICS: u8 = Command::COM_STATISTICS as u8;
pub(super) const COM_STMT_CLOSE: u8 = Command::COM_STMT_CLOSE as u8;
pub(super) const COM_STMT_EXECUTE: u8 = Command::COM_STMT_EXECUTE as u8;
pub(super) const COM_STMT_FETCH: u8 = Command::COM_STMT_FETCH as u8;
pub(super) const COM_STMT_PREPARE: u8 = Command::COM_STMT_PREPARE as u8;
pub(super) const COM_STMT_RESET: u8 = Command::COM_STMT_RESET as u8;
pub(super) const COM_STMT_SEND_LONG_DATA: u8 = Command::COM_STMT_SEND_LONG_DATA as u8;

/// Status: a transaction is open.
pub(super) const IN_TRANSACTION: u16 = 0x0001;
/// Status: every statement commits by itself.
pub(super) const AUTOCOMMIT: u16 = 0x0002;
/// Status: another result follows.
pub(super) const MORE_RESULTS: u16 = 0x0008;
/// Status: a cursor is open, and the rows are fetched by later commands.
pub(super) const CURSOR_EXISTS: u16 = 0x0040;

/// An error as the server said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerError {
    /// The server's number of it.
    pub(super) code: u16,
    /// The text, at most 200 characters, without control characters.
    pub(super) text: String,
}

impl ServerError {
    /// Reads an `ERR` packet, with or without an SQL state.
    pub(super) fn parse(payload: &[u8]) -> Option<Self> {
        let (&ERR, rest) = payload.split_first()? else { return None };
        let (code, rest) = rest.split_first_chunk::<2>()?;
        let text = match rest {
            [b'#', _, _, _, _, _, text @ ..] => text,
            text => text,
        };
        Some(Self { code: u16::from_le_bytes(*code), text: shortened(text) })
    }
}

impl std::fmt::Display for ServerError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "error {}: {}", self.code, self.text)
    }
}

/// Text of a server: at most 200 characters, without control characters.
pub(super) fn shortened(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|letter| !letter.is_control()).take(200).collect()
}

/// An integer of variable length at the start of `bytes`, and how long it is there.
pub(super) fn length_encoded(bytes: &[u8]) -> Option<(u64, usize)> {
    let (&first, rest) = bytes.split_first()?;
    let size = match first {
        0..=0xfa => return Some((u64::from(first), 1)),
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        _ => return None,
    };
    let mut value = [0; 8];
    value.get_mut(..size)?.copy_from_slice(rest.get(..size)?);
    Some((u64::from_le_bytes(value), 1 + size))
}

/// The status flags of an `OK` packet, whichever byte it begins with.
pub(super) fn status_of_ok(payload: &[u8]) -> Option<u16> {
    let mut rest = payload.get(1..)?;
    for _ in 0..2 {
        let (_, size) = length_encoded(rest)?;
        rest = rest.get(size..)?;
    }
    rest.first_chunk().map(|status| u16::from_le_bytes(*status))
}

/// The status flags of an `EOF` packet of old.
pub(super) fn status_of_eof(payload: &[u8]) -> Option<u16> {
    payload.get(3..)?.first_chunk().map(|status| u16::from_le_bytes(*status))
}

/// Appends an `OK` packet.
pub(super) fn put_ok(out: &mut Vec<u8>, sequence: u8, status: u16) {
    let [low, high] = status.to_le_bytes();
    put_packet(out, sequence, &[OK, 0, 0, low, high, 0, 0]);
}

/// Appends an `ERR` packet. Without an SQL state it is for a peer that has not said yet which protocol it speaks.
pub(super) fn put_error(out: &mut Vec<u8>, sequence: u8, code: u16, state: Option<&[u8; 5]>, text: &str) {
    let mut payload = vec![ERR];
    payload.extend_from_slice(&code.to_le_bytes());
    if let Some(state) = state {
        payload.push(b'#');
        payload.extend_from_slice(state);
    }
    // MySQL's own texts are at most 511 bytes long; clients keep them in an array of that size.
    let text = text.char_indices().take_while(|(at, letter)| at + letter.len_utf8() <= 511).map(|(_, l)| l);
    payload.extend_from_slice(text.collect::<String>().as_bytes());
    put_packet(out, sequence, &payload);
}

/// Appends an `ERR` packet that tells a guest why it loses its session: in the place of the answer that it waits for, or
/// unasked, as MySQL says since 8.0.24 why it ends a connection. The number of its time-out is another error in MariaDB.
pub(super) fn put_last_words(out: &mut Vec<u8>, mariadb: bool, gap: Gap, loss: Loss, text: &str) {
    let (code, state): (u16, &[u8; 5]) = match loss {
        // A server that just closes says nothing to whoever waits for nothing.
        Loss::ServerClosed if !gap.awaited => return,
        // "Server shutdown in progress"
        Loss::Drained | Loss::UnfinishedAnswer | Loss::UntakenFrame | Loss::ServerClosed => (1053, b"08S01"),
        // "Connection was killed"
        Loss::OpenTransaction | Loss::HalfFrame | Loss::UnreadAnswer if mariadb => (1927, b"70100"),
        // "The client was disconnected by the server because of inactivity"
        Loss::OpenTransaction | Loss::HalfFrame | Loss::UnreadAnswer => (4031, b"HY000"),
        // "Malformed communication packet"
        Loss::Violation(_) => (1835, b"HY000"),
        // What passed for the guest is not what the tracker has seen.
        Loss::ServerViolation => return,
    };
    // A guest that broke the protocol waits for the answer to just that.
    let asked = matches!(loss, Loss::Violation(_)) && !gap.awaited;
    put_error(out, if asked { 1 } else { gap.sequence }, code, Some(state), text);
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'a> = (&'a [u8], Option<(u64, usize)>);

    #[test]
    fn integers_of_every_length_are_read_and_short_ones_refused() {
        let cases: [Case<'_>; 9] = [
            (&[], None),
            (&[0xfa], Some((250, 1))),
            (&[0xfb], None),
            (&[0xff, 1, 2], None),
            (&[0xfc, 1], None),
            (&[0xfc, 1, 2, 9], Some((0x201, 3))),
            (&[0xfd, 1, 2, 3], Some((0x3_0201, 4))),
            (&[0xfe, 1, 0, 0, 0, 0, 0, 0], None),
            (&[0xfe, 1, 0, 0, 0, 0, 0, 0, 0x80], Some((0x8000_0000_0000_0001, 9))),
        ];
        for (bytes, expected) in cases {
            assert_eq!(length_encoded(bytes), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn the_status_is_found_behind_long_integers() {
        let long = [&[0][..], &[0xfe, 1, 2, 3, 4, 5, 6, 7, 8], &[0xfd, 1, 2, 3], &[9, 1, 0, 0]].concat();
        assert_eq!(status_of_ok(&long), Some(0x109));
        assert_eq!(status_of_ok(&long[..long.len() - 3]), None);
        assert_eq!(status_of_eof(&[0xfe, 0, 0, 2, 1]), Some(0x102));
        assert_eq!(status_of_eof(&[0xfe, 0, 0, 2]), None);
    }

    #[test]
    fn an_error_survives_writing_and_reading_with_and_without_a_state() {
        for state in [None, Some(b"HY000")] {
            let mut out = Vec::new();
            put_error(&mut out, 3, 1094, state, "Unknown thread id: 5");
            assert_eq!(out[3], 3);
            let error = ServerError::parse(&out[4..]).unwrap();
            assert_eq!((error.code, error.text.as_str()), (1094, "Unknown thread id: 5"));
        }
        let long = "é".repeat(1000);
        let mut out = Vec::new();
        put_error(&mut out, 0, 1, None, &long);
        assert!(out.len() <= 4 + 3 + 511);
        assert_eq!(ServerError::parse(&[ERR, 1]), None);
    }
}
