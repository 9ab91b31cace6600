//! The addresses of a name, handed out in turn; knows no time to live.
//!
//! A [`Rotation`] is shared by all who ask for a name, an [`Answer`] is what one of them was given. The turn is
//! one atomic number, so that every address stands in front equally often, however many ask at once.

use super::{HostName, Link};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The addresses of a name, each in front once per round. There is at least one.
#[derive(Debug)]
pub struct Rotation {
    name: Option<HostName>,
    link: Link,
    addresses: Vec<IpAddr>,
    next: AtomicUsize,
}

impl Rotation {
    /// Starts a rotation at a turn: 0 puts the first address in front. None when there is no address.
    pub fn new(name: Option<HostName>, link: Link, addresses: Vec<IpAddr>, turn: usize) -> Option<Arc<Self>> {
        let next = AtomicUsize::new(turn);
        (!addresses.is_empty()).then(|| Arc::new(Self { name, link, addresses, next }))
    }

    /// The next answer.
    pub fn take(self: &Arc<Self>) -> Answer {
        let turn = match self.addresses.len() {
            1 => 0,
            len => self.next.fetch_add(1, Ordering::Relaxed) % len,
        };
        Answer { rotation: self.clone(), turn }
    }

    /// The turn that comes next.
    pub(super) fn turn(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }
}

/// What one who asked was given. Copies nothing.
#[derive(Debug, Clone)]
pub struct Answer {
    rotation: Arc<Rotation>,
    turn: usize,
}

impl Answer {
    /// The name that was asked for; none when the text was an address.
    pub fn name(&self) -> Option<&HostName> {
        self.rotation.name.as_ref()
    }

    /// The link of the chain that knows the name.
    pub fn link(&self) -> Link {
        self.rotation.link
    }

    /// All addresses, in the order of the link, whose turn it ever is.
    pub fn unordered(&self) -> &[IpAddr] {
        &self.rotation.addresses
    }

    /// The address at a place of this answer, from 0: the one whose turn it is in front.
    pub fn get(&self, place: usize) -> Option<IpAddr> {
        let addresses = &self.rotation.addresses;
        (place < addresses.len()).then(|| addresses[(self.turn + place) % addresses.len()])
    }

    /// The address whose turn it is.
    pub fn first(&self) -> IpAddr {
        self.rotation.addresses[self.turn]
    }

    /// All addresses, the one whose turn it is in front.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let (before, from) = self.rotation.addresses.split_at(self.turn);
        from.iter().chain(before).copied()
    }

    /// All addresses, the one whose turn it is in front.
    pub fn to_vec(&self) -> Vec<IpAddr> {
        self.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn rotation(addresses: &[&str]) -> Arc<Rotation> {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        Rotation::new(HostName::new("a").ok(), Link::Registry, addresses, 0).unwrap()
    }

    #[test]
    fn several_addresses_take_turns() {
        let rotation = rotation(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        let all = rotation.take().unordered().to_vec();
        assert_eq!(rotation.take().to_vec(), vec![all[1], all[2], all[0]]);
        let third = rotation.take();
        assert_eq!((third.first(), third.get(0), third.get(2)), (all[2], Some(all[2]), Some(all[1])));
        assert_eq!(third.get(3), None);
        assert_eq!(rotation.take().to_vec(), all);
    }

    #[test]
    fn a_million_turns_on_four_threads_are_shared_exactly() {
        const TURNS: usize = 250_000;
        let rotation = rotation(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        let all = rotation.take().unordered().to_vec();
        let fronts: [AtomicUsize; 3] = Default::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut own = [0; 3];
                    for _ in 0..TURNS {
                        let first = rotation.take().first();
                        own[all.iter().position(|address| *address == first).unwrap()] += 1;
                    }
                    for (front, own) in fronts.iter().zip(own) {
                        front.fetch_add(own, Ordering::Relaxed);
                    }
                });
            }
        });
        let counts = fronts.map(AtomicUsize::into_inner);
        assert_eq!(counts.iter().sum::<usize>(), 4 * TURNS);
        assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
    }

    #[test]
    fn a_rotation_without_addresses_is_none() {
        assert!(Rotation::new(None, Link::Literal, vec![], 0).is_none());
    }
}
