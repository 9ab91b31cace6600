//! The queue of life-cycle signals of one guest; delivers nothing and wakes nobody.
//!
//! The queue is bounded: when it is full, the oldest signal makes room for the newest, and the caller is
//! told, so that it can warn. A signal that the guest did not ask for is never kept.

use alloc::collections::VecDeque;
use core::fmt;

/// What can be delivered to a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignalType {
    /// Finish what is in flight and end (SIGTERM).
    Terminate,
    /// Read the configuration again (SIGHUP).
    Hangup,
    /// The user at the terminal wants to stop (SIGINT).
    Interrupt,
}

impl fmt::Display for SignalType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            SignalType::Terminate => "terminate",
            SignalType::Hangup => "hangup",
            SignalType::Interrupt => "interrupt",
        })
    }
}

/// What became of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It waits for the guest.
    Queued,
    /// It waits for the guest, and this older one was dropped to make room.
    QueuedDropping(SignalType),
    /// The guest did not ask for this signal: nothing happened.
    NotAsked,
}

/// The signals that wait for one guest, oldest first.
#[derive(Debug, Clone)]
pub struct SignalQueue {
    waiting: VecDeque<SignalType>,
    asked: [bool; 3],
    capacity: usize,
}

impl SignalQueue {
    /// A queue for at most `capacity` signals, at least one.
    pub fn new(capacity: usize) -> Self {
        Self { waiting: VecDeque::new(), asked: [false; 3], capacity: capacity.max(1) }
    }

    /// From now on the guest wants this signal. Asking twice is the same as asking once.
    pub fn ask(&mut self, signal: SignalType) {
        self.asked[signal as usize] = true;
    }

    /// Whether the guest wants this signal.
    pub fn asks(&self, signal: SignalType) -> bool {
        self.asked[signal as usize]
    }

    /// Adds a signal, if the guest wants it.
    pub fn add(&mut self, signal: SignalType) -> Delivery {
        if !self.asks(signal) {
            return Delivery::NotAsked;
        }
        let dropped = if self.waiting.len() >= self.capacity { self.waiting.pop_front() } else { None };
        self.waiting.push_back(signal);
        dropped.map_or(Delivery::Queued, Delivery::QueuedDropping)
    }

    /// Takes the oldest signal.
    pub fn take(&mut self) -> Option<SignalType> {
        self.waiting.pop_front()
    }

    /// How many signals wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether no signal waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SignalType::{Hangup, Interrupt, Terminate};
    use std::vec::Vec;

    #[test]
    fn signals_come_out_in_the_order_they_went_in() {
        let mut queue = SignalQueue::new(16);
        for signal in [Terminate, Hangup, Interrupt] {
            queue.ask(signal);
        }
        for signal in [Hangup, Terminate, Hangup, Interrupt] {
            assert_eq!(queue.add(signal), Delivery::Queued);
        }
        let taken: Vec<_> = core::iter::from_fn(|| queue.take()).collect();
        assert_eq!(taken, [Hangup, Terminate, Hangup, Interrupt]);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_was_not_asked_for_is_not_kept() {
        let mut queue = SignalQueue::new(16);
        assert_eq!(queue.add(Terminate), Delivery::NotAsked);
        queue.ask(Hangup);
        queue.ask(Hangup);
        assert_eq!(queue.add(Terminate), Delivery::NotAsked);
        assert_eq!(queue.take(), None);
        assert_eq!(queue.add(Hangup), Delivery::Queued);
        assert_eq!((queue.take(), queue.take()), (Some(Hangup), None));
    }

    #[test]
    fn a_full_queue_drops_its_oldest_and_says_which() {
        let mut queue = SignalQueue::new(2);
        for signal in [Terminate, Hangup] {
            queue.ask(signal);
        }
        queue.add(Terminate);
        queue.add(Hangup);
        assert_eq!(queue.add(Hangup), Delivery::QueuedDropping(Terminate));
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.take(), Some(Hangup));
    }

    #[test]
    fn a_queue_holds_at_least_one() {
        let mut queue = SignalQueue::new(0);
        queue.ask(Interrupt);
        assert_eq!(queue.add(Interrupt), Delivery::Queued);
        assert_eq!(queue.add(Interrupt), Delivery::QueuedDropping(Interrupt));
        assert_eq!(queue.len(), 1);
    }
}
