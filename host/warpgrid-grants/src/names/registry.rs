//! The service registry: the names that the operator declares; knows no cache and no order of links.

use super::{HostName, HostNameError};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// Why a registry could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryError {
    /// A name is not a host name.
    InvalidName(String, HostNameError),
    /// A name has no address.
    NoAddress(String),
    /// A name is declared twice, perhaps in another spelling.
    Twice(String),
}

impl fmt::Display for RegistryError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegistryError::InvalidName(name, error) => write!(out, "service name `{name}`: {error}"),
            RegistryError::NoAddress(name) => write!(out, "service `{name}` has no address"),
            RegistryError::Twice(name) => write!(out, "service `{name}` is declared twice"),
        }
    }
}

impl core::error::Error for RegistryError {}

/// Names with their addresses, both ways. Immutable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceRegistry {
    by_name: BTreeMap<HostName, Vec<IpAddr>>,
    by_address: BTreeMap<IpAddr, Vec<HostName>>,
}

impl ServiceRegistry {
    /// Makes a registry. The order of a name's addresses is kept; an address given twice counts once.
    ///
    /// # Errors
    /// [`RegistryError`] names the entry.
    pub fn new<N: AsRef<str>>(
        entries: impl IntoIterator<Item = (N, Vec<IpAddr>)>,
    ) -> Result<Self, RegistryError> {
        let mut registry = Self::default();
        for (text, addresses) in entries {
            let text = text.as_ref();
            let name =
                HostName::new(text).map_err(|error| RegistryError::InvalidName(text.to_string(), error))?;
            if addresses.is_empty() {
                return Err(RegistryError::NoAddress(text.to_string()));
            }
            if registry.by_name.contains_key(&name) {
                return Err(RegistryError::Twice(name.to_string()));
            }
            for address in addresses {
                registry.add(&name, address);
            }
        }
        Ok(registry)
    }

    pub(super) fn add(&mut self, name: &HostName, address: IpAddr) {
        let addresses = self.by_name.entry(name.clone()).or_default();
        if !addresses.contains(&address) {
            addresses.push(address);
            self.by_address.entry(address).or_default().push(name.clone());
        }
    }

    /// This registry with another one laid over it: a name of `over` has the addresses of `over` only.
    #[must_use]
    pub fn overlaid(&self, over: &Self) -> Self {
        let mut both = Self::default();
        let mine = self.by_name.iter().filter(|(name, _)| !over.by_name.contains_key(*name));
        for (name, addresses) in mine.chain(&over.by_name) {
            for address in addresses {
                both.add(name, *address);
            }
        }
        both
    }

    /// The addresses of a name, or nothing.
    pub fn addresses(&self, name: &HostName) -> &[IpAddr] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The names of an address, the one declared first in front, or nothing.
    pub fn names(&self, address: &IpAddr) -> &[HostName] {
        self.by_address.get(address).map_or(&[], Vec::as_slice)
    }

    /// All entries, sorted by name.
    pub fn entries(&self) -> impl Iterator<Item = (&HostName, &[IpAddr])> {
        self.by_name.iter().map(|(name, addresses)| (name, addresses.as_slice()))
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn names_and_addresses_are_found_both_ways() {
        let registry = ServiceRegistry::new([
            ("DB.warp.local.", vec![ip("10.0.0.2"), ip("10.0.0.1"), ip("10.0.0.2")]),
            ("cache.warp.local", vec![ip("10.0.0.1"), ip("fd00::1")]),
        ])
        .unwrap();
        let db = HostName::new("db.warp.local").unwrap();
        assert_eq!(registry.addresses(&db), [ip("10.0.0.2"), ip("10.0.0.1")]);
        let names: Vec<_> = registry.names(&ip("10.0.0.1")).iter().map(HostName::as_str).collect();
        assert_eq!(names, ["db.warp.local", "cache.warp.local"]);
        assert!(registry.names(&ip("10.0.0.9")).is_empty());
        assert_eq!(registry.len(), 2);
    }

    #[test]
    fn a_name_of_the_registry_laid_over_counts_alone() {
        let below = ServiceRegistry::new([("a", vec![ip("10.0.0.1")]), ("b", vec![ip("10.0.0.2")])]).unwrap();
        let over = ServiceRegistry::new([("B", vec![ip("10.0.0.3")]), ("c", vec![ip("10.0.0.1")])]).unwrap();
        let both = below.overlaid(&over);
        let addresses = |text| both.addresses(&HostName::new(text).unwrap()).to_vec();
        assert_eq!(
            [addresses("a"), addresses("b"), addresses("c")].concat(),
            [ip("10.0.0.1"), ip("10.0.0.3"), ip("10.0.0.1")]
        );
        assert!(both.names(&ip("10.0.0.2")).is_empty());
        assert_eq!(both.names(&ip("10.0.0.1")).len(), 2);
    }

    #[test]
    fn a_faulty_entry_is_named() {
        let one = |name: &str, addresses| ServiceRegistry::new([(name, addresses)]);
        assert_eq!(
            one("a b", vec![ip("::1")]),
            Err(RegistryError::InvalidName("a b".into(), HostNameError::Character))
        );
        assert_eq!(one("a", vec![]), Err(RegistryError::NoAddress("a".into())));
        let twice = ServiceRegistry::new([("a", vec![ip("::1")]), ("A.", vec![ip("::1")])]);
        assert_eq!(twice, Err(RegistryError::Twice("a".into())));
    }
}
