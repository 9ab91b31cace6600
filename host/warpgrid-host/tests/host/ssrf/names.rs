//! Names that point where no rule does: the guest looks them up by `std`, the system's answers are the test's.

use super::table::REACHED;
use crate::harness::{guest, run_watched};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use warpgrid_grants::names::ServiceRegistry;
use warpgrid_grants::net::{Binding, BindingProtocol, NetworkPolicy};
use warpgrid_host::shims::dns::{DnsConfig, SystemError, SystemResolver};
use warpgrid_host::{AppConfig, ShimConfig};

const REFUSED: &str = "refused";
/// The resolver takes it for no name at all, and asks nobody.
const NO_NAME: &str = "no name";
const NAME: &[&str] = &["api.example.com:{open}"];
const ANY: &[&str] = &["*:{open}"];

/// The rules, the operator's `name=address`, the system's answers (`name=address,address`, the next look-up
/// after a `;`), the way, the target, what comes of it, and why it is here.
type Row = (
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (NAME, "api.example.com=127.0.0.1", "", "name", "api.example.com:{open}", REACHED, "the operator says where it is"),
    (NAME, "api.example.com=127.0.0.1", "", "name", "API.Example.com.:{open}", REACHED, "case and trailing dot"),
    (NAME, "", "api.example.com=127.0.0.1", "name", "api.example.com:{open}", REFUSED, "the system says it is loopback"),
    (NAME, "", "api.example.com=::ffff:127.0.0.1", "name", "api.example.com:{open}", REFUSED, "mapped answer"),
    (NAME, "", "api.example.com=64:ff9b::7f00:1", "name", "api.example.com:{open}", REFUSED, "NAT64 answer"),
    (NAME, "", "api.example.com=0.0.0.0", "name", "api.example.com:{open}", REFUSED, "unspecified answer"),
    (NAME, "", "api.example.com=::1", "name", "api.example.com:{open}", REFUSED, "loopback of IPv6"),
    (NAME, "", "api.example.com=169.254.169.254", "name", "api.example.com:{open}", REFUSED, "metadata answer"),
    (NAME, "", "api.example.com=10.0.0.5,127.0.0.1", "name", "api.example.com:{open}", REFUSED, "several answers, all private"),
    (NAME, "", "api.example.com=8.8.8.8;127.0.0.1", "name-twice", "api.example.com:{open}", REFUSED, "rebinding between two look-ups"),
    (NAME, "", "api.example.com=8.8.8.8", "name-then", "api.example.com:{open},127.0.0.1:{open}", REFUSED, "look-up of one, connect to another"),
    (NAME, "", "api.example.com=8.8.8.8,127.0.0.1", "name-then", "api.example.com:{open},127.0.0.1:{open}", REFUSED, "several answers, one private: it is not told"),
    (NAME, "", "evil.net=8.8.8.8", "name-then", "evil.net:80,127.0.0.1:{open}", REFUSED, "look-up of a name that no rule grants"),
    (&["api.example.com:{open}", "127.0.0.1:{open}"], "", "api.example.com=127.0.0.1", "name", "api.example.com:{open}", REACHED, "a rule names the address"),
    (&["api.example.com:{open}", "127.0.0.0/8:1"], "", "api.example.com=127.0.0.1", "name", "api.example.com:{open}", REFUSED, "a rule names the address on another port: the name's port is not added"),
    (&["*.example.com:{open}"], "a.example.com=127.0.0.1", "", "name", "a.example.com:{open}", REACHED, "below the suffix"),
    (&["*.example.com:{open}"], "evilexample.com=127.0.0.1", "", "name", "evilexample.com:{open}", REFUSED, "ends like the suffix"),
    (&["*.example.com:{open}"], "example.com.evil.org=127.0.0.1", "", "name", "example.com.evil.org:{open}", REFUSED, "the suffix in front"),
    (&["*.example.com:{open}"], "example.com=127.0.0.1", "", "name", "example.com:{open}", REFUSED, "the suffix itself"),
    (&["localhost:{open}"], "", "", "name", "localhost:{open}", REACHED, "the hosts file, granted by name"),
    (ANY, "", "", "name", "localhost:{open}", REFUSED, "the hosts file, `*` is public addresses"),
    (ANY, "", "127.1=127.0.0.1", "name", "127.1:{open}", NO_NAME, "an address in a short spelling"),
    (ANY, "", "2130706433=127.0.0.1", "name", "2130706433:{open}", NO_NAME, "an address as one number"),
    (ANY, "", "0x7f000001=127.0.0.1", "name", "0x7f000001:{open}", NO_NAME, "an address in hexadecimal"),
    (ANY, "", "0177.0.0.1=127.0.0.1", "name", "0177.0.0.1:{open}", NO_NAME, "an address in octal"),
    (ANY, "", "", "name", "127.0.0.1:{open}", REFUSED, "an address as a name"),
    (ANY, "", "rebind.example=127.0.0.1", "name", "rebind.example:{open}", REFUSED, "any name, loopback answer"),
    (&[], "db.local=127.0.0.1", "", "name", "db.local:{open}", REFUSED, "resolving is not connecting"),
    (&["db.local:1"], "db.local=127.0.0.1", "", "name", "db.local:{open}", REFUSED, "another port"),
    (&["127.0.0.1:{open}"], "", "", "name", "db.warp.local:{open}", REFUSED, "a binding is no network"),
];

/// Answers in turn what the row says, the last one again and again.
#[derive(Default)]
struct Answers(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Answers {
    fn set(&self, text: &str) {
        let addresses = |text: &str| text.split(',').map(|address| address.parse().unwrap()).collect();
        let entry = |(name, answers): (&str, &str)| {
            (name.to_owned(), answers.split(';').rev().map(addresses).collect())
        };
        *self.0.lock().unwrap() = text.split_once('=').map(entry).into_iter().collect();
    }
}

impl SystemResolver for Answers {
    fn resolve<'a>(
        &'a self,
        name: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, SystemError>> + Send + 'a>> {
        let mut known = self.0.lock().unwrap();
        let answer = known
            .get_mut(name)
            .map(|left| if left.len() > 1 { left.pop().unwrap() } else { left[0].clone() });
        Box::pin(async move { answer.ok_or(SystemError::NotFound) })
    }
}

#[tokio::test]
async fn no_name_leads_to_what_no_rule_names() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let open = port.to_string();
    let arrived = Arc::new(AtomicUsize::new(0));
    let count = arrived.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let shims =
        ShimConfig { dns: Some(DnsConfig { system: true, ..DnsConfig::default() }), ..ShimConfig::default() };
    let engine = crate::harness::engine(shims).unwrap();
    let bytes = guest("ssrf_reach");
    let binding = Binding {
        name: "db".into(),
        protocol: BindingProtocol::Postgres,
        host: "db.warp.local".into(),
        port,
    };
    let answers = Arc::new(Answers::default());
    let load = |allow: &[&str], operator: &str| {
        let allow: Vec<String> = allow.iter().map(|rule| rule.replace("{open}", &open)).collect();
        let entry = operator.split_once('=').map(|(name, address)| (name, vec![address.parse().unwrap()]));
        let hour = AtomicU64::new(0);
        let config = AppConfig {
            network: Arc::new(NetworkPolicy::new(&allow, &[]).unwrap()),
            registry: ServiceRegistry::new(entry).unwrap(),
            system_resolver: answers.clone(),
            bindings: Arc::new([binding.clone()]),
            // An hour goes by between any two looks at the clock: no answer is served twice.
            clock: Arc::new(move || Duration::from_secs(3600 * hour.fetch_add(1, Ordering::Relaxed))),
            ..AppConfig::default()
        };
        engine.load_module(&bytes, config).unwrap()
    };
    let mut wrong = Vec::new();
    let mut applications = BTreeMap::new();
    for &(allow, operator, system, way, target, expected, why) in ROWS {
        let application = applications.entry((allow, operator)).or_insert_with(|| load(allow, operator));
        answers.set(system);
        let target = target.replace("{open}", &open);
        let (ran, facts) = run_watched(application, &[way, &target], &[], |_| ()).await;
        let (text, newest) = (ran.text(), facts.refusals.newest());
        let reached = text.trim_end() == REACHED;
        // What a rule refuses is in the record, and nothing else is.
        if reached != (expected == REACHED) || (expected == REFUSED) == newest.is_empty() {
            wrong.push(format!("{allow:?} {operator} {system} {way} {target}: {text} {newest:?}, {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let expected = ROWS.iter().filter(|row| row.5 == REACHED).count();
    // The last connection may still wait in the listener's queue.
    while arrived.load(Ordering::SeqCst) < expected {
        tokio::task::yield_now().await;
    }
    assert_eq!(arrived.load(Ordering::SeqCst), expected, "connections that no row allows");
}
