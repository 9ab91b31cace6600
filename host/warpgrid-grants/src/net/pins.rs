//! Which addresses a guest was told for which name; asks nobody.
//!
//! A grant by name holds for the addresses that the guest was told when it asked for that name, and for no
//! others: a later answer for another name cannot widen it.

use crate::names::HostName;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::IpAddr;

/// The answers of one instance. Bounded: the oldest name is forgotten first.
#[derive(Debug)]
pub struct AnswerPins {
    answers: VecDeque<(HostName, Vec<IpAddr>)>,
    kept: usize,
}

impl AnswerPins {
    /// A record that keeps the newest `kept` names.
    pub fn new(kept: usize) -> Self {
        Self { answers: VecDeque::new(), kept }
    }

    /// Remembers what was answered for a name, in place of an earlier answer for it.
    pub fn record(&mut self, name: &HostName, addresses: &[IpAddr]) {
        self.answers.retain(|(known, _)| known != name);
        if self.kept == 0 {
            return;
        }
        if self.answers.len() == self.kept {
            self.answers.pop_front();
        }
        self.answers.push_back((name.clone(), addresses.to_vec()));
    }

    /// The names for which this address was answered, newest first.
    pub fn names<'a>(&'a self, address: &'a IpAddr) -> impl Iterator<Item = &'a HostName> {
        self.answers.iter().rev().filter(|(_, addresses)| addresses.contains(address)).map(|(name, _)| name)
    }
}

impl Default for AnswerPins {
    /// Keeps the newest 1024 names.
    fn default() -> Self {
        Self::new(1024)
    }
}
