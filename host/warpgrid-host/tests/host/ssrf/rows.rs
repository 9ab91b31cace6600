//! Runs the table: one guest a row, and a listener that counts what arrived.

use super::table::{DENIED, GROUPS, INVALID, REACHED, Row};
use crate::harness::{guest, run_watched};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use warpgrid_grants::names::HostName;
use warpgrid_grants::net::NetworkPolicy;
use warpgrid_host::instance::InstanceFacts;
use warpgrid_host::{AppConfig, ShimConfig};

/// What a resolver would have told the guest: `name=address,address`, several with `;`.
fn tell(facts: &InstanceFacts, told: &str) {
    for (name, addresses) in told.split(';').filter_map(|answer| answer.split_once('=')) {
        let addresses: Vec<IpAddr> = addresses.split(',').map(|address| address.parse().unwrap()).collect();
        facts.pins.lock().unwrap().record(&HostName::new(name).unwrap(), &addresses);
    }
}

#[tokio::test]
async fn no_row_reaches_what_no_rule_names() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = listener.local_addr().unwrap().port().to_string();
    let arrived = Arc::new(AtomicUsize::new(0));
    let count = arrived.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let filled =
        |rules: &[&str]| -> Vec<String> { rules.iter().map(|rule| rule.replace("{open}", &open)).collect() };
    let engine = crate::harness::engine(ShimConfig::default()).unwrap();
    let bytes = guest("ssrf_reach");
    let mut wrong = Vec::new();
    for group in GROUPS {
        let network = NetworkPolicy::new(&filled(group.allow), &filled(group.listen)).unwrap();
        let config = AppConfig { network: Arc::new(network), ..AppConfig::default() };
        let application = engine.load_module(&bytes, config).unwrap();
        for &row in group.rows {
            let (told, way, target, expected, why): Row = row;
            let target = target.replace("{open}", &open);
            let (ran, facts) =
                run_watched(&application, &[way, &target], &[], |facts| tell(facts, told)).await;
            let text = ran.text();
            // What was refused by a rule is in the record, and nothing else is.
            let recorded = facts.refusals.count() > 0;
            if text.trim_end() != expected || recorded != (expected == DENIED) {
                wrong.push(format!("{:?} {told} {way} {target}: {text} {recorded}, {why}", group.allow));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let connects = |row: &&Row| row.3 == REACHED && row.1.starts_with("tcp");
    let expected = GROUPS.iter().flat_map(|group| group.rows).filter(connects).count();
    // The last connection may still wait in the listener's queue.
    while arrived.load(Ordering::SeqCst) < expected {
        tokio::task::yield_now().await;
    }
    assert_eq!(arrived.load(Ordering::SeqCst), expected, "connections that no row allows");
}

#[test]
fn the_table_is_long_enough_and_no_row_is_there_twice() {
    let mut seen = std::collections::BTreeSet::new();
    for group in GROUPS {
        for (told, way, target, expected, why) in group.rows {
            assert!(seen.insert((group.allow, group.listen, told, way, target)), "{why}");
            assert!(!why.is_empty() && !expected.is_empty());
        }
    }
    let refused = GROUPS.iter().flat_map(|group| group.rows).filter(|row| [DENIED, INVALID].contains(&row.3));
    assert!(refused.count() >= 60);
}
