//! Names that the host itself answers for: bindings, and services of the same application.

use super::world::{FakeSystem, run, world};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use warpgrid_grants::names::HostName;
use warpgrid_grants::net::{Binding, BindingProtocol};
use warpgrid_host::http::{LocalService, Services};
use wasmtime_wasi_http::{Error, WasiBody};

/// Nobody calls it: only its name matters here.
struct Uncalled;

impl LocalService for Uncalled {
    fn call(
        &self,
        _: http::Request<WasiBody>,
        _: u32,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<WasiBody>, Error>> + Send + '_>> {
        Box::pin(async { Err(Error::HttpRequestDenied) })
    }
}

fn binding(name: &str, host: &str) -> Binding {
    Binding { name: name.into(), protocol: BindingProtocol::Postgres, host: host.into(), port: 5432 }
}

#[tokio::test]
async fn bindings_and_services_have_stable_addresses_that_tell_their_names() {
    let system = FakeSystem::new(&[]);
    let mut world = world("[registry]\n'db.warp.local' = '10.0.0.5'", &system);
    world.app.bindings = [binding("db", "DB.warp.local"), binding("by-address", "10.0.0.9")].into();
    let notify = HostName::new("notify").unwrap();
    world.app.services = Arc::new(Services::from([(notify, Arc::new(Uncalled) as Arc<dyn LocalService>)]));
    let mut seen = Vec::new();
    for guest in ["dns_lookup", "dns_lookup_p3", "dns_lookup"] {
        let (text, facts) = run(&world.load(guest), &["db.warp.local", "notify"]).await;
        let addresses: Vec<IpAddr> = text.lines().map(|line| line.parse().unwrap()).collect();
        let names = addresses.iter().map(|address| facts.synthetic.name_of(*address).unwrap().as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["db.warp.local", "notify"]);
        assert!(
            addresses.iter().all(|address| matches!(address, IpAddr::V4(four) if four.octets()[0] >= 240))
        );
        assert_eq!(facts.synthetic.entries().count(), 2, "a binding by address needs no name");
        seen.push(addresses);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    let names = world.load("dns_lookup").resolver().unwrap().reverse(seen[0][0]).unwrap();
    assert_eq!(names, ["db.warp.local"]);
}
