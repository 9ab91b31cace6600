//! What the servers' own clients show when their session is lost, through a listener; knows no bytes.

use crate::proof::site::{PROTOCOLS, Site, builder, endpoint};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Protocol, Tenant};
use warpgrid_pool::listen::{ListenAddress, ListenOptions, Listener};
use warpgrid_test_services::Services;

const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the client with something that takes long.
async fn client(protocol: Protocol, port: u16) -> Output {
    let services = Services::from_environment().unwrap();
    let port = port.to_string();
    let program = match protocol {
        Protocol::Postgres => services
            .program("psql")
            .unwrap()
            .args(["-XAtq", "-c", "SELECT pg_sleep(600)"])
            .arg(format!("host=127.0.0.1 port={port} user=somebody dbname=app sslmode=disable")),
        Protocol::Mysql => services.program("mariadb").unwrap().args([
            "--no-defaults",
            "--skip-ssl",
            "--host=127.0.0.1",
            "--user=somebody",
            "--execute=SELECT SLEEP(600)",
            &format!("--port={port}"),
        ]),
        Protocol::Redis => {
            services.program("redis-cli").unwrap().args(["-e", "-p", port.as_str(), "BLPOP", "nothing", "0"])
        }
    };
    let run = move || program.command().stdin(Stdio::null()).output().unwrap();
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_says_why_its_session_ended() {
    for protocol in PROTOCOLS {
        let server = builder(protocol).start().unwrap();
        let site = Site::new(endpoint(&server, protocol, PoolOptions::default()));
        let listener = Listener::bind(ListenOptions::default()).unwrap();
        let ListenAddress::Tcp(address) = listener.local_address() else { panic!("a Unix socket") };
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(listener.serve(site.pool.clone(), Tenant::new("a"), shutdown.clone()));
        site.line.record();
        let running = tokio::spawn(client(protocol, address.port()));
        while ["pg_sleep", "SLEEP", "BLPOP"].iter().all(|word| site.line.said(word.as_bytes()) == 0) {
            tokio::task::yield_now().await;
        }
        let report = site.manager.drain(Duration::ZERO).await;
        assert_eq!(report.cut.len(), 1, "{protocol}: {report:?}");
        let output = timeout(PATIENCE, running).await.unwrap().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("the session of `orders` ended: the pool is drained"), "{protocol}: {said}");
        let code = match protocol {
            Protocol::Postgres => "FATAL:",
            Protocol::Mysql => "ERROR 1053 (08S01)",
            Protocol::Redis => "ERR ",
        };
        assert!(!output.status.success() && said.contains(code), "{protocol}: {said}");
        shutdown.cancel();
        timeout(PATIENCE, serving).await.unwrap().unwrap();
    }
}
