//! What is known of a MySQL session from the headers and first bytes that passed; changes nothing but `KILL`.
//!
//! Commands that change who the session is, or what it speaks, are answered by the host. Source: the protocol chapter
//! "Command Phase".

use super::answer::{Answer, Progress, Reader};
use super::facts::MysqlFacts;
use super::flags::has;
use super::frame::{FULL_PACKET, HEADER_BYTES, Header, Scanner};
use super::kill::{self, FirstWord};
use super::packet::{
    COM_CHANGE_USER, COM_FIELD_LIST, COM_INIT_DB, COM_PING, COM_PROCESS_INFO, COM_PROCESS_KILL, COM_QUERY,
    COM_QUIT, COM_REFRESH, COM_RESET_CONNECTION, COM_SET_OPTION, COM_STATISTICS, COM_STMT_CLOSE,
    COM_STMT_EXECUTE, COM_STMT_FETCH, COM_STMT_PREPARE, COM_STMT_RESET, COM_STMT_SEND_LONG_DATA, ERR,
    IN_TRANSACTION, put_error,
};
use crate::protocol::{CancelLookup, Gap, GuestStep, MAX_HELD_BYTES, Tracker, Verdict, Violation};
use bytes::Bytes;
use mysql_common::constants::CapabilityFlags;
use std::sync::Arc;

/// How many commands may be under way at once; the next one waits.
const MAX_PENDING: usize = 64;

/// Watches a session.
pub(super) struct MysqlTracker {
    cancel: Arc<dyn CancelLookup>,
    reader: Reader,
    scanner: Scanner,
    pending: Pending,
    /// Whether nothing of the answer to the oldest command has passed.
    fresh: bool,
    guest: Guest,
    /// `CLIENT_MULTI_STATEMENTS` as agreed, and as the guest switched it.
    statements: (bool, bool),
    destroy: Option<&'static str>,
}

/// Commands that the server has not answered, oldest first, each with the number of its answer's first packet.
#[derive(Clone, Copy)]
struct Pending {
    list: [(Answer, u8); MAX_PENDING],
    first: usize,
    count: usize,
}

/// What the guest is at.
#[derive(Clone, Copy, Default)]
struct Guest {
    /// Bytes of the packet that have not passed.
    left: usize,
    /// Whether the payload goes on in another packet.
    continues: bool,
    /// Whether the payload belongs to a command that is answered.
    answered: bool,
    /// Whether the guest owes a file, and how many bytes the packet in the file has.
    file: bool,
    /// Whether the packet that passes is the empty one at a file's end.
    file_ends: bool,
    /// The number of the guest's next packet within the command.
    sequence: u8,
}

/// What becomes of a command.
enum Decision {
    Pass(Option<Answer>),
    Step(GuestStep),
}

impl MysqlTracker {
    pub(super) fn new(facts: &MysqlFacts, cancel: Arc<dyn CancelLookup>) -> Self {
        let short = has(facts.agreed, CapabilityFlags::CLIENT_DEPRECATE_EOF);
        let files = has(facts.agreed, CapabilityFlags::CLIENT_LOCAL_FILES);
        let statements = has(facts.agreed, CapabilityFlags::CLIENT_MULTI_STATEMENTS);
        Self {
            cancel,
            reader: Reader::new(short, files, facts.status),
            scanner: Scanner::default(),
            pending: Pending { list: [(Answer::Done, 0); MAX_PENDING], first: 0, count: 0 },
            fresh: true,
            guest: Guest::default(),
            statements: (statements, statements),
            destroy: None,
        }
    }

    /// What becomes of the command at the start of `bytes`, whose header is there with at least one byte behind it.
    /// With others before it (not `alone`) it is asked about again if anything has to be done for it.
    fn decide(&mut self, header: Header, bytes: &[u8], alone: bool) -> Result<Decision, Violation> {
        let end = (HEADER_BYTES + header.length).min(bytes.len());
        let payload = bytes.get(HEADER_BYTES..end).unwrap_or_default();
        let whole = payload.len() == header.length && header.length < FULL_PACKET;
        let (&number, rest) = payload.split_first().ok_or(EMPTY)?;
        let answer = match number {
            COM_QUIT => {
                // Nothing but the one byte; a longer one is no goodbye that any client says.
                return Ok(Decision::Step(if whole {
                    GuestStep::Goodbye { consumed: end, bytes: Bytes::new() }
                } else {
                    hold(end, alone)?
                }));
            }
            COM_QUERY | COM_STMT_PREPARE => {
                match kill::first_word(rest, whole) {
                    FirstWord::Other => {}
                    FirstWord::Kill(at) if whole && alone => {
                        let query = number == COM_QUERY;
                        return self.kill(end, rest.get(at..).unwrap_or_default(), query).map(Decision::Step);
                    }
                    FirstWord::Unknown | FirstWord::Kill(_) => return hold(end, alone).map(Decision::Step),
                }
                if number == COM_QUERY { Answer::Results } else { Answer::Prepared }
            }
            COM_STMT_EXECUTE => Answer::Executed,
            COM_STMT_SEND_LONG_DATA | COM_STMT_CLOSE => return Ok(Decision::Pass(None)),
            COM_STMT_FETCH | COM_FIELD_LIST => Answer::Rows,
            COM_PROCESS_INFO => Answer::Results,
            COM_STATISTICS => Answer::Text,
            COM_INIT_DB | COM_PING | COM_STMT_RESET | COM_RESET_CONNECTION | COM_REFRESH => Answer::Done,
            COM_SET_OPTION => {
                if !whole || !alone {
                    return hold(end, alone).map(Decision::Step);
                }
                match rest {
                    [0, 0] => self.statements.1 = true,
                    [1, 0] => self.statements.1 = false,
                    _ => self.destroy = Some("the guest set an option that is not known"),
                }
                Answer::Done
            }
            COM_PROCESS_KILL => {
                if !whole || !alone {
                    return hold(end, alone).map(Decision::Step);
                }
                let thread = rest.first_chunk().map(|thread| u32::from_le_bytes(*thread));
                let thread = thread.ok_or(Violation("`COM_PROCESS_KILL` without a thread"))?;
                let Some(real) = self.cancel.real_thread(thread) else {
                    return Ok(Decision::Step(self.answer(end, 1094, b"HY000", &unknown_thread(thread))));
                };
                let mut packet = vec![5, 0, 0, 0, COM_PROCESS_KILL];
                packet.extend_from_slice(&real.to_le_bytes());
                return Ok(Decision::Step(self.replace(end, packet, Answer::Done)));
            }
            COM_CHANGE_USER if whole => {
                let text =
                    "the user of this session is the host's and cannot be changed; open another connection";
                return Ok(Decision::Step(self.answer(end, 1873, b"28000", text)));
            }
            _ if whole => {
                let text = format!("the command 0x{number:02x} is not available through a pool");
                return Ok(Decision::Step(self.answer(end, 1047, b"08S01", &text)));
            }
            _ => return hold(end, alone).map(Decision::Step),
        };
        Ok(Decision::Pass(Some(answer)))
    }

    /// A statement `KILL …`, of which everything behind the first word is in `text`.
    fn kill(&mut self, consumed: usize, text: &[u8], query: bool) -> Result<GuestStep, Violation> {
        if !query {
            let text = "`KILL` cannot be prepared here: send it as a plain query";
            return Ok(self.answer(consumed, 1295, b"HY000", text));
        }
        let Some(target) = kill::target(text) else {
            let text = "only `KILL [HARD | SOFT] [CONNECTION | QUERY] <number>` is possible here";
            return Ok(self.answer(consumed, 1235, b"42000", text));
        };
        let Some(real) = self.cancel.real_thread(target.thread) else {
            return Ok(self.answer(consumed, 1094, b"HY000", &unknown_thread(target.thread)));
        };
        let statement = format!("\u{3}KILL {} {real}", target.words);
        let mut packet = Vec::with_capacity(HEADER_BYTES + statement.len());
        super::frame::put_packet(&mut packet, 0, statement.as_bytes());
        Ok(self.replace(consumed, packet, Answer::Results))
    }

    fn answer(&self, consumed: usize, code: u16, state: &[u8; 5], text: &str) -> GuestStep {
        if self.is_busy() {
            return GuestStep::Wait;
        }
        let mut bytes = Vec::new();
        put_error(&mut bytes, 1, code, Some(state), text);
        GuestStep::Answer { consumed, bytes: bytes.into() }
    }

    fn replace(&mut self, consumed: usize, packet: Vec<u8>, answer: Answer) -> GuestStep {
        self.pending.push(answer);
        GuestStep::Replace { consumed, bytes: packet.into() }
    }

    /// The end of a packet of the guest's.
    fn packet_over(&mut self) {
        if self.guest.continues {
            return;
        }
        if self.guest.file {
            if self.guest.file_ends {
                self.guest.file = false;
                self.pending.set_first(self.guest.sequence);
                self.fresh = true;
            }
        } else if self.guest.answered {
            self.pending.set_last(self.guest.sequence);
        }
    }

    /// Takes a header that begins no command: of a long payload, or of a file.
    fn follow(&mut self, header: Header) -> Result<(), Violation> {
        if header.sequence != self.guest.sequence {
            return Err(Violation("a packet of the guest out of order"));
        }
        // A file is payloads until an empty one; a long payload ends with a packet that is not full.
        self.guest.file_ends = self.guest.file && !self.guest.continues && header.length == 0;
        self.guest.continues = header.length == FULL_PACKET;
        self.guest.left = header.length;
        self.guest.sequence = header.sequence.wrapping_add(1);
        Ok(())
    }

    fn unasked(&mut self) {
        self.destroy = self.destroy.or(Some("the server said something that nobody asked for"));
    }
}

const EMPTY: Violation = Violation("an empty command");

/// Waits for more of a command of which `known` bytes are here.
fn hold(known: usize, alone: bool) -> Result<GuestStep, Violation> {
    // The caller's buffer may hold no more than this.
    if alone && known >= MAX_HELD_BYTES {
        return Err(Violation("a command whose first 64 KiB do not say what it is"));
    }
    Ok(GuestStep::Hold)
}

fn unknown_thread(thread: u32) -> String {
    format!("Unknown thread id: {thread}")
}

impl Tracker for MysqlTracker {
    fn from_guest(&mut self, bytes: &[u8]) -> Result<GuestStep, Violation> {
        let mut passed = 0;
        let rest = |passed: usize| bytes.get(passed..).unwrap_or_default();
        let forward = |passed| if passed > 0 { GuestStep::Forward(passed) } else { GuestStep::Hold };
        loop {
            if self.guest.left > 0 {
                let piece = self.guest.left.min(rest(passed).len());
                self.guest.left -= piece;
                passed += piece;
                if self.guest.left > 0 {
                    return Ok(forward(passed));
                }
                self.packet_over();
            }
            let Some(header) = Header::parse(rest(passed)) else { return Ok(forward(passed)) };
            if self.guest.continues || self.guest.file {
                self.follow(header)?;
                passed += HEADER_BYTES;
                if header.length == 0 {
                    self.packet_over();
                }
                continue;
            }
            if header.sequence != 0 {
                return Err(Violation("a command whose packet is not number 0"));
            }
            if header.length == 0 {
                return Err(EMPTY);
            }
            if rest(passed).len() == HEADER_BYTES {
                return Ok(forward(passed));
            }
            // A step of its own is said only for what stands first.
            if self.pending.is_full() {
                return Ok(if passed > 0 { GuestStep::Forward(passed) } else { GuestStep::Wait });
            }
            match self.decide(header, rest(passed), passed == 0)? {
                Decision::Step(step) if passed == 0 => return Ok(step),
                Decision::Step(_) => return Ok(GuestStep::Forward(passed)),
                Decision::Pass(answer) => {
                    if let Some(answer) = answer {
                        self.pending.push(answer);
                    }
                    self.guest.answered = answer.is_some();
                    self.guest.continues = header.length == FULL_PACKET;
                    self.guest.left = header.length;
                    self.guest.sequence = 1;
                    passed += HEADER_BYTES;
                }
            }
        }
    }

    fn from_server(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        while !bytes.is_empty() {
            match self.pending.oldest() {
                None => self.unasked(),
                Some(_) if self.guest.file => self.unasked(),
                Some((_, sequence)) if self.fresh && self.scanner.is_between() => {
                    self.scanner.expect(sequence)
                }
                Some(_) => {}
            }
            let Some(payload) = self.scanner.advance(&mut bytes) else { break };
            let is_error = payload.head().first() == Some(&ERR);
            let Some((kind, _)) = self.pending.oldest() else {
                // A server says goodbye with an error: the guest shall read it.
                if is_error {
                    continue;
                }
                return Err(Violation("the server said something that nobody asked for"));
            };
            if payload.disordered {
                // An error may come before the command has ended: a packet that is too large for the server.
                if !is_error {
                    return Err(Violation("a packet of the server out of order"));
                }
                self.destroy = self.destroy.or(Some("the server refused a command half way"));
            }
            self.fresh = false;
            match self.reader.take(kind, &payload)? {
                Progress::More => {}
                Progress::Over => {
                    self.pending.pop();
                    self.fresh = true;
                }
                Progress::File if self.pending.count > 1 || self.in_guest_frame() => {
                    return Err(Violation("commands behind one that asks for a file"));
                }
                Progress::File => {
                    self.guest.file = true;
                    self.guest.sequence = payload.sequence.wrapping_add(1);
                }
            }
        }
        Ok(())
    }

    fn is_busy(&self) -> bool {
        self.pending.count > 0 || !self.scanner.is_between() || self.in_guest_frame()
    }

    fn has_work_to_stop(&self) -> bool {
        // `KILL` names the number of a thread, which every server counts from one.
        false
    }

    fn in_guest_frame(&self) -> bool {
        self.guest.left > 0 || self.guest.continues || self.guest.file
    }

    fn in_transaction(&self) -> bool {
        self.reader.status & IN_TRANSACTION != 0
    }

    fn gap(&self) -> Option<Gap> {
        let sequence = match self.pending.oldest() {
            None => 0,
            Some(_) if self.guest.file => self.guest.sequence,
            Some((_, sequence)) if self.fresh => sequence,
            Some(_) => self.scanner.next_sequence(),
        };
        let gap = Gap { sequence, awaited: self.pending.count > 0, explained: false };
        (self.scanner.is_between() && self.reader.may_fail()).then_some(gap)
    }

    fn verdict(&self) -> Verdict {
        if let Some(reason) = self.destroy {
            return Verdict::Destroy(reason);
        }
        if self.in_guest_frame() {
            return Verdict::Destroy("the guest left in the middle of a packet");
        }
        if self.is_busy() {
            return Verdict::Destroy("the guest left before its answer");
        }
        if self.statements.0 != self.statements.1 {
            return Verdict::Destroy("the guest switched multiple statements");
        }
        Verdict::Reset
    }
}

impl Pending {
    fn is_full(&self) -> bool {
        self.count == MAX_PENDING
    }

    fn at(&mut self, index: usize) -> Option<&mut (Answer, u8)> {
        self.list.get_mut((self.first + index) % MAX_PENDING)
    }

    fn push(&mut self, answer: Answer) {
        let count = self.count;
        if let Some(place) = self.at(count) {
            *place = (answer, 1);
        }
        self.count += 1;
    }

    fn pop(&mut self) {
        self.first = (self.first + 1) % MAX_PENDING;
        self.count -= 1;
    }

    fn oldest(&self) -> Option<(Answer, u8)> {
        if self.count == 0 { None } else { self.list.get(self.first).copied() }
    }

    fn set_first(&mut self, sequence: u8) {
        if let Some((_, place)) = self.at(0) {
            *place = sequence;
        }
    }

    fn set_last(&mut self, sequence: u8) {
        let last = self.count.saturating_sub(1);
        if let Some((_, place)) = self.at(last) {
            *place = sequence;
        }
    }
}

#[cfg(test)]
mod tests;
