//! Names that were asked for in vain, for a while; reads no clock.
//!
//! All entries live equally long, so the oldest one always ends first: a queue is enough to bound them.

use super::HostName;
use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;

/// Why there is no address for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The system says that there is no such name.
    NoSuchName,
    /// The system knows the name, and the guest may be told none of its addresses.
    NotAdmitted,
}

/// The names that were asked for in vain.
#[derive(Debug)]
pub struct AbsentNames {
    time_to_live: Duration,
    room: usize,
    names: BTreeMap<HostName, (Absence, Duration)>,
    by_age: VecDeque<(HostName, Duration)>,
}

impl AbsentNames {
    /// An empty record. A time to live or a room of 0 keeps nothing.
    pub fn new(time_to_live: Duration, room: usize) -> Self {
        Self { time_to_live, room, names: BTreeMap::new(), by_age: VecDeque::new() }
    }

    /// Why there is no address for this name, if that is known and not too old.
    pub fn get(&self, name: &HostName, now: Duration) -> Option<Absence> {
        self.names.get(name).filter(|(_, expires)| now < *expires).map(|(absence, _)| *absence)
    }

    /// Remembers that a name was asked for in vain. What is too old goes, and then the oldest.
    pub fn put(&mut self, name: &HostName, absence: Absence, now: Duration) {
        if self.time_to_live.is_zero() || self.room == 0 {
            return;
        }
        while self
            .by_age
            .front()
            .is_some_and(|(_, expires)| *expires <= now || self.by_age.len() >= self.room)
        {
            let Some((oldest, expires)) = self.by_age.pop_front() else { break };
            if self.names.get(&oldest).is_some_and(|(_, current)| *current == expires) {
                self.names.remove(&oldest);
            }
        }
        let expires = now.saturating_add(self.time_to_live);
        self.names.insert(name.clone(), (absence, expires));
        self.by_age.push_back((name.clone(), expires));
    }

    /// How many names are held.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn name(text: &str) -> HostName {
        HostName::new(text).unwrap()
    }

    #[test]
    fn a_name_is_absent_until_its_time_has_passed() {
        let mut absent = AbsentNames::new(SECOND * 5, 10);
        assert_eq!(absent.get(&name("a"), SECOND), None);
        absent.put(&name("a"), Absence::NoSuchName, SECOND);
        assert_eq!(absent.get(&name("a"), SECOND * 5), Some(Absence::NoSuchName));
        assert_eq!(absent.get(&name("a"), SECOND * 6), None);
        absent.put(&name("a"), Absence::NotAdmitted, SECOND * 6);
        assert_eq!(absent.get(&name("a"), SECOND * 7), Some(Absence::NotAdmitted));
    }

    #[test]
    fn a_flood_of_names_keeps_the_newest() {
        let mut absent = AbsentNames::new(SECOND * 5, 3);
        for n in 0..10_000 {
            absent.put(&name(&std::format!("n{n}.example")), Absence::NoSuchName, SECOND);
            assert!(absent.len() <= 3 && absent.by_age.len() <= 3);
        }
        assert!(absent.get(&name("n9999.example"), SECOND).is_some());
        assert!(absent.get(&name("n9996.example"), SECOND).is_none());
    }

    #[test]
    fn the_same_name_again_and_again_takes_no_more_room() {
        let mut absent = AbsentNames::new(SECOND, 3);
        for n in 0..100 {
            absent.put(&name("a"), Absence::NoSuchName, SECOND * n);
        }
        absent.put(&name("b"), Absence::NoSuchName, SECOND * 99);
        assert_eq!((absent.len(), absent.by_age.len()), (2, 2));
    }

    #[test]
    fn without_time_or_room_nothing_is_kept() {
        for (time_to_live, room) in [(Duration::ZERO, 3), (SECOND, 0)] {
            let mut absent = AbsentNames::new(time_to_live, room);
            absent.put(&name("a"), Absence::NoSuchName, SECOND);
            assert!(absent.is_empty());
        }
    }
}
