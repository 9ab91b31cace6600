//! Addresses of names that the host itself answers for: bindings and services of the same application.
//!
//! They lie in 240.0.0.0/4, which nobody routes. A later connection to such an address still says which name
//! was meant. An address follows from its name, so that it is the same after a restart and does not change
//! when other names come and go; only where two names meet at one place does the later one, in the order of
//! the alphabet, move on to the next free place.

use crate::names::HostName;
use alloc::collections::BTreeMap;
use core::net::{IpAddr, Ipv4Addr};

/// The first address of the block.
const FIRST: u32 = 0xf000_0000;
/// How many addresses are handed out: the block without its first one and the broadcast address.
const PLACES: u32 = 0x0fff_fffe;

/// Names with their addresses, both ways. Immutable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyntheticAddresses {
    by_name: BTreeMap<HostName, Ipv4Addr>,
    by_address: BTreeMap<Ipv4Addr, HostName>,
}

impl SyntheticAddresses {
    /// Gives each name an address. The order of the names and doubles do not matter.
    pub fn new(names: impl IntoIterator<Item = HostName>) -> Self {
        Self::placed(names, place)
    }

    fn placed(names: impl IntoIterator<Item = HostName>, place: impl Fn(&str) -> u32) -> Self {
        let unplaced = |name| (name, Ipv4Addr::UNSPECIFIED);
        let mut by_name: BTreeMap<_, _> = names.into_iter().map(unplaced).collect();
        let mut by_address = BTreeMap::new();
        for (name, address) in &mut by_name {
            let mut at = place(name.as_str()) % PLACES;
            // There are far more places than a configuration can hold names.
            while by_address.contains_key(&at_place(at)) {
                at = (at + 1) % PLACES;
            }
            *address = at_place(at);
            by_address.insert(*address, name.clone());
        }
        Self { by_name, by_address }
    }

    /// The address of a name in its one spelling, or nothing.
    pub fn address_of(&self, name: &str) -> Option<IpAddr> {
        self.by_name.get(name).map(|address| IpAddr::V4(*address))
    }

    /// The name of an address, or nothing. IPv4 in IPv6 is the same address.
    pub fn name_of(&self, address: IpAddr) -> Option<&HostName> {
        match address.to_canonical() {
            IpAddr::V4(address) => self.by_address.get(&address),
            IpAddr::V6(_) => None,
        }
    }

    /// All entries, sorted by name.
    pub fn entries(&self) -> impl Iterator<Item = (&HostName, IpAddr)> {
        self.by_name.iter().map(|(name, address)| (name, IpAddr::V4(*address)))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

fn at_place(place: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(FIRST + 1 + place)
}

/// FNV-1a, folded to 32 bits: the same on every machine and in every version.
fn place(name: &str) -> u32 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;
    use std::vec::Vec;

    fn names(texts: &[&str]) -> Vec<HostName> {
        texts.iter().map(|text| HostName::new(text).unwrap()).collect()
    }

    #[test]
    fn a_name_has_one_address_and_the_address_that_name() {
        let synthetic = SyntheticAddresses::new(names(&["db.warp.local", "cache", "db.warp.local"]));
        assert_eq!(synthetic.entries().count(), 2);
        for (name, address) in synthetic.entries() {
            assert_eq!(synthetic.address_of(name.as_str()), Some(address));
            assert_eq!(synthetic.name_of(address), Some(name));
            let IpAddr::V4(four) = address else { panic!("{address}") };
            assert!(four.octets()[0] >= 240 && !four.is_broadcast(), "{four}");
            assert_eq!(synthetic.name_of(four.to_ipv6_mapped().into()), Some(name));
        }
        assert_eq!(synthetic.address_of("other"), None);
        assert_eq!(synthetic.name_of("240.0.0.0".parse().unwrap()), None);
        assert_eq!(synthetic.name_of("::1".parse().unwrap()), None);
    }

    #[test]
    fn an_address_is_the_same_after_a_restart_and_when_others_come_and_go() {
        let alone = SyntheticAddresses::new(names(&["db.warp.local"]));
        let others: Vec<_> = (0..1000).map(|n| HostName::new(&format!("s{n}.warp.local")).unwrap()).collect();
        let among = SyntheticAddresses::new(others.into_iter().rev().chain(names(&["db.warp.local"])));
        assert_eq!(among.by_address.len(), 1001, "no two names share an address");
        assert_eq!(alone.address_of("db.warp.local"), among.address_of("db.warp.local"));
        assert_eq!(alone.address_of("db.warp.local"), Some("248.112.185.222".parse().unwrap()));
    }

    #[test]
    fn names_that_meet_at_one_place_get_addresses_of_their_own() {
        let last = |_: &str| PLACES - 1;
        let synthetic = SyntheticAddresses::placed(names(&["c", "a", "b"]), last);
        let address = |name: &str| synthetic.address_of(name).unwrap().to_string();
        assert_eq!([address("a"), address("b"), address("c")], ["255.255.255.254", "240.0.0.1", "240.0.0.2"]);
    }
}
