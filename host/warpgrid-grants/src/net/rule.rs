//! One rule of a network policy, read from text; decides nothing.

use super::cidr::{AddressBlock, BlockError};
use super::policy::PolicyError;
use crate::names::{HostName, HostNameError};
use alloc::string::ToString;
use core::net::IpAddr;

/// What an allow rule looks like, for errors.
const ALLOW: &str = "`api.example.com:443`, `*.example.com:443`, `10.0.0.5:5432`, `10.0.0.0/8:8000-8100`, `[fd00::/8]:*` or `*:443`";
/// What a listen rule looks like, for errors.
const LISTEN: &str = "`0.0.0.0:8080`, `127.0.0.1:*`, `[::1]:8000-8100` or `*:8080`";

/// Whom an allow rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostRule {
    /// Every public address, and every name.
    AnyPublic,
    /// One name.
    Name(HostName),
    /// Every name below this one.
    Below(HostName),
    /// One address or a block.
    Addresses(AddressBlock),
}

impl HostRule {
    pub(super) fn is_name(&self, name: &HostName) -> bool {
        match self {
            HostRule::Name(granted) => name == granted,
            HostRule::Below(granted) => {
                let rest = name.as_str().strip_suffix(granted.as_str());
                rest.is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            HostRule::AnyPublic | HostRule::Addresses(_) => false,
        }
    }

    pub(super) fn holds(&self, address: IpAddr) -> bool {
        matches!(self, HostRule::Addresses(block) if block.contains(address))
    }
}

/// Which ports a rule names, both ends included. 0 to 65535 is every port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PortRule {
    first: u16,
    last: u16,
}

impl PortRule {
    pub(super) fn holds(&self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

/// `host:port` under `allow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AllowRule {
    pub(super) host: HostRule,
    pub(super) port: PortRule,
}

impl AllowRule {
    pub(super) fn new(text: &str) -> Result<Self, PolicyError> {
        let wrong = |problem| PolicyError { rule: text.to_string(), problem, expected: ALLOW };
        let (host, port) = split(text).map_err(wrong)?;
        let port = port_rule(port).map_err(wrong)?;
        let host = match host {
            Host::Bracketed(text) if text.contains('/') => HostRule::Addresses(block(text).map_err(wrong)?),
            Host::Bracketed(text) => HostRule::Addresses(AddressBlock::of_one(v6(text).map_err(wrong)?)),
            Host::Plain("*") => HostRule::AnyPublic,
            Host::Plain(text) if text.contains('/') => HostRule::Addresses(block(text).map_err(wrong)?),
            Host::Plain(text) => match (text.parse::<IpAddr>(), text.strip_prefix("*.")) {
                (Ok(address), _) => HostRule::Addresses(AddressBlock::of_one(address)),
                (_, Some(rest)) => HostRule::Below(host_name(rest).map_err(wrong)?),
                _ => HostRule::Name(host_name(text).map_err(wrong)?),
            },
        };
        Ok(Self { host, port })
    }
}

/// `address:port` under `listen`. No address is every address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListenRule {
    address: Option<IpAddr>,
    port: PortRule,
}

impl ListenRule {
    pub(super) fn new(text: &str) -> Result<Self, PolicyError> {
        let wrong = |problem| PolicyError { rule: text.to_string(), problem, expected: LISTEN };
        let (host, port) = split(text).map_err(wrong)?;
        let port = port_rule(port).map_err(wrong)?;
        let address = match host {
            Host::Plain("*") => None,
            Host::Plain(text) => Some(
                text.parse().map_err(|_| wrong("a guest listens on an address of this machine, or `*`"))?,
            ),
            Host::Bracketed(text) => Some(v6(text).map_err(wrong)?),
        };
        Ok(Self { address, port })
    }

    /// Whether a socket may be bound so. An unspecified address in the rule stands for every address of its
    /// family, port 0 for one that the system chooses.
    pub(super) fn holds(&self, address: IpAddr, port: u16) -> bool {
        self.port.holds(port)
            && self.address.is_none_or(|granted| {
                granted == address || (granted.is_unspecified() && granted.is_ipv4() == address.is_ipv4())
            })
    }
}

enum Host<'a> {
    Plain(&'a str),
    Bracketed(&'a str),
}

fn split(text: &str) -> Result<(Host<'_>, &str), &'static str> {
    if text.contains("://") {
        return Err("a rule has no scheme");
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("the closing `]` is missing")?;
        let port = rest.strip_prefix(':').ok_or("the port is missing")?;
        return Ok((Host::Bracketed(host), port));
    }
    let (host, port) = text.rsplit_once(':').ok_or("the port is missing")?;
    if host.contains(':') {
        return Err("an address of IPv6 stands in brackets");
    }
    if host.is_empty() {
        return Err("the host is missing");
    }
    Ok((Host::Plain(host), port))
}

fn port_rule(text: &str) -> Result<PortRule, &'static str> {
    let number = |text: &str| match text.parse() {
        Ok(0) => Err("0 is no port; `*` stands for every port"),
        Ok(port) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err("the port is no number from 1 to 65535"),
    };
    match (text, text.split_once('-')) {
        ("", _) => Err("the port is missing"),
        ("*", _) => Ok(PortRule { first: 0, last: u16::MAX }),
        (_, Some((first, last))) => {
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                Err("the range of ports ends before it begins")
            } else {
                Ok(PortRule { first, last })
            }
        }
        (_, None) => number(text).map(|port| PortRule { first: port, last: port }),
    }
}

fn block(text: &str) -> Result<AddressBlock, &'static str> {
    AddressBlock::new(text).map_err(|error| match error {
        BlockError::Address => "before the `/` stands no address",
        BlockError::Length => "after the `/` stands no length of a block",
        BlockError::Everything => {
            "the block holds every address; `*` stands for every public one, private ones are named block by block"
        }
        BlockError::NotFirst => "the address is not the first one of the block",
    })
}

fn v6(text: &str) -> Result<IpAddr, &'static str> {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => Ok(address.into()),
        Ok(IpAddr::V4(_)) => Err("brackets are for addresses of IPv6"),
        Err(_) if text.contains('%') => Err("an address with a zone is not supported"),
        Err(_) => Err("in the brackets stands no address of IPv6"),
    }
}

fn host_name(text: &str) -> Result<HostName, &'static str> {
    if text.contains('*') {
        return Err("`*` stands alone, or as `*.` in front of a name");
    }
    HostName::new(text).map_err(|error| match error {
        HostNameError::Empty => "the name is empty",
        HostNameError::TooLong => "the name is longer than 253 bytes",
        HostNameError::Label => "a label of the name is empty or longer than 63 bytes",
        HostNameError::Character => "the name holds a character that no host name may hold",
        HostNameError::Numeric => "it is neither a name nor an address in the usual spelling",
    })
}
