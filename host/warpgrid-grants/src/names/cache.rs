//! Answers with a time to live, bounded, handed out in rotation; reads no clock.
//!
//! A hit needs only `&self`: the time of use and the rotation are atomic numbers, so that readers that
//! share a lock never wait for each other. An entry is never served when its time has passed. When the
//! cache is full, the entry that was used longest ago makes room.

use super::{HostName, Link};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

/// How long and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// How long an answer is served. Default 30 seconds; 0 keeps nothing.
    pub time_to_live: Duration,
    /// How many names are kept. Default 1024; 0 keeps nothing.
    pub entries: usize,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { time_to_live: Duration::from_secs(30), entries: 1024 }
    }
}

/// The addresses of a name, each in front once per round.
#[derive(Debug)]
pub struct Rotation {
    addresses: Vec<IpAddr>,
    next: AtomicUsize,
}

impl Rotation {
    /// Starts a rotation with the first address in front.
    pub fn new(addresses: Vec<IpAddr>) -> Self {
        Self::starting_at(addresses, 0)
    }

    fn starting_at(addresses: Vec<IpAddr>, next: usize) -> Self {
        Self { addresses, next: AtomicUsize::new(next) }
    }

    /// All addresses, the next one in front.
    pub fn take(&self) -> Vec<IpAddr> {
        let mut addresses = self.addresses.clone();
        if addresses.len() > 1 {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            addresses.rotate_left(turn % self.addresses.len());
        }
        addresses
    }
}

/// What the cache has done since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStatistics {
    /// Look-ups that were answered.
    pub hits: usize,
    /// Look-ups that were not.
    pub misses: usize,
    /// Entries that made room for others.
    pub evictions: usize,
    /// Entries that are held now.
    pub entries: usize,
}

#[derive(Debug)]
struct Entry {
    link: Link,
    rotation: Arc<Rotation>,
    expires: Duration,
    last_used: AtomicUsize,
}

/// The cache. `now` is the time since any fixed moment and never runs backwards.
#[derive(Debug, Default)]
pub struct AddressCache {
    settings: CacheSettings,
    entries: BTreeMap<HostName, Entry>,
    uses: AtomicUsize,
    hits: AtomicUsize,
    misses: AtomicUsize,
    evictions: AtomicUsize,
}

impl AddressCache {
    /// An empty cache.
    pub fn new(settings: CacheSettings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// The addresses of a name, the next one in front, and the link they came from.
    pub fn get(&self, name: &HostName, now: Duration) -> Option<(Link, Vec<IpAddr>)> {
        match self.entries.get(name) {
            Some(entry) if now < entry.expires => {
                entry.last_used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
                self.hits.fetch_add(1, Ordering::Relaxed);
                Some((entry.link, entry.rotation.take()))
            }
            _ => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }

    /// Keeps an answer and gives its addresses, the next one in front. A name that was kept before goes
    /// on with its rotation.
    pub fn put(&mut self, name: &HostName, link: Link, addresses: Vec<IpAddr>, now: Duration) -> Vec<IpAddr> {
        let turn = self.entries.get(name).map_or(0, |old| old.rotation.next.load(Ordering::Relaxed));
        let rotation = Arc::new(Rotation::starting_at(addresses, turn));
        let answer = rotation.take();
        if self.settings.entries == 0 || self.settings.time_to_live.is_zero() {
            return answer;
        }
        if !self.entries.contains_key(name) && self.entries.len() >= self.settings.entries {
            self.evict();
        }
        let entry = Entry {
            link,
            rotation,
            expires: now.saturating_add(self.settings.time_to_live),
            last_used: AtomicUsize::new(self.uses.fetch_add(1, Ordering::Relaxed)),
        };
        self.entries.insert(name.clone(), entry);
        answer
    }

    /// What the cache has done so far.
    pub fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            evictions: self.evictions.load(Ordering::Relaxed),
            entries: self.entries.len(),
        }
    }

    fn evict(&mut self) {
        let oldest = self
            .entries
            .iter()
            .min_by_key(|(_, entry)| entry.last_used.load(Ordering::Relaxed))
            .map(|(name, _)| name.clone());
        if let Some(name) = oldest {
            self.entries.remove(&name);
            self.evictions.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    const SECOND: Duration = Duration::from_secs(1);

    fn name(text: &str) -> HostName {
        HostName::new(text).unwrap()
    }

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn front(addresses: Option<(Link, Vec<IpAddr>)>) -> IpAddr {
        addresses.unwrap().1[0]
    }

    #[test]
    fn an_answer_is_served_until_its_time_has_passed() {
        let mut cache = AddressCache::new(CacheSettings::default());
        assert_eq!(cache.get(&name("a"), SECOND), None);
        cache.put(&name("a"), Link::Registry, ips(&["10.0.0.1"]), SECOND);
        assert!(cache.get(&name("a"), SECOND * 30).is_some());
        assert_eq!(cache.get(&name("a"), SECOND * 31), None);
        cache.put(&name("a"), Link::Registry, ips(&["10.0.0.2"]), SECOND * 31);
        assert_eq!(front(cache.get(&name("a"), SECOND * 32)), ips(&["10.0.0.2"])[0]);
        let statistics = cache.statistics();
        assert_eq!((statistics.hits, statistics.misses, statistics.entries), (2, 2, 1));
    }

    #[test]
    fn several_addresses_take_turns_in_exact_shares() {
        let addresses = ips(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        let mut cache = AddressCache::new(CacheSettings::default());
        let mut seen = vec![cache.put(&name("a"), Link::Registry, addresses.clone(), SECOND)[0]];
        for _ in 0..8 {
            seen.push(front(cache.get(&name("a"), SECOND)));
        }
        assert_eq!(seen, addresses.repeat(3));
        let after_expiry = cache.put(&name("a"), Link::Registry, addresses.clone(), SECOND * 99);
        assert_eq!(after_expiry[0], addresses[0], "the tenth turn goes on where the ninth ended");
        assert_eq!(front(cache.get(&name("a"), SECOND * 99)), addresses[1]);
    }

    #[test]
    fn threads_that_share_the_cache_share_one_rotation() {
        let addresses = ips(&["10.0.0.1", "10.0.0.2"]);
        let mut cache = AddressCache::new(CacheSettings::default());
        cache.put(&name("a"), Link::Registry, addresses.clone(), SECOND);
        let first = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        if front(cache.get(&name("a"), SECOND)) == addresses[0] {
                            first.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(first.load(Ordering::Relaxed), 2000);
    }

    #[test]
    fn a_full_cache_forgets_what_was_used_longest_ago() {
        let settings = CacheSettings { entries: 2, ..CacheSettings::default() };
        let mut cache = AddressCache::new(settings);
        for text in ["a", "b"] {
            cache.put(&name(text), Link::Hosts, ips(&["::1"]), SECOND);
        }
        assert!(cache.get(&name("a"), SECOND).is_some());
        cache.put(&name("c"), Link::Hosts, ips(&["::1"]), SECOND);
        assert!(cache.get(&name("a"), SECOND).is_some());
        assert!(cache.get(&name("b"), SECOND).is_none());
        assert!(cache.get(&name("c"), SECOND).is_some());
        assert_eq!((cache.statistics().evictions, cache.statistics().entries), (1, 2));
    }

    #[test]
    fn a_cache_without_time_or_room_keeps_nothing() {
        for settings in [
            CacheSettings { entries: 0, ..CacheSettings::default() },
            CacheSettings { time_to_live: Duration::ZERO, ..CacheSettings::default() },
        ] {
            let mut cache = AddressCache::new(settings);
            let answer = cache.put(&name("a"), Link::Hosts, ips(&["::1"]), SECOND);
            assert_eq!(answer, ips(&["::1"]));
            assert_eq!(cache.get(&name("a"), SECOND), None);
        }
    }
}
