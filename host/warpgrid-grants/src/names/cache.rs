//! Answers with a time to live, bounded; reads no clock.
//!
//! A hit needs only `&self`: the time of use and the rotation are atomic numbers, so that readers that
//! share a lock never wait for each other. An entry is never served when its time has passed. When the
//! cache is full, the entry that was used longest ago makes room.

use super::{Answer, HostName, Link, Rotation};
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

/// What the cache has done since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStatistics {
    /// Look-ups that were answered.
    pub hits: usize,
    /// Look-ups that were not.
    pub misses: usize,
    /// Look-ups that were answered from the record of names that were asked for in vain.
    pub absent: usize,
    /// Entries that made room for others.
    pub evictions: usize,
    /// Entries that are held now.
    pub entries: usize,
}

#[derive(Debug)]
struct Entry {
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
    turns: AtomicUsize,
    hits: AtomicUsize,
    misses: AtomicUsize,
    absent: AtomicUsize,
    evictions: AtomicUsize,
}

impl AddressCache {
    /// An empty cache.
    pub fn new(settings: CacheSettings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// The answer for a name in its one spelling. Counts a hit, and no miss: whoever asks further calls
    /// [`AddressCache::count_miss`] or [`AddressCache::count_absent`].
    pub fn get(&self, name: &str, now: Duration) -> Option<Answer> {
        let entry = self.entries.get(name).filter(|entry| now < entry.expires)?;
        entry.last_used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        self.hits.fetch_add(1, Ordering::Relaxed);
        Some(entry.rotation.take())
    }

    /// The rotation of a name, if it is still to be served. Counts nothing.
    pub fn peek(&self, name: &str, now: Duration) -> Option<&Arc<Rotation>> {
        self.entries.get(name).filter(|entry| now < entry.expires).map(|entry| &entry.rotation)
    }

    /// Counts a look-up that was not answered.
    pub fn count_miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a look-up of a name that is known to be absent.
    pub fn count_absent(&self) {
        self.absent.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps the addresses of a name and gives them. A name that was kept before goes on with its rotation;
    /// what is not kept still takes turns. None when there is no address.
    pub fn put(
        &mut self,
        name: &HostName,
        link: Link,
        addresses: Vec<IpAddr>,
        now: Duration,
    ) -> Option<Arc<Rotation>> {
        let keeps = self.settings.entries > 0 && !self.settings.time_to_live.is_zero();
        let turn = match self.entries.get(name) {
            Some(old) => old.rotation.turn(),
            None if keeps => 0,
            None => self.turns.fetch_add(1, Ordering::Relaxed),
        };
        let rotation = Rotation::new(Some(name.clone()), link, addresses, turn)?;
        if !keeps {
            return Some(rotation);
        }
        if !self.entries.contains_key(name) && self.entries.len() >= self.settings.entries {
            self.evict();
        }
        let entry = Entry {
            rotation: rotation.clone(),
            expires: now.saturating_add(self.settings.time_to_live),
            last_used: AtomicUsize::new(self.uses.fetch_add(1, Ordering::Relaxed)),
        };
        self.entries.insert(name.clone(), entry);
        Some(rotation)
    }

    /// What the cache has done so far.
    pub fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            absent: self.absent.load(Ordering::Relaxed),
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

    const SECOND: Duration = Duration::from_secs(1);

    fn name(text: &str) -> HostName {
        HostName::new(text).unwrap()
    }

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn put(cache: &mut AddressCache, text: &str, addresses: &[IpAddr], now: Duration) -> IpAddr {
        cache.put(&name(text), Link::Registry, addresses.to_vec(), now).unwrap().take().first()
    }

    fn get(cache: &AddressCache, text: &str, now: Duration) -> Option<IpAddr> {
        cache.get(text, now).map(|answer| answer.first())
    }

    #[test]
    fn an_answer_is_served_until_its_time_has_passed() {
        let mut cache = AddressCache::new(CacheSettings::default());
        let (one, two) = (ips(&["10.0.0.1"]), ips(&["10.0.0.2"]));
        assert_eq!(get(&cache, "a", SECOND), None);
        put(&mut cache, "a", &one, SECOND);
        assert_eq!(get(&cache, "a", SECOND * 31 - Duration::from_nanos(1)), Some(one[0]));
        assert_eq!(get(&cache, "a", SECOND * 31), None);
        assert!(cache.peek("a", SECOND * 31).is_none());
        put(&mut cache, "a", &two, SECOND * 31);
        assert_eq!(get(&cache, "a", SECOND * 32), Some(two[0]));
        cache.count_miss();
        let statistics = cache.statistics();
        assert_eq!((statistics.hits, statistics.misses, statistics.entries), (2, 1, 1));
    }

    #[test]
    fn an_entry_that_is_refreshed_goes_on_with_its_rotation() {
        let addresses = ips(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        let mut cache = AddressCache::new(CacheSettings::default());
        let mut seen = Vec::from([put(&mut cache, "a", &addresses, SECOND)]);
        for _ in 0..8 {
            seen.extend(get(&cache, "a", SECOND));
        }
        assert_eq!(seen, addresses.repeat(3));
        let tenth = put(&mut cache, "a", &addresses, SECOND * 99);
        assert_eq!(tenth, addresses[0], "the tenth turn goes on where the ninth ended");
        assert_eq!(get(&cache, "a", SECOND * 99), Some(addresses[1]));
    }

    #[test]
    fn a_full_cache_forgets_what_was_used_longest_ago() {
        let settings = CacheSettings { entries: 2, ..CacheSettings::default() };
        let mut cache = AddressCache::new(settings);
        let address = ips(&["::1"]);
        for text in ["a", "b"] {
            put(&mut cache, text, &address, SECOND);
        }
        assert!(get(&cache, "a", SECOND).is_some());
        put(&mut cache, "c", &address, SECOND);
        assert!(get(&cache, "a", SECOND).is_some());
        assert!(get(&cache, "b", SECOND).is_none());
        assert!(get(&cache, "c", SECOND).is_some());
        for n in 0..1000 {
            put(&mut cache, &std::format!("n{n}"), &address, SECOND);
            assert_eq!(cache.statistics().entries, 2);
        }
        assert_eq!(cache.statistics().evictions, 1001);
    }

    #[test]
    fn a_cache_without_time_or_room_keeps_nothing_and_still_takes_turns() {
        for settings in [
            CacheSettings { entries: 0, ..CacheSettings::default() },
            CacheSettings { time_to_live: Duration::ZERO, ..CacheSettings::default() },
        ] {
            let mut cache = AddressCache::new(settings);
            let addresses = ips(&["10.0.0.1", "10.0.0.2"]);
            let seen: Vec<_> = (0..4).map(|_| put(&mut cache, "a", &addresses, SECOND)).collect();
            assert_eq!(seen, addresses.repeat(2));
            assert_eq!(get(&cache, "a", SECOND), None);
        }
    }
}
