//! What kind of address an address is, in every spelling; knows no rule.
//!
//! An IPv6 address can carry an IPv4 address inside (mapped, translated, 6to4, Teredo, ISATAP …), and a packet
//! sent to it may arrive there. So what is inside counts as well: an address is public only when nothing that
//! it stands for is anything else.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressClass {
    /// Anyone on the internet may have it.
    Public,
    /// `0.0.0.0`, the rest of `0.0.0.0/8`, and `::`: this machine on most systems.
    Unspecified,
    /// This machine: `127.0.0.0/8`, `::1`.
    Loopback,
    /// A private network: `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `fc00::/7`, `fec0::/10`.
    Private,
    /// The network between a provider and its customers: `100.64.0.0/10`.
    Shared,
    /// This link: `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// A well-known metadata or wire service of a cloud.
    Metadata,
    /// Many receivers: `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// `255.255.255.255`.
    Broadcast,
    /// For examples in texts: `192.0.2.0/24`, `2001:db8::/32` and others.
    Documentation,
    /// Given to nobody, or for a special purpose: `240.0.0.0/4`, `198.18.0.0/15`, everything outside
    /// `2000::/3` that is not named above, and others.
    Reserved,
}

impl fmt::Display for AddressClass {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            AddressClass::Public => "public",
            AddressClass::Unspecified => "unspecified",
            AddressClass::Loopback => "loopback",
            AddressClass::Private => "private",
            AddressClass::Shared => "shared",
            AddressClass::LinkLocal => "link-local",
            AddressClass::Metadata => "metadata",
            AddressClass::Multicast => "multicast",
            AddressClass::Broadcast => "broadcast",
            AddressClass::Documentation => "documentation",
            AddressClass::Reserved => "reserved",
        })
    }
}

/// The address that the system connects to: an IPv4-mapped address is its IPv4 address.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The class of an address, what it carries inside included.
pub fn classify(address: IpAddr) -> AddressClass {
    match canonical(address) {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => classify_v6(address),
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    match address.octets() {
        [0, ..] => AddressClass::Unspecified,
        [127, ..] => AddressClass::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        // Alibaba's, inside the shared block; Amazon's, Google's and most others'; Azure's; Oracle's.
        [100, 100, 100, 200] | [169, 254, 169, 254] | [168, 63, 129, 16] | [192, 0, 0, 192] => {
            AddressClass::Metadata
        }
        [100, 64..=127, ..] => AddressClass::Shared,
        [169, 254, ..] => AddressClass::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressClass::Documentation,
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] => AddressClass::Reserved,
        [224..=239, ..] => AddressClass::Multicast,
        [255, 255, 255, 255] => AddressClass::Broadcast,
        [240..=255, ..] => AddressClass::Reserved,
        _ => AddressClass::Public,
    }
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    let segments = address.segments();
    let inside = |high: u16, low: u16| classify_v4(v4(high, low));
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        // IPv4-compatible, and translated (`::ffff:0:a.b.c.d`): nobody on the internet has these.
        [0, 0, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            not_public(inside(high, low)).unwrap_or(AddressClass::Reserved)
        }
        // NAT64: the gateway sends it on to the IPv4 address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inside(high, low),
        // 6to4.
        [0x2002, high, low, ..] => inside(high, low),
        // Teredo: the server's address, and the client's, inverted.
        [0x2001, 0, server_high, server_low, _, _, client_high, client_low] => {
            not_public(inside(server_high, server_low)).unwrap_or(inside(!client_high, !client_low))
        }
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        // Amazon's and Google's.
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254] | [0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254] => {
            AddressClass::Metadata
        }
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => AddressClass::Documentation,
        // The rest of the block for protocols: benchmarking, identifiers that are no addresses.
        [0x2001, 0..=0x01ff, ..] => AddressClass::Reserved,
        // ISATAP: any network, the IPv4 address at the end.
        [0x2000..=0x3fff, _, _, _, 0x0000 | 0x0100 | 0x0200 | 0x0300, 0x5efe, high, low] => inside(high, low),
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        _ => AddressClass::Reserved,
    }
}

fn not_public(class: AddressClass) -> Option<AddressClass> {
    (class != AddressClass::Public).then_some(class)
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::AddressClass::*;
    use super::*;

    #[test]
    fn every_spelling_of_an_address_has_the_class_of_what_it_reaches() {
        for (text, class) in [
            ("8.8.8.8", Public),
            ("2606:4700:4700::1111", Public),
            ("0.0.0.0", Unspecified),
            ("0.1.2.3", Unspecified),
            ("::", Unspecified),
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("::1", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("::127.0.0.1", Loopback),
            ("::8.8.8.8", Reserved),
            ("::ffff:8.8.8.8", Public),
            ("::ffff:0:10.0.0.1", Private),
            ("::ffff:0:8.8.8.8", Reserved),
            ("10.0.0.1", Private),
            ("9.255.255.255", Public),
            ("11.0.0.0", Public),
            ("172.15.255.255", Public),
            ("172.16.0.0", Private),
            ("172.31.255.255", Private),
            ("172.32.0.0", Public),
            ("192.168.255.255", Private),
            ("192.169.0.0", Public),
            ("100.63.255.255", Public),
            ("100.64.0.0", Shared),
            ("100.127.255.255", Shared),
            ("100.128.0.0", Public),
            ("100.100.100.200", Metadata),
            ("169.254.169.254", Metadata),
            ("169.254.1.1", LinkLocal),
            ("::ffff:169.254.169.254", Metadata),
            ("168.63.129.16", Metadata),
            ("192.0.0.192", Metadata),
            ("192.0.0.1", Reserved),
            ("192.0.2.1", Documentation),
            ("192.88.99.1", Reserved),
            ("198.17.255.255", Public),
            ("198.18.0.1", Reserved),
            ("198.19.255.255", Reserved),
            ("198.20.0.0", Public),
            ("198.51.100.1", Documentation),
            ("203.0.113.1", Documentation),
            ("223.255.255.255", Public),
            ("224.0.0.1", Multicast),
            ("239.255.255.255", Multicast),
            ("240.0.0.1", Reserved),
            ("255.255.255.254", Reserved),
            ("255.255.255.255", Broadcast),
            ("64:ff9b::10.0.0.1", Private),
            ("64:ff9b::169.254.169.254", Metadata),
            ("64:ff9b::8.8.8.8", Public),
            ("64:ff9b:1::8.8.8.8", Reserved),
            ("2002:a00:1::", Private),
            ("2002:7f00:1::1", Loopback),
            ("2002:808:808::", Public),
            ("2001:0:a00:1::", Private),
            ("2001:0:808:808:0:0:f5ff:fffe", Private),
            ("2001:0:808:808:0:0:f7f7:f7f7", Public),
            ("2a00::5efe:10.0.0.1", Private),
            ("2a00::200:5efe:127.0.0.1", Loopback),
            ("2a00::200:5efe:8.8.8.8", Public),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", Private),
            ("fc00::1", Private),
            ("fdff::1", Private),
            ("fd00:ec2::254", Metadata),
            ("fd20:ce::254", Metadata),
            ("ff02::1", Multicast),
            ("2001:db8::1", Documentation),
            ("3fff:fff::1", Documentation),
            ("2001:2::1", Reserved),
            ("2001:20::1", Reserved),
            ("2001:200::1", Public),
            ("100::1", Reserved),
            ("4000::1", Reserved),
            ("5f00::1", Reserved),
        ] {
            assert_eq!(classify(text.parse().unwrap()), class, "{text}");
        }
    }
}
