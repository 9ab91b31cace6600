//! The host and port of a request, read from its URI; asks nobody and decides nothing.
//!
//! What is read here is what is granted, connected to, verified and sent as `Host`: there is no second
//! reading that could differ.

use http::uri::Scheme;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use warpgrid_grants::names::HostName;

/// The host of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Name(HostName),
    /// An address; an IPv4 address inside an IPv6 one is written as IPv4.
    Address(IpAddr),
}

/// Where a request wants to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) tls: bool,
    /// Whether the port was written down; then it is part of the `Host` header.
    port_written: bool,
}

/// What is wrong with the authority of a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoTarget(pub(super) &'static str);

impl Target {
    pub(super) fn of(uri: &http::Uri) -> Result<Self, NoTarget> {
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(NoTarget("the scheme is neither http nor https")),
        };
        let authority = uri.authority().ok_or(NoTarget("there is no host"))?.as_str();
        if authority.contains('@') {
            return Err(NoTarget("a user name or password before the host"));
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (address, rest) = rest.split_once(']').ok_or(NoTarget("a bracket is not closed"))?;
                let address: Ipv6Addr =
                    address.parse().map_err(|_| NoTarget("no IPv6 address in the brackets"))?;
                (Host::Address(IpAddr::V6(address).to_canonical()), written_port(rest)?)
            }
            None => {
                let end = authority.find(':').unwrap_or(authority.len());
                let (name, rest) = authority.split_at(end);
                (plain_host(name)?, written_port(rest)?)
            }
        };
        let default = if tls { 443 } else { 80 };
        Ok(Self { host, port: port.unwrap_or(default), tls, port_written: port.is_some() })
    }

    /// The one and only `Host` header of the request.
    pub(super) fn host_header(&self) -> String {
        if self.port_written { self.to_string() } else { self.host.to_string() }
    }
}

/// The port in `:port`, or none for an empty text.
fn written_port(text: &str) -> Result<Option<u16>, NoTarget> {
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.strip_prefix(':').ok_or(NoTarget("something between the host and the port"))?;
    let plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(port) if plain && port != 0 => Ok(Some(port)),
        _ => Err(NoTarget("the port is no number from 1 to 65535")),
    }
}

fn plain_host(text: &str) -> Result<Host, NoTarget> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(address.into()));
    }
    let name = HostName::new(text).map_err(|_| NoTarget("the host is neither a name nor an address"))?;
    // `127.1`, `0x7f000001` and `2130706433` are addresses to a resolver of C, and names to nobody.
    let last = name.as_str().rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    if hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoTarget("an address in a spelling that is not accepted: write it as a.b.c.d"));
    }
    Ok(Host::Name(name))
}

impl fmt::Display for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => name.fmt(out),
            Host::Address(IpAddr::V4(address)) => address.fmt(out),
            Host::Address(IpAddr::V6(address)) => write!(out, "[{address}]"),
        }
    }
}

impl fmt::Display for Target {
    /// `host:port`, as refusals and logs name it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &str) -> Result<Target, NoTarget> {
        Target::of(&uri.parse().unwrap())
    }

    #[test]
    fn the_port_is_that_of_the_scheme_unless_it_is_written() {
        for (uri, shown, header) in [
            ("http://Users.Example./x", "users.example:80", "users.example"),
            ("https://users.example/", "users.example:443", "users.example"),
            ("https://users.example:443/", "users.example:443", "users.example:443"),
            ("http://192.0.2.1:8080", "192.0.2.1:8080", "192.0.2.1:8080"),
            ("http://[2001:DB8::1]/", "[2001:db8::1]:80", "[2001:db8::1]"),
            ("http://[::1]:81/", "[::1]:81", "[::1]:81"),
            ("http://[::ffff:127.0.0.1]/", "127.0.0.1:80", "127.0.0.1"),
        ] {
            let target = target(uri).unwrap();
            assert_eq!((target.to_string(), target.host_header()), (shown.into(), header.into()), "{uri}");
        }
        assert!(target("https://a/").unwrap().tls);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for uri in [
            "http://granted.example@evil.example/",
            "http://user:secret@granted.example/",
            "http://granted.example:0/",
            "http://granted.example:65536/",
            "http://granted.example:+80/",
            "http://granted.example:/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.0.0.1.:80/",
            "http://[::1%25eth0]/",
            "http://[127.0.0.1]/",
            "ftp://granted.example/",
            "/only/a/path",
        ] {
            // Some of them are no URIs to begin with.
            if let Ok(uri) = uri.parse() {
                assert!(Target::of(&uri).is_err(), "{uri}: {:?}", Target::of(&uri));
            }
        }
        let long = format!("http://{}.example/", "a".repeat(300));
        assert!(target(&long).is_err());
    }
}
