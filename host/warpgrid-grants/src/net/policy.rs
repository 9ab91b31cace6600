//! Where a guest may connect to and listen; opens nothing.
//!
//! A rule with a name holds for the addresses that this guest was told for that name (see `pins`), a rule with
//! an address or a block for exactly those, and `*` for every public address. An address that is not public
//! ([`classify`]) is reached only by a rule that names it, or by a name that is granted and whose answer the
//! guest was told: the resolver tells a guest such an answer only from the operator's own tables, or when
//! [`NetworkPolicy::admits_answer`] allows it.

use super::address::{AddressClass, canonical, classify};
use super::rule::{AllowRule, HostRule, ListenRule};
use crate::names::HostName;
use crate::refusal::Reason;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// The rule as it was written.
    pub rule: String,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What such a rule looks like.
    pub expected: &'static str,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`: {}; expected {}", self.rule, self.problem, self.expected)
    }
}

impl core::error::Error for PolicyError {}

/// What a guest wants to do with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Open a connection to it.
    Connect,
    /// Send it a datagram.
    Send,
    /// Bind a socket to it. The unspecified address with port 0 is free: every outgoing socket is bound so.
    Bind,
    /// Take connections on it.
    Listen,
}

/// Why the policy does not grant it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// [`Reason::PrivateAddress`] for an address that is not public and that no rule names,
    /// else [`Reason::NotGranted`].
    pub reason: Reason,
}

/// The rules of an application. The default grants nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkPolicy {
    allow: Vec<AllowRule>,
    listen: Vec<ListenRule>,
}

impl NetworkPolicy {
    /// Reads rules. `allow`: `host:port` with a name, `*.suffix`, an address, a CIDR block or `*` (every public
    /// address) as host; addresses and blocks of IPv6 stand in brackets. `listen`: `address:port`, with `*` for
    /// every address. A port is a number, a range `8000-8100`, or `*`.
    ///
    /// # Errors
    /// [`PolicyError`] names the rule.
    pub fn new<T: AsRef<str>>(allow: &[T], listen: &[T]) -> Result<Self, PolicyError> {
        let allow = allow.iter().map(|rule| AllowRule::new(rule.as_ref()));
        let listen = listen.iter().map(|rule| ListenRule::new(rule.as_ref()));
        Ok(Self { allow: allow.collect::<Result<_, _>>()?, listen: listen.collect::<Result<_, _>>()? })
    }

    /// Whether there is no rule at all.
    pub fn is_empty(&self) -> bool {
        self.allow.is_empty() && self.listen.is_empty()
    }

    /// Whether any rule grants this name on any port, so that it may be looked up.
    pub fn grants_name(&self, name: &HostName) -> bool {
        self.allow.iter().any(|rule| rule.host == HostRule::AnyPublic || rule.host.is_name(name))
    }

    /// Whether the guest may be told this answer of the system's resolver for this name: an address that is not
    /// public is refused unless a rule names that address, or a block that holds it, on any port. The name does
    /// not matter: whoever answers for a granted name must not be able to point it into the private network.
    pub fn admits_answer(&self, _: &HostName, address: IpAddr) -> bool {
        classify(address) == AddressClass::Public || self.allow.iter().any(|rule| rule.host.holds(address))
    }

    /// Whether the guest may do this with an address. `names` are those for which this guest was told the
    /// address; they do not matter for [`Purpose::Bind`] and [`Purpose::Listen`].
    ///
    /// # Errors
    /// [`Denied`] says why not.
    pub fn check<'a>(
        &self,
        purpose: Purpose,
        address: IpAddr,
        port: u16,
        names: impl IntoIterator<Item = &'a HostName>,
    ) -> Result<(), Denied> {
        match purpose {
            Purpose::Connect | Purpose::Send => self.check_remote(address, port, names),
            Purpose::Bind if address.is_unspecified() && port == 0 => Ok(()),
            Purpose::Bind | Purpose::Listen if self.listens(address, port) => Ok(()),
            Purpose::Bind | Purpose::Listen => Err(Denied { reason: Reason::NotGranted }),
        }
    }

    /// Whether a `listen` rule names this address and port. Port 0 is one that the system chooses: only a rule
    /// with `*` as port names it.
    pub fn listens(&self, address: IpAddr, port: u16) -> bool {
        let address = canonical(address);
        self.listen.iter().any(|rule| rule.holds(address, port))
    }

    fn check_remote<'a>(
        &self,
        address: IpAddr,
        port: u16,
        names: impl IntoIterator<Item = &'a HostName>,
    ) -> Result<(), Denied> {
        let public = classify(address) == AddressClass::Public;
        let on_port = || self.allow.iter().filter(|rule| rule.port.holds(port));
        if on_port().any(|rule| rule.host.holds(address) || (public && rule.host == HostRule::AnyPublic)) {
            return Ok(());
        }
        let mut named = self.allow.iter().any(|rule| rule.host.holds(address));
        for name in names {
            if on_port().any(|rule| rule.host.is_name(name)) {
                return Ok(());
            }
            named |= self.allow.iter().any(|rule| rule.host.is_name(name));
        }
        let reason = if public || named { Reason::NotGranted } else { Reason::PrivateAddress };
        Err(Denied { reason })
    }
}
