//! The record of what was refused to a guest; knows nothing of logs or metrics.
//!
//! The record is bounded: it counts every refusal and keeps the newest few word for word, so that a
//! guest that is refused a million times costs the host nothing more.

use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;

/// The longest subject that is kept, in bytes: 256. A longer one is cut.
pub const MAX_SUBJECT_BYTES: usize = 256;

/// What the guest reached for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// A virtual file or folder.
    File,
    /// A name look-up.
    Name,
    /// An address to connect to, send to or listen on.
    Address,
    /// An outgoing HTTP request.
    Http,
    /// Memory, tables, handles or time.
    Resource,
    /// Standard output and error of a service.
    Log,
    /// A signal.
    Signal,
}

impl fmt::Display for Capability {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Capability::File => "file",
            Capability::Name => "name",
            Capability::Address => "address",
            Capability::Http => "http",
            Capability::Resource => "resource",
            Capability::Log => "log",
            Capability::Signal => "signal",
        })
    }
}

/// Why it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No key of the configuration grants it.
    NotGranted,
    /// It can be read, not written.
    ReadOnly,
    /// A limit of this guest was reached.
    Limit,
    /// The address is private, link-local, loopback, or that of a metadata service, and no rule names it.
    PrivateAddress,
    /// The guest's argument is not valid.
    Invalid,
    /// This version of the host cannot do it yet.
    NotYet,
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Reason::NotGranted => "not granted",
            Reason::ReadOnly => "read-only",
            Reason::Limit => "limit reached",
            Reason::PrivateAddress => "private address",
            Reason::Invalid => "invalid",
            Reason::NotYet => "not in this version",
        })
    }
}

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the guest reached for.
    pub capability: Capability,
    /// The path, name or address, cut to 256 bytes.
    pub subject: String,
    /// Why it was refused.
    pub reason: Reason,
}

/// The refusals of one guest: a count of all, and the newest ones.
#[derive(Debug)]
pub struct RefusalRecord {
    newest: VecDeque<Refusal>,
    kept: usize,
    count: u64,
}

impl RefusalRecord {
    /// A record that keeps the newest `kept` refusals.
    pub fn new(kept: usize) -> Self {
        Self { newest: VecDeque::new(), kept, count: 0 }
    }

    /// Adds a refusal, forgetting the oldest kept one when the record is full.
    pub fn add(&mut self, capability: Capability, subject: &str, reason: Reason) {
        self.count = self.count.saturating_add(1);
        if self.kept == 0 {
            return;
        }
        if self.newest.len() == self.kept {
            self.newest.pop_front();
        }
        let mut end = subject.len().min(MAX_SUBJECT_BYTES);
        while !subject.is_char_boundary(end) {
            end -= 1;
        }
        self.newest.push_back(Refusal { capability, subject: subject[..end].into(), reason });
    }

    /// How many refusals there were in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The newest refusals, oldest first.
    pub fn newest(&self) -> impl Iterator<Item = &Refusal> {
        self.newest.iter()
    }
}

impl Default for RefusalRecord {
    /// Keeps the newest 64 refusals.
    fn default() -> Self {
        Self::new(64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_flood_of_refusals_is_counted_and_only_the_newest_are_kept() {
        let mut record = RefusalRecord::new(2);
        for name in ["a", "b", "c"] {
            record.add(Capability::Name, name, Reason::NotGranted);
        }
        assert_eq!(record.count(), 3);
        let kept: Vec<_> = record.newest().map(|refusal| refusal.subject.as_str()).collect();
        assert_eq!(kept, ["b", "c"]);
    }

    #[test]
    fn a_long_subject_is_cut_at_a_character() {
        let mut record = RefusalRecord::default();
        record.add(Capability::File, &"ä".repeat(200), Reason::Invalid);
        let kept = record.newest().next().map(|refusal| refusal.subject.len());
        assert_eq!(kept, Some(256));
        record.add(Capability::File, &std::format!("x{}", "ä".repeat(200)), Reason::Invalid);
        assert_eq!(record.newest().nth(1).map(|refusal| refusal.subject.len()), Some(255));
    }
}
