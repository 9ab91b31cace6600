//! What the rules of a network grant, and how a wrong rule is named; runs no guest.
#![cfg(test)]

use super::{Denied, NetworkPolicy, Purpose};
use crate::names::HostName;
use crate::refusal::Reason;
use std::format;
use std::net::IpAddr;
use std::string::ToString;
use std::vec::Vec;

const NONE: [&str; 0] = [];

fn policy(allow: &[&str], listen: &[&str]) -> NetworkPolicy {
    NetworkPolicy::new(allow, listen).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn name(text: &str) -> HostName {
    HostName::new(text).unwrap()
}

/// Connects after the guest was told the address for these names.
fn connect(policy: &NetworkPolicy, address: &str, port: u16, told_for: &[&str]) -> Result<(), Reason> {
    let names: Vec<_> = told_for.iter().map(|text| name(text)).collect();
    let checked = policy.check(Purpose::Connect, ip(address), port, &names);
    assert_eq!(checked, policy.check(Purpose::Send, ip(address), port, &names));
    checked.map_err(|Denied { reason }| reason)
}

#[test]
fn without_rules_nothing_is_reached() {
    let policy = NetworkPolicy::default();
    assert!(policy.is_empty());
    assert_eq!(connect(&policy, "8.8.8.8", 53, &["dns.google"]), Err(Reason::NotGranted));
    assert_eq!(connect(&policy, "10.0.0.1", 53, &["db.local"]), Err(Reason::PrivateAddress));
    assert!(!policy.grants_name(&name("localhost")));
    assert!(policy.check(Purpose::Listen, ip("127.0.0.1"), 80, []).is_err());
}

#[test]
fn a_name_holds_for_the_addresses_told_for_it_and_its_port() {
    let policy = policy(&["api.example.com:443"], &[]);
    assert_eq!(connect(&policy, "8.8.8.8", 443, &["api.example.com"]), Ok(()));
    assert_eq!(connect(&policy, "8.8.8.8", 443, &["other.net", "API.example.com."]), Ok(()));
    assert_eq!(connect(&policy, "8.8.8.8", 80, &["api.example.com"]), Err(Reason::NotGranted));
    assert_eq!(connect(&policy, "8.8.8.8", 443, &[]), Err(Reason::NotGranted));
    assert_eq!(connect(&policy, "8.8.8.8", 443, &["example.com"]), Err(Reason::NotGranted));
    // The operator's tables may name a private address for it.
    assert_eq!(connect(&policy, "10.0.0.1", 443, &["api.example.com"]), Ok(()));
    assert_eq!(connect(&policy, "10.0.0.1", 80, &["api.example.com"]), Err(Reason::NotGranted));
    assert_eq!(connect(&policy, "10.0.0.2", 443, &[]), Err(Reason::PrivateAddress));
}

#[test]
fn a_suffix_holds_below_the_name_and_not_beside_it() {
    let policy = policy(&["*.Example.com.:443"], &[]);
    for granted in ["a.example.com", "a.b.example.com", "A.EXAMPLE.COM."] {
        assert!(policy.grants_name(&name(granted)), "{granted}");
    }
    for other in
        ["example.com", "evilexample.com", "a.example.com.evil.org", "com", "example.org", "-example.com"]
    {
        assert!(!policy.grants_name(&name(other)), "{other}");
        assert_eq!(connect(&policy, "8.8.8.8", 443, &[other]), Err(Reason::NotGranted), "{other}");
    }
}

#[test]
fn a_star_is_every_public_address_and_every_name() {
    let policy = policy(&["*:443"], &[]);
    assert_eq!(connect(&policy, "8.8.8.8", 443, &[]), Ok(()));
    assert_eq!(connect(&policy, "2606:4700::1", 443, &[]), Ok(()));
    assert_eq!(connect(&policy, "8.8.8.8", 80, &[]), Err(Reason::NotGranted));
    assert!(policy.grants_name(&name("anything.example")));
    for address in [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "0.0.0.0",
    ] {
        assert_eq!(connect(&policy, address, 443, &[]), Err(Reason::PrivateAddress), "{address}");
        // Not even when the operator's tables answered: `*` is public addresses.
        assert_eq!(connect(&policy, address, 443, &["db.local"]), Err(Reason::PrivateAddress), "{address}");
    }
}

#[test]
fn addresses_and_blocks_hold_for_themselves() {
    let policy = policy(&["10.0.0.0/8:5432", "[fd00::/8]:*", "127.0.0.1:8000-8100", "[::1]:80"], &[]);
    for (address, port, expected) in [
        ("10.1.2.3", 5432, Ok(())),
        ("::ffff:10.1.2.3", 5432, Ok(())),
        ("10.1.2.3", 5433, Err(Reason::NotGranted)),
        ("11.0.0.1", 5432, Err(Reason::NotGranted)),
        ("192.168.0.1", 5432, Err(Reason::PrivateAddress)),
        ("64:ff9b::10.1.2.3", 5432, Err(Reason::PrivateAddress)),
        ("2002:a01:203::", 5432, Err(Reason::PrivateAddress)),
        ("fd12::1", 1, Ok(())),
        ("fc12::1", 1, Err(Reason::PrivateAddress)),
        ("127.0.0.1", 8000, Ok(())),
        ("127.0.0.1", 8100, Ok(())),
        ("127.0.0.1", 7999, Err(Reason::NotGranted)),
        ("127.0.0.1", 8101, Err(Reason::NotGranted)),
        ("127.0.0.2", 8000, Err(Reason::PrivateAddress)),
        ("::1", 80, Ok(())),
        ("::", 80, Err(Reason::PrivateAddress)),
    ] {
        assert_eq!(connect(&policy, address, port, &[]), expected, "{address} {port}");
    }
    assert!(!policy.grants_name(&name("example.com")), "an address grants no look-up");
}

#[test]
fn the_system_may_only_answer_with_public_addresses_and_those_that_a_rule_names() {
    let policy = policy(&["api.example.com:443", "10.0.0.0/8:5432", "*.example.org:*"], &[]);
    let admits = |address| policy.admits_answer(&name("api.example.com"), ip(address));
    assert!(admits("8.8.8.8"));
    assert!(admits("10.3.4.5"));
    for address in
        ["127.0.0.1", "192.168.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0", "240.0.0.1"]
    {
        assert!(!admits(address), "{address}");
    }
}

#[test]
fn listening_is_granted_by_address_and_port() {
    let policy = policy(&[], &["0.0.0.0:8080", "127.0.0.1:*", "[::1]:8000-8100"]);
    let listen = |address, port| policy.check(Purpose::Listen, ip(address), port, []).is_ok();
    let bind = |address, port| policy.check(Purpose::Bind, ip(address), port, []).is_ok();
    assert!(listen("0.0.0.0", 8080) && listen("192.168.0.7", 8080) && bind("0.0.0.0", 8080));
    assert!(!listen("0.0.0.0", 8081) && !bind("0.0.0.0", 8081) && !listen("::", 8080));
    assert!(listen("127.0.0.1", 1) && bind("127.0.0.1", 0));
    assert!(listen("::1", 8050) && !listen("::1", 8101) && !bind("::1", 0));
    assert!(bind("0.0.0.0", 0) && bind("::", 0), "every outgoing socket is bound so");
    assert!(!listen("0.0.0.0", 0) && !listen("::", 0), "listening on a port of the system's choice");
    assert!(NetworkPolicy::new(&NONE, &["*:80"]).unwrap().listens(ip("fd00::1"), 80));
    assert!(policy.check(Purpose::Connect, ip("127.0.0.1"), 1, []).is_err(), "listening is not connecting");
}

#[test]
fn a_wrong_rule_is_named_with_what_is_wrong_and_what_is_expected() {
    for (rule, problem) in [
        ("", "the port is missing"),
        ("api.example.com", "the port is missing"),
        ("api.example.com:", "the port is missing"),
        (":443", "the host is missing"),
        ("https://api.example.com:443", "a rule has no scheme"),
        ("api.example.com:0", "0 is no port; `*` stands for every port"),
        ("api.example.com:65536", "the port is no number from 1 to 65535"),
        ("api.example.com:+80", "the port is no number from 1 to 65535"),
        ("api.example.com:https", "the port is no number from 1 to 65535"),
        ("api.example.com:90-80", "the range of ports ends before it begins"),
        ("api.example.com:80-", "the port is no number from 1 to 65535"),
        ("api.example.com/v1:443", "before the `/` stands no address"),
        ("api..example.com:443", "a label of the name is empty or longer than 63 bytes"),
        ("bücher.example:443", "the name holds a character that no host name may hold"),
        ("a b:443", "the name holds a character that no host name may hold"),
        ("*example.com:443", "`*` stands alone, or as `*.` in front of a name"),
        ("a.*.com:443", "`*` stands alone, or as `*.` in front of a name"),
        ("*.:443", "the name is empty"),
        ("fd00::1:443", "an address of IPv6 stands in brackets"),
        ("[fd00::1]", "the port is missing"),
        ("[fd00::1:443", "the closing `]` is missing"),
        ("[10.0.0.1]:443", "brackets are for addresses of IPv6"),
        ("[fe80::1%eth0]:443", "an address with a zone is not supported"),
        ("[example.com]:443", "in the brackets stands no address of IPv6"),
        ("10.0.0.1/8:443", "the address is not the first one of the block"),
        ("10.0.0.0/40:443", "after the `/` stands no length of a block"),
        (
            "0.0.0.0/0:443",
            "the block holds every address; `*` stands for every public one, private ones are named block by block",
        ),
        ("127.1:80", "it is neither a name nor an address in the usual spelling"),
        ("2130706433:80", "it is neither a name nor an address in the usual spelling"),
        ("0x7f.0.0.0x1:80", "it is neither a name nor an address in the usual spelling"),
        ("0177.0.0.01:80", "it is neither a name nor an address in the usual spelling"),
        ("256.0.0.1:80", "it is neither a name nor an address in the usual spelling"),
    ] {
        let error = NetworkPolicy::new(&[rule], &[]).unwrap_err();
        assert_eq!((error.rule.as_str(), error.problem), (rule, problem));
        assert!(
            error.to_string().starts_with(&format!("`{rule}`: {problem}; expected `api.example.com:443`"))
        );
    }
    let error = NetworkPolicy::new(&[], &["localhost:80"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`localhost:80`: a guest listens on an address of this machine, or `*`; \
         expected `0.0.0.0:8080`, `127.0.0.1:*`, `[::1]:8000-8100` or `*:8080`"
    );
}
