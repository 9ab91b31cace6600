//! Which answers the server owes, from the kinds of messages that passed; knows no bytes.
//!
//! The server takes the guest's messages one after the other. What it has not answered yet stands in a line here:
//!
//! - `Query`, `FunctionCall` and `Sync` each end with one `ReadyForQuery`.
//! - The messages of the extended protocol (Parse, Bind, Describe, Execute, Close) end with one message each
//!   (`ParseComplete`, `BindComplete`, `RowDescription` or `NoData`, `CommandComplete`, `EmptyQueryResponse` or
//!   `PortalSuspended`, `CloseComplete`). They are only counted, as those ahead of the next command in the line.
//! - After an error in the extended protocol the server passes over *everything*, a `Query` included, up to the next
//!   `Sync`. After an error in a `Query` it passes over nothing. The count of extended messages tells which it was.
//! - While the server reads the data of a `COPY`, it swallows every `Sync`, up to `CopyDone` or `CopyFail`; elsewhere it
//!   passes over those two. So they stand in the line too.
//!
//! Equal entries share a place, so that a pipeline of any length takes few; the line itself is bounded. What cannot be
//! told makes the session `lost`: bytes go on passing, but it is destroyed when the guest goes. One such case is in the
//! protocol itself: a `COPY` of the extended protocol that fails may or may not have swallowed the `Sync` behind it.

use crate::protocol::Violation;
use std::collections::VecDeque;

/// The most places in the line.
const PLACES: usize = 1024;

/// A message of the guest that has a place of its own in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// `Query` or `FunctionCall`.
    Query,
    /// `Sync`.
    Sync,
    /// `CopyDone` or `CopyFail`.
    CopyEnd,
}

/// Equal commands one after the other, each behind so many extended messages.
#[derive(Debug, Clone, Copy)]
struct Place {
    extended: u32,
    command: Command,
    repeat: u32,
}

/// What the server owes.
#[derive(Debug, Default)]
pub(super) struct Owed {
    line: VecDeque<Place>,
    /// Extended messages behind the last command.
    trailing: u32,
    /// How many of those the guest has asked to be answered at once (`Flush`): the others wait for a command.
    flushed: u32,
    /// How many extended messages ahead of the first command are answered.
    answered: u32,
    /// The server passes over everything up to the next `Sync`, which is not sent yet.
    skipping: bool,
    /// The server reads the data of a `COPY`.
    copying: bool,
    /// The guest has not ended that data yet.
    copy_open: bool,
    /// A `Sync` was taken for part of that data.
    swallowed: bool,
    lost: Option<&'static str>,
}

impl Owed {
    /// Whether the server owes an answer, or waits for the rest of a `COPY`. It owes none to the messages of a pipeline
    /// before there is a `Flush` or a `Sync`.
    pub(super) fn is_busy(&self) -> bool {
        !self.line.is_empty() || self.answered < self.flushed || self.copying
    }

    /// How many messages the server has not answered, a `Sync` that only follows included; 0 while it waits for the data
    /// of a `COPY`.
    pub(super) fn outstanding(&self) -> u64 {
        if self.copy_open {
            return 0;
        }
        let places = self.line.iter().map(|place| u64::from(place.repeat) * (u64::from(place.extended) + 1));
        (places.sum::<u64>() + u64::from(self.trailing)).saturating_sub(u64::from(self.answered))
    }

    /// Whether a `COPY` to the server is going on.
    pub(super) fn is_copying(&self) -> bool {
        self.copying
    }

    /// Whether messages of the extended protocol stand without their `Sync`: a transaction of their own is open then.
    pub(super) fn is_unsynced(&self) -> bool {
        self.trailing > 0 || self.skipping
    }

    /// Why nobody can tell what the server owes.
    pub(super) fn lost(&self) -> Option<&'static str> {
        self.lost
    }

    /// Gives up counting.
    pub(super) fn lose(&mut self, reason: &'static str) {
        self.lost.get_or_insert(reason);
    }

    /// Whether the line has no free place.
    pub(super) fn is_full(&self) -> bool {
        self.line.len() >= PLACES
    }

    /// The guest sends Parse, Bind, Describe, Execute or Close.
    pub(super) fn extended(&mut self) {
        if self.copy_open {
            self.lose("the guest broke off a COPY");
        } else if !self.skipping {
            self.trailing = self.trailing.saturating_add(1);
        }
    }

    /// The guest sends `Flush`.
    pub(super) fn flush(&mut self) {
        if !self.copy_open {
            self.flushed = self.trailing;
        }
    }

    /// The guest sends a command.
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Query if self.copy_open => self.lose("the guest broke off a COPY"),
            Command::Sync if self.copy_open => self.swallowed = true,
            Command::CopyEnd if self.copy_open => self.copy_open = false,
            Command::Query | Command::CopyEnd if self.skipping => {}
            // Nothing is under way that could be a `COPY`: the server passes over it.
            Command::CopyEnd if self.line.is_empty() && self.trailing == 0 => {}
            _ => self.push(command),
        }
    }

    fn push(&mut self, command: Command) {
        self.skipping = false;
        self.flushed = 0;
        let extended = std::mem::take(&mut self.trailing);
        match self.line.back_mut() {
            // Ends of copies with messages ahead of them are never together: see `pass_copy_ends`.
            Some(last)
                if last.command == command
                    && last.extended == extended
                    && (command != Command::CopyEnd || extended == 0)
                    && last.repeat < u32::MAX =>
            {
                last.repeat += 1;
            }
            _ => self.line.push_back(Place { extended, command, repeat: 1 }),
        }
        self.pass_copy_ends();
    }

    /// Extended messages ahead of the first command in the line, or in all.
    fn due(&self) -> u32 {
        self.line.front().map_or(self.trailing, |place| place.extended)
    }

    /// The server answers an extended message (`1`, `2`, `3`, `n`, `s`).
    pub(super) fn extended_answered(&mut self) -> Result<(), Violation> {
        if self.answered < self.due() {
            self.answered += 1;
            self.pass_copy_ends();
            return Ok(());
        }
        self.unasked()
    }

    /// The server says what may answer an extended message or be part of a query's answer (`T`, `C`, `I`).
    pub(super) fn part_or_answer(&mut self, ends_command: bool) -> Result<(), Violation> {
        if ends_command {
            if self.copy_open {
                self.lose("a COPY ended before the guest ended it");
            }
            self.end_copy();
        }
        if self.answered < self.due() { self.extended_answered() } else { self.part() }
    }

    /// The server says what is part of an answer.
    pub(super) fn part(&mut self) -> Result<(), Violation> {
        if self.line.is_empty() && self.trailing == 0 { self.unasked() } else { Ok(()) }
    }

    fn unasked(&self) -> Result<(), Violation> {
        if self.lost.is_some() { Ok(()) } else { Err(Violation("an answer that nobody asked for")) }
    }

    /// The server says that something failed.
    pub(super) fn error(&mut self) {
        if self.copying && self.swallowed {
            self.lose("a COPY failed, and nobody can tell whether it swallowed a Sync");
        }
        self.end_copy();
        if self.answered < self.due() {
            // An extended message failed: the server passes over all up to the next `Sync`.
            while let Some(first) = self.line.front() {
                if first.command == Command::Sync {
                    self.answered = first.extended;
                    return;
                }
                self.line.pop_front();
            }
            (self.skipping, self.trailing, self.flushed, self.answered) = (true, 0, 0, 0);
        } else if self.line.is_empty() {
            self.lose("the server said an error that nobody asked for");
        }
    }

    /// The server begins to read the data of a `COPY`.
    pub(super) fn copy_begins(&mut self) -> Result<(), Violation> {
        self.part()?;
        self.end_copy();
        self.copying = true;
        // Either the first command in the line is a query that copies, or an `Execute` ahead of it does.
        let by_query = self.answered >= self.due();
        if by_query && self.line.front().is_none_or(|place| place.command != Command::Query) {
            return self.unasked();
        }
        if !by_query && self.due() > self.answered + 1 {
            self.lose("the guest went on while a COPY waited for data");
            return Ok(());
        }
        // Where in the line the guest's messages behind the copying one begin.
        let behind = usize::from(by_query);
        if by_query && self.line.front().is_some_and(|place| place.repeat > 1) {
            self.lose("the guest went on while a COPY waited for data");
            return Ok(());
        }
        loop {
            let Some(place) = self.line.get_mut(behind) else {
                if by_query && self.trailing > 0 {
                    self.lose("the guest went on while a COPY waited for data");
                }
                self.copy_open = true;
                return Ok(());
            };
            let extended = place.extended;
            let goes_on = extended > 0 && (by_query || place.repeat > 1);
            if goes_on || place.command == Command::Query {
                self.lose("the guest went on while a COPY waited for data");
                return Ok(());
            }
            let command = place.command;
            place.repeat -= 1;
            if place.repeat == 0 {
                self.line.remove(behind);
                // The copying `Execute` stands ahead of what follows now.
                let next = self.line.get(behind).map_or(self.trailing, |place| place.extended);
                if extended > 0 && next > 0 {
                    self.lose("the guest went on while a COPY waited for data");
                    return Ok(());
                }
                self.put_ahead(behind, extended);
            }
            match command {
                Command::CopyEnd => return Ok(()),
                _ => self.swallowed = true,
            }
        }
    }

    fn end_copy(&mut self) {
        (self.copying, self.copy_open, self.swallowed) = (false, false, false);
    }

    /// The server is ready: the first command in the line has ended.
    pub(super) fn ready(&mut self) -> Result<(), Violation> {
        if self.copying {
            self.lose("a COPY ended without its end");
            self.end_copy();
        }
        let Some(first) = self.line.front_mut() else { return self.unasked() };
        let matches = first.extended == self.answered && first.command != Command::CopyEnd;
        first.repeat -= 1;
        if first.repeat == 0 {
            self.line.pop_front();
        }
        self.answered = 0;
        if !matches {
            self.lose("the answers do not match what was asked");
        }
        self.pass_copy_ends();
        Ok(())
    }

    /// Takes ends of copies off the front of the line that the server has come to: it passes over them, and what is
    /// ahead of them stands ahead of the next command then.
    fn pass_copy_ends(&mut self) {
        while let Some(first) = self.line.front().copied() {
            if first.command != Command::CopyEnd || self.answered < first.extended || self.copying {
                return;
            }
            self.line.pop_front();
            self.put_ahead(0, first.extended);
        }
    }

    /// Extended messages stand ahead of the command at `index` in the line, besides those that do already.
    fn put_ahead(&mut self, index: usize, extended: u32) {
        match self.line.get_mut(index) {
            _ if extended == 0 => {}
            None => self.trailing = self.trailing.saturating_add(extended),
            Some(place) if place.repeat == 1 => place.extended = place.extended.saturating_add(extended),
            Some(place) => {
                place.repeat -= 1;
                let extended = place.extended.saturating_add(extended);
                let first = Place { extended, repeat: 1, ..*place };
                self.line.insert(index, first);
            }
        }
    }
}
