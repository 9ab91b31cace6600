//! Which addresses a guest was told for which name; asks nobody.
//!
//! A grant by name holds for the addresses that the guest was told when it asked for that name, and for no
//! others: a later answer for another name cannot widen it.

use super::address::{AddressClass, classify};
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

    /// As [`AnswerPins::record`] for an answer that does not come from the operator: only public addresses are
    /// remembered. Another one is told to the guest when a rule names it, and that rule alone says on which
    /// ports it may be reached: whoever answers for a name must not be able to add the ports of the name's rule.
    pub fn record_public(&mut self, name: &HostName, addresses: &[IpAddr]) {
        let public = |address: &IpAddr| classify(*address) == AddressClass::Public;
        let addresses: Vec<_> = addresses.iter().copied().filter(public).collect();
        self.record(name, &addresses);
    }

    /// Remembers what the operator's tables answered for a name, in place of an earlier answer for it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_answer_takes_the_place_of_the_old_one_and_the_oldest_name_goes_first() {
        let name = |text| HostName::new(text).unwrap();
        let [one, two]: [IpAddr; 2] = ["10.0.0.1", "8.8.8.8"].map(|text| text.parse().unwrap());
        let mut pins = AnswerPins::new(2);
        pins.record(&name("a"), &[one, two]);
        pins.record(&name("b"), &[two]);
        assert_eq!(pins.names(&two).collect::<Vec<_>>(), [&name("b"), &name("a")]);
        pins.record(&name("a"), &[two]);
        assert_eq!(pins.names(&one).count(), 0);
        pins.record_public(&name("c"), &[one, two]);
        assert_eq!(pins.names(&one).count(), 0);
        assert_eq!(pins.names(&two).collect::<Vec<_>>(), [&name("c"), &name("a")]);
        AnswerPins::new(0).record(&name("a"), &[one]);
    }
}
