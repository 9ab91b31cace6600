//! The server's answers, packet by packet: where each ends; knows no command's text.
//!
//! Source: the protocol chapters "Text Resultset", "Binary Protocol Resultset", "COM_STMT_PREPARE Response".

use super::frame::{FULL_PACKET, Payload};
use super::packet::{
    CURSOR_EXISTS, EOF, ERR, LOCAL_INFILE, MORE_RESULTS, OK, length_encoded, status_of_eof, status_of_ok,
};
use crate::protocol::Violation;

/// What a command is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Results, as many as the server says, or a request for a file.
    Results,
    /// Like `Results`, and a cursor may take the place of rows.
    Executed,
    /// A prepared statement.
    Prepared,
    /// Rows, or column definitions, without a count.
    Rows,
    /// One packet.
    Done,
    /// One packet of text.
    Text,
}

/// What a packet meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The answer goes on.
    More,
    /// The answer is over.
    Over,
    /// The guest must send a file; then the answer goes on.
    File,
}

/// Where an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    /// Before a result.
    #[default]
    First,
    /// In definitions of columns; then `columns` more of a second kind, and what follows.
    Definitions { left: u64, second: u64, then: Then },
    /// The definitions are through, their `EOF` is due.
    DefinitionsEnd { second: u64, then: Then },
    /// In rows.
    Rows,
}

/// What comes behind the definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Rows,
    Nothing,
}

/// The answer that is passing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    stage: Stage,
    /// `OK` in the place of `EOF` (`CLIENT_DEPRECATE_EOF`).
    short: bool,
    /// Whether the guest agreed to send files.
    files: bool,
    /// The status flags that the server sent last.
    pub(super) status: u16,
}

impl Reader {
    /// Before the first answer.
    pub(super) fn new(short: bool, files: bool, status: u16) -> Self {
        Self { stage: Stage::First, short, files, status }
    }

    /// Whether an `ERR` may come next: in the place of an answer or of a row, and not among definitions.
    pub(super) fn may_fail(&self) -> bool {
        matches!(self.stage, Stage::First | Stage::Rows)
    }

    /// Goes on with one payload of an answer of this kind.
    pub(super) fn take(&mut self, kind: Answer, payload: &Payload) -> Result<Progress, Violation> {
        let first = payload.head().first().copied();
        if first == Some(ERR) {
            return Ok(self.over());
        }
        match self.stage {
            Stage::First => self.first(kind, payload, first),
            Stage::Definitions { left, second, then } => {
                if left == 0 {
                    return Err(Violation("the server sent more definitions than it announced"));
                }
                self.defined(left - 1, second, then);
                Ok(self.unless_complete())
            }
            Stage::DefinitionsEnd { second, then } => {
                if first != Some(EOF) || payload.length >= 9 {
                    return Err(Violation("the server's definitions do not end"));
                }
                let status = status_of_eof(payload.head()).ok_or(BROKEN)?;
                self.status = status;
                if kind == Answer::Executed && status & CURSOR_EXISTS != 0 {
                    return Ok(self.result_over(status));
                }
                self.after_definitions(second, then);
                Ok(self.unless_complete())
            }
            Stage::Rows => self.row(payload, first),
        }
    }

    fn first(&mut self, kind: Answer, payload: &Payload, first: Option<u8>) -> Result<Progress, Violation> {
        match (kind, first) {
            (Answer::Text, _) => Ok(self.over()),
            (Answer::Rows, _) => {
                self.stage = Stage::Rows;
                self.row(payload, first)
            }
            (Answer::Done, Some(OK | EOF)) => {
                let status = self.status_at_the_end(payload)?;
                self.status = status;
                Ok(self.over())
            }
            (Answer::Prepared, Some(OK)) => {
                // status, statement (4), columns (2), parameters (2), filler, warnings (2)
                let (Some(columns), Some(parameters)) = (number(payload, 5), number(payload, 7)) else {
                    return Err(BROKEN);
                };
                self.defined(parameters, columns, Then::Nothing);
                if parameters == 0 {
                    self.defined(columns, 0, Then::Nothing);
                }
                if parameters == 0 && columns == 0 {
                    return Ok(self.over());
                }
                Ok(self.unless_complete())
            }
            (Answer::Results | Answer::Executed, Some(OK)) => {
                let status = status_of_ok(payload.head()).ok_or(BROKEN)?;
                Ok(self.result_over(status))
            }
            (Answer::Results | Answer::Executed, Some(LOCAL_INFILE)) => {
                if self.files {
                    Ok(Progress::File)
                } else {
                    Err(Violation("the server asked for a file, which nobody allowed"))
                }
            }
            (Answer::Results | Answer::Executed, Some(_)) => {
                let Some((count, size)) = length_encoded(payload.head()) else { return Err(BROKEN) };
                // More than a column count only comes with options that are never agreed.
                if size as u64 != payload.length || count == 0 {
                    return Err(BROKEN);
                }
                self.stage = Stage::Definitions { left: count, second: 0, then: Then::Rows };
                Ok(Progress::More)
            }
            _ => Err(BROKEN),
        }
    }

    /// Notes that `left` definitions are to come.
    fn defined(&mut self, left: u64, second: u64, then: Then) {
        if left > 0 {
            self.stage = Stage::Definitions { left, second, then };
        } else if self.short {
            self.after_definitions(second, then);
        } else {
            self.stage = Stage::DefinitionsEnd { second, then };
        }
    }

    fn after_definitions(&mut self, second: u64, then: Then) {
        self.stage = match (second, then) {
            (0, Then::Nothing) => Stage::First,
            (0, Then::Rows) => Stage::Rows,
            (left, then) => Stage::Definitions { left, second: 0, then },
        };
    }

    /// Back at the start means: the answer is over. Only a prepared statement's ends with its definitions.
    fn unless_complete(&self) -> Progress {
        if self.stage == Stage::First { Progress::Over } else { Progress::More }
    }

    fn row(&mut self, payload: &Payload, first: Option<u8>) -> Result<Progress, Violation> {
        // A row may begin with 0xFE as well: then its first value has 16 MiB or more.
        let limit = if self.short { FULL_PACKET as u64 } else { 9 };
        if first != Some(EOF) || payload.length >= limit {
            return Ok(Progress::More);
        }
        let status = self.status_at_the_end(payload)?;
        Ok(self.result_over(status))
    }

    /// An `EOF` has 5 bytes, an `OK` at least 7; a server may send the older one where the newer was agreed.
    fn status_at_the_end(&self, payload: &Payload) -> Result<u16, Violation> {
        let old = payload.head().first() == Some(&EOF) && payload.length < 7;
        let status = if old { status_of_eof(payload.head()) } else { status_of_ok(payload.head()) };
        status.ok_or(BROKEN)
    }

    fn result_over(&mut self, status: u16) -> Progress {
        self.status = status;
        self.stage = Stage::First;
        if status & MORE_RESULTS != 0 { Progress::More } else { Progress::Over }
    }

    fn over(&mut self) -> Progress {
        self.stage = Stage::First;
        Progress::Over
    }
}

const BROKEN: Violation = Violation("the server's answer is broken");

/// Two bytes of a payload as a number.
fn number(payload: &Payload, at: usize) -> Option<u64> {
    payload.head().get(at..)?.first_chunk().map(|bytes| u64::from(u16::from_le_bytes(*bytes)))
}
