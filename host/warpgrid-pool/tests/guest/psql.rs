//! PostgreSQL's own client through a listener: TCP, Unix socket, encryption, cancel, reuse.

use crate::lab::{Lab, lab, services};
use std::process::{Output, Stdio};
use std::time::Duration;
use warpgrid_pool::listen::{ListenAddress, ListenOptions, TlsServer};
use warpgrid_test_services::TlsCertificate;

/// Runs psql without a password of the server.
async fn psql(target: String, sql: &'static str) -> Output {
    let program =
        services().program("psql").unwrap().args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]).arg(target);
    tokio::task::spawn_blocking(move || program.command().stdin(Stdio::null()).output().unwrap())
        .await
        .unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}{err}").trim().to_owned()
}

fn port(address: &ListenAddress) -> u16 {
    match address {
        ListenAddress::Tcp(address) => address.port(),
        ListenAddress::Unix { .. } => panic!("a Unix socket"),
    }
}

fn target(address: &ListenAddress, more: &str) -> String {
    format!("host=127.0.0.1 port={} user=somebody dbname=app connect_timeout=100 {more}", port(address))
}

async fn at_rest(lab: &Lab) {
    while lab.pool.stats().taken + lab.pool.stats().busy > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn psql_needs_no_password_and_shares_a_session() {
    let lab = lab();
    let (address, shutdown, serving) = lab.listen(ListenOptions::default());
    for _ in 0..10 {
        assert_eq!(said(&psql(target(&address, "sslmode=disable"), "select current_user").await), "app");
        at_rest(&lab).await;
    }
    let stats = lab.pool.stats();
    assert_eq!((stats.opened, stats.checkouts, stats.reset, stats.destroyed), (1, 10, 10, vec![]));
    shutdown.cancel();
    serving.await.unwrap();
}

#[tokio::test]
async fn psql_reaches_the_pool_by_a_unix_socket() {
    let lab = lab();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".s.PGSQL.5432");
    let address = ListenAddress::Unix { path, mode: 0o600 };
    lab.listen(ListenOptions { address, ..ListenOptions::default() });
    let target = format!("host={} user=somebody dbname=app", folder.path().display());
    assert_eq!(said(&psql(target, "select 6 * 7").await), "42");
}

#[tokio::test]
async fn psql_checks_the_listeners_certificate() {
    let lab = lab();
    let certificates = lab.server.certificates();
    let read = |path: std::path::PathBuf| std::fs::read(path).unwrap();
    let tls = TlsServer::new(
        &read(certificates.certificate_pem_path(TlsCertificate::Good)),
        &read(certificates.key_pem_path(TlsCertificate::Good)),
    );
    let options = ListenOptions { tls: Some(tls.unwrap()), tls_required: true, ..ListenOptions::default() };
    let (address, ..) = lab.listen(options);
    let full = format!("sslmode=verify-full sslrootcert={}", certificates.ca_pem_path().display());
    assert_eq!(said(&psql(target(&address, &full), "select 6 * 7").await), "42");
    let plain = psql(target(&address, "sslmode=disable"), "select 6 * 7").await;
    assert!(!plain.status.success() && said(&plain).contains("for encrypted connections only"), "{plain:?}");
}

#[tokio::test]
async fn a_query_is_cancelled_through_the_listener() {
    let lab = lab();
    let (address, ..) = lab.listen(ListenOptions::default());
    let target = target(&address, "sslmode=disable");
    let program =
        services().program("psql").unwrap().args(["-XAt", "-c", "select pg_sleep(600)"]).arg(target.as_str());
    let mut child = program.command().stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let running =
        "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep(600)'";
    while lab.server.admin_sql(running).unwrap().trim() != "1" {
        tokio::task::yield_now().await;
    }
    // What psql does at Ctrl-C: a connection of its own with the key that it was told.
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
        .unwrap();
    let output = tokio::task::spawn_blocking(move || {
        let status = child.wait().unwrap();
        let mut said = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
        (status, said)
    });
    let (status, said) = tokio::time::timeout(Duration::from_secs(60), output).await.unwrap().unwrap();
    assert!(!status.success() && said.contains("canceling statement due to user request"), "{said}");
    at_rest(&lab).await;
    assert_eq!(lab.pool.stats().destroyed, [("a query of it was cancelled", 1)]);
}

#[tokio::test]
async fn copy_goes_both_ways() {
    let lab = lab();
    let (address, ..) = lab.listen(ListenOptions::default());
    let output = psql(
        target(&address, "sslmode=disable"),
        "create temp table lines (line text); \
         insert into lines select repeat('x', 1000) from generate_series(1, 100000); \
         copy lines to stdout",
    )
    .await;
    assert_eq!(output.stdout.len(), 1001 * 100_000, "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn psql_is_told_why_the_server_is_not_reached() {
    let lab = lab();
    let (address, ..) = lab.listen(ListenOptions::default());
    lab.server.stop().unwrap();
    let output = psql(target(&address, "sslmode=disable"), "select 1").await;
    assert!(said(&output).contains("the server of `orders` cannot be reached"), "{}", said(&output));
}
