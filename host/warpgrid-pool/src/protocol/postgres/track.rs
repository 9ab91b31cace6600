//! What is known of a session's state from the headers of what passed; allocates nothing while queries pass.
//!
//! Each direction is cut into frames ([`super::frame`]); the kinds of the frames feed the line of answers that the
//! server owes ([`super::owed`]). Of bodies only two are looked at: the state of the transaction in `ReadyForQuery`, and
//! parameters that the server reports ([`super::reported`]).

use super::facts::PostgresFacts;
use super::frame::{Frames, GUEST_FRAME_LIMIT, Header, Part, SERVER_FRAME_LIMIT};
use super::owed::{Command, Owed};
use super::reported::Reported;
use crate::protocol::{Gap, GuestStep, Tracker, Verdict, Violation};
use bytes::Bytes;

/// Watches one PostgreSQL session.
pub(super) struct PostgresTracker {
    guest: Frames,
    server: Frames,
    /// The kind of the server's frame that is passing.
    passing: u8,
    owed: Owed,
    /// The state of the transaction: `I` none, `T` open, `E` failed.
    transaction: u8,
    reported: Reported,
}

impl PostgresTracker {
    /// A fresh session.
    pub(super) fn new(facts: &PostgresFacts) -> Self {
        Self {
            guest: Frames::new(GUEST_FRAME_LIMIT),
            server: Frames::new(SERVER_FRAME_LIMIT),
            passing: 0,
            owed: Owed::default(),
            transaction: b'I',
            reported: Reported::new(&facts.parameters),
        }
    }

    /// A frame of the guest begins.
    fn guest_sends(&mut self, header: Header) -> Result<(), Violation> {
        match header.tag {
            b'P' | b'B' | b'D' | b'E' | b'C' => self.owed.extended(),
            b'Q' | b'F' => self.owed.command(Command::Query),
            b'd' => {}
            b'f' => self.owed.command(Command::CopyEnd),
            b'S' | b'c' | b'H' if header.body > 0 => {
                return Err(Violation("a Sync, Flush or CopyDone with a body"));
            }
            b'S' => self.owed.command(Command::Sync),
            b'c' => self.owed.command(Command::CopyEnd),
            b'H' => self.owed.flush(),
            tag => return Err(unknown_guest_frame(tag)),
        }
        Ok(())
    }

    /// A frame of the server begins.
    fn server_sends(&mut self, header: Header) -> Result<(), Violation> {
        self.passing = header.tag;
        match header.tag {
            b'1' | b'2' | b'3' | b'n' | b's' => self.owed.extended_answered(),
            b'C' | b'I' => self.owed.part_or_answer(true),
            b'T' => self.owed.part_or_answer(false),
            b'D' | b't' | b'V' | b'H' | b'd' | b'c' => self.owed.part(),
            b'G' => self.owed.copy_begins(),
            b'E' => {
                self.owed.error();
                Ok(())
            }
            b'Z' if header.body == 1 => Ok(()),
            b'Z' => Err(Violation("a ReadyForQuery that says no state")),
            b'S' => {
                self.reported.begin();
                Ok(())
            }
            b'A' | b'N' => Ok(()),
            b'W' => {
                self.owed.lose("a COPY in both directions");
                self.owed.part()
            }
            _ => Err(Violation("a frame of a kind that no server sends in a session")),
        }
    }

    fn server_body(&mut self, bytes: &[u8], last: bool) -> Result<(), Violation> {
        match (self.passing, bytes) {
            (b'Z', [state @ (b'I' | b'T' | b'E')]) => {
                self.transaction = *state;
                self.owed.ready()
            }
            (b'Z', _) => Err(Violation("a ReadyForQuery with a state that there is not")),
            (b'S', _) => {
                self.reported.body(bytes, last);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn unknown_guest_frame(tag: u8) -> Violation {
    match tag {
        0 => Violation("a start-up message in the middle of a session"),
        b'p' => Violation("a password in the middle of a session"),
        _ => Violation("a frame of a kind that no guest sends in a session"),
    }
}

/// What becomes of bytes that begin with `X`.
fn terminate(bytes: &[u8]) -> Result<GuestStep, Violation> {
    const TERMINATE: &[u8] = b"X\0\0\0\x04";
    let known = bytes.len().min(TERMINATE.len());
    if bytes[..known] != TERMINATE[..known] {
        return Err(Violation("a Terminate with a body"));
    }
    if known < TERMINATE.len() {
        return Ok(GuestStep::Hold);
    }
    Ok(GuestStep::Goodbye { consumed: TERMINATE.len(), bytes: Bytes::new() })
}

impl Tracker for PostgresTracker {
    fn from_guest(&mut self, bytes: &[u8]) -> Result<GuestStep, Violation> {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            if self.guest.at_boundary() {
                let forward = bytes.len() - rest.len();
                match first {
                    b'X' if forward == 0 => return terminate(rest),
                    b'X' => return Ok(GuestStep::Forward(forward)),
                    b'P' | b'B' | b'D' | b'E' | b'C' | b'Q' | b'F' | b'S' | b'd' | b'c' | b'f' | b'H' => {}
                    tag => return Err(unknown_guest_frame(*tag)),
                }
                if self.owed.is_full() {
                    return Ok(if forward == 0 { GuestStep::Wait } else { GuestStep::Forward(forward) });
                }
            }
            if let Some(Part::Header(header)) = self.guest.next(&mut rest)? {
                self.guest_sends(header)?;
            }
        }
        Ok(if bytes.is_empty() { GuestStep::Hold } else { GuestStep::Forward(bytes.len()) })
    }

    fn from_server(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let mut rest = bytes;
        while let Some(part) = self.server.next(&mut rest)? {
            match part {
                Part::Header(header) => self.server_sends(header)?,
                Part::Body { bytes, last } => self.server_body(bytes, last)?,
            }
        }
        Ok(())
    }

    fn is_busy(&self) -> bool {
        self.owed.is_busy() || !self.guest.at_boundary() || !self.server.at_boundary()
    }

    fn has_work_to_stop(&self) -> bool {
        // A frame that is half sent is counted, but the server waits for the rest of it.
        self.owed.outstanding() > u64::from(!self.guest.at_boundary())
    }

    fn in_guest_frame(&self) -> bool {
        !self.guest.at_boundary()
    }

    fn in_transaction(&self) -> bool {
        self.transaction != b'I' || self.owed.is_unsynced()
    }

    fn gap(&self) -> Option<Gap> {
        let gap = Gap { sequence: 0, awaited: self.owed.is_busy(), explained: self.passing == b'E' };
        self.server.at_boundary().then_some(gap)
    }

    fn verdict(&self) -> Verdict {
        if !self.guest.at_boundary() {
            return Verdict::Destroy("the guest left in the middle of a frame");
        }
        if !self.server.at_boundary() {
            return Verdict::Destroy("the server is in the middle of a frame");
        }
        if let Some(reason) = self.owed.lost() {
            return Verdict::Destroy(reason);
        }
        if self.owed.is_copying() {
            return Verdict::Destroy("the guest left in the middle of a COPY");
        }
        if self.owed.is_unsynced() {
            return Verdict::Destroy("the guest left without a Sync");
        }
        if self.owed.is_busy() {
            return Verdict::Destroy("the server owes an answer");
        }
        Verdict::Reset
    }

    fn renew(&mut self) -> Verdict {
        if self.in_transaction() {
            return Verdict::Destroy("a transaction is open after the reset");
        }
        if !self.reported.is_as_at_login() {
            return Verdict::Destroy("the server's parameters are not those of the login");
        }
        self.verdict()
    }
}
