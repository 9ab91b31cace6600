//! The text of `/etc/hosts`, written and read; knows no file system.

use super::{HostName, ServiceRegistry};
use alloc::format;
use alloc::string::String;
use core::net::IpAddr;

/// The largest hosts text that is read, in bytes. The rest is ignored.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// The virtual hosts file: names of this machine and extra names of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostsFile {
    entries: ServiceRegistry,
}

impl HostsFile {
    /// Only `localhost`, as IPv4 and IPv6.
    pub fn local() -> Self {
        Self::parse("127.0.0.1\tlocalhost\n::1\tlocalhost\n")
    }

    /// Reads the usual format: an address, white space, names; `#` starts a comment. A line that is not
    /// like that is skipped, as every C library does it.
    pub fn parse(text: &str) -> Self {
        let mut end = text.len().min(MAX_TEXT_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut entries = ServiceRegistry::default();
        for line in text[..end].lines() {
            let mut words = line.split('#').next().unwrap_or("").split_whitespace();
            let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else { continue };
            for name in words.filter_map(|word| HostName::new(word).ok()) {
                entries.add(&name, address);
            }
        }
        Self { entries }
    }

    /// The same with one more name.
    #[must_use]
    pub fn with(mut self, name: &HostName, addresses: &[IpAddr]) -> Self {
        for address in addresses {
            self.entries.add(name, *address);
        }
        self
    }

    /// The addresses of a name, or nothing.
    pub fn addresses(&self, name: &HostName) -> &[IpAddr] {
        self.entries.addresses(name)
    }

    /// The names of an address, or nothing.
    pub fn names(&self, address: &IpAddr) -> &[HostName] {
        self.entries.names(address)
    }

    /// The text that a guest reads at `/etc/hosts`: this file's names and those of the registry, one
    /// address and name a line, `localhost` first, the rest sorted by name.
    pub fn text(&self, registry: &ServiceRegistry) -> String {
        let mut text = String::new();
        let is_local = |name: &HostName| name.as_str() == "localhost";
        let own = || self.entries.entries();
        for (name, addresses) in own()
            .filter(|(name, _)| is_local(name))
            .chain(own().filter(|(name, _)| !is_local(name)))
            .chain(registry.entries())
        {
            for address in addresses {
                text.push_str(&format!("{address}\t{name}\n"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn the_text_holds_localhost_extra_names_and_services() {
        let registry = ServiceRegistry::new([("db.warp.local", vec!["10.0.0.5".parse().unwrap()])]).unwrap();
        let hosts =
            HostsFile::local().with(&HostName::new("a.example").unwrap(), &["192.0.2.1".parse().unwrap()]);
        assert_eq!(
            hosts.text(&registry),
            "127.0.0.1\tlocalhost\n::1\tlocalhost\n192.0.2.1\ta.example\n10.0.0.5\tdb.warp.local\n"
        );
        assert_eq!(HostsFile::parse(&hosts.text(&ServiceRegistry::default())), hosts);
    }

    #[test]
    fn comments_aliases_and_nonsense_are_read_as_libraries_do() {
        let hosts = HostsFile::parse("# c\n10.0.0.1 a b.example # alias\n\nnonsense x\n10.0.0.2\n::1 a\n");
        let name = |text: &str| HostName::new(text).unwrap();
        assert_eq!(hosts.addresses(&name("a")).len(), 2);
        assert_eq!(hosts.addresses(&name("b.example")).len(), 1);
        assert_eq!(hosts.names(&"10.0.0.1".parse().unwrap()).len(), 2);
        assert!(hosts.addresses(&name("x")).is_empty());
        assert!(HostsFile::parse("").names(&"::1".parse().unwrap()).is_empty());
    }
}
