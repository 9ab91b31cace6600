//! The order of the look-up chain; asks nobody itself.
//!
//! ```text
//! text → an address? → that address
//!      → bindings and services → registry → virtual hosts file → system, if it is granted
//! ```
//! The first link that knows the name answers, and no link behind it is asked.

use super::{HostName, HostNameError, HostsFile, ServiceRegistry};
use crate::net::SyntheticAddresses;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// A link of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// The text was an address.
    Literal,
    /// A binding or a service of the same application, which the host itself answers for.
    Synthetic,
    /// The service registry.
    Registry,
    /// The virtual hosts file.
    Hosts,
    /// The system's resolver.
    System,
}

impl fmt::Display for Link {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Link::Literal => "literal",
            Link::Synthetic => "synthetic",
            Link::Registry => "registry",
            Link::Hosts => "hosts",
            Link::System => "system",
        })
    }
}

/// What to do with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// This link answers.
    Answer(Link, Vec<IpAddr>),
    /// No link of ours knows the name, and the system may be asked.
    AskSystem(HostName),
    /// No link knows the name, and the system may not be asked.
    NotFound(HostName),
}

/// The chain with its data. Immutable.
#[derive(Debug, Clone, Default)]
pub struct LookupOrder {
    synthetic: Arc<SyntheticAddresses>,
    registry: ServiceRegistry,
    hosts: HostsFile,
    system_granted: bool,
}

impl LookupOrder {
    /// A chain over `registry` and `hosts`. Without a grant the system is never asked.
    pub fn new(registry: ServiceRegistry, hosts: HostsFile, system_granted: bool) -> Self {
        Self { synthetic: Arc::default(), registry, hosts, system_granted }
    }

    /// The same with names that the host itself answers for.
    #[must_use]
    pub fn with_synthetic(self, synthetic: Arc<SyntheticAddresses>) -> Self {
        Self { synthetic, ..self }
    }

    /// The same with another registry and hosts file.
    #[must_use]
    pub fn replaced(&self, registry: ServiceRegistry, hosts: HostsFile) -> Self {
        Self { synthetic: self.synthetic.clone(), registry, hosts, system_granted: self.system_granted }
    }

    /// The address that the text itself is. IPv4 in IPv6 is given as IPv4.
    pub fn literal(text: &str) -> Option<IpAddr> {
        text.parse().ok().map(|address: IpAddr| address.to_canonical())
    }

    /// Decides who answers for a name.
    pub fn step(&self, name: &HostName) -> Step {
        if let Some(address) = self.synthetic.address_of(name.as_str()) {
            return Step::Answer(Link::Synthetic, vec![address]);
        }
        for (link, addresses) in
            [(Link::Registry, self.registry.addresses(name)), (Link::Hosts, self.hosts.addresses(name))]
        {
            if !addresses.is_empty() {
                return Step::Answer(link, addresses.to_vec());
            }
        }
        if self.system_granted { Step::AskSystem(name.clone()) } else { Step::NotFound(name.clone()) }
    }

    /// Decides who answers for a text, which may be an address.
    ///
    /// # Errors
    /// [`HostNameError`] when the text is neither an address nor a name.
    pub fn step_text(&self, text: &str) -> Result<Step, HostNameError> {
        match Self::literal(text) {
            Some(address) => Ok(Step::Answer(Link::Literal, vec![address])),
            None => HostName::new(text).map(|name| self.step(&name)),
        }
    }

    /// The names of an address: a synthetic one's own, those of the registry, those of the hosts file. The
    /// system is not asked.
    pub fn names(&self, address: &IpAddr) -> Vec<HostName> {
        let mut names: Vec<_> = self.synthetic.name_of(*address).cloned().into_iter().collect();
        for name in self.registry.names(address).iter().chain(self.hosts.names(address)) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The text of `/etc/hosts`.
    pub fn hosts_text(&self) -> alloc::string::String {
        self.hosts.text(&self.registry)
    }

    /// Whether the system may be asked.
    pub fn system_granted(&self) -> bool {
        self.system_granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn order(system_granted: bool) -> LookupOrder {
        let registry = ServiceRegistry::new([("both", vec![ip("10.0.0.1")])]).unwrap();
        let hosts = HostsFile::parse("192.0.2.1 both\n192.0.2.2 hosts-only\n10.0.0.1 alias");
        LookupOrder::new(registry, hosts, system_granted)
    }

    #[test]
    fn the_first_link_that_knows_the_name_answers() {
        let step = |text: &str| order(true).step_text(text).unwrap();
        assert_eq!(step("both"), Step::Answer(Link::Registry, vec![ip("10.0.0.1")]));
        assert_eq!(step("HOSTS-ONLY."), Step::Answer(Link::Hosts, vec![ip("192.0.2.2")]));
        assert_eq!(step("elsewhere"), Step::AskSystem(HostName::new("elsewhere").unwrap()));
        assert_eq!(step("192.0.2.9"), Step::Answer(Link::Literal, vec![ip("192.0.2.9")]));
        assert_eq!(step("::1"), Step::Answer(Link::Literal, vec![ip("::1")]));
    }

    #[test]
    fn without_a_grant_the_system_is_never_asked() {
        let step = order(false).step_text("elsewhere").unwrap();
        assert_eq!(step, Step::NotFound(HostName::new("elsewhere").unwrap()));
        assert!(!LookupOrder::default().system_granted());
    }

    #[test]
    fn an_address_has_the_names_of_the_registry_first() {
        let names = order(false).names(&ip("10.0.0.1"));
        let names: Vec<_> = names.iter().map(HostName::as_str).collect();
        assert_eq!(names, ["both", "alias"]);
    }

    #[test]
    fn a_name_that_the_host_answers_for_comes_before_all_others() {
        let synthetic = Arc::new(SyntheticAddresses::new([HostName::new("both").unwrap()]));
        let address = synthetic.address_of("both").unwrap();
        let order = order(true).with_synthetic(synthetic);
        let replaced = order.replaced(ServiceRegistry::default(), HostsFile::default());
        for order in [order, replaced] {
            assert_eq!(order.step_text("BOTH"), Ok(Step::Answer(Link::Synthetic, vec![address])));
            assert_eq!(order.names(&address), [HostName::new("both").unwrap()]);
        }
    }

    #[test]
    fn an_address_in_an_odd_spelling_is_neither_name_nor_address() {
        for text in ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.0.0.1:80", "fe80::1%eth0", "[::1]"] {
            assert!(order(true).step_text(text).is_err(), "{text}");
        }
        assert_eq!(LookupOrder::literal("::ffff:10.0.0.1"), Some(ip("10.0.0.1")));
    }

    #[test]
    fn nonsense_is_neither_name_nor_address() {
        assert!(order(true).step_text("300.1.1.1 x").is_err());
        assert!(order(true).step_text("[::1]").is_err());
    }
}
