//! psql, mariadb and redis-cli through the proxy: reuse, TCP, Unix sockets, TLS on both sides, cancel.

use crate::lab::{Folder, Place, Proxy, mariadb, psql, redis_cli, run, services};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use warpgrid_test_services::{ClientProgram, Server, TlsCertificate};

/// Ten runs by TCP and ten by the Unix socket, each with what it says; then one session that served them all. `before`:
/// sessions that were there first.
fn twenty_runs(proxy: &Proxy, clients: [&ClientProgram; 2], arguments: &[&str], expected: &str, before: u64) {
    for client in clients {
        for _ in 0..10 {
            assert_eq!(run(client, arguments).well(), expected);
            proxy.until_at_rest();
        }
    }
    let pool = proxy.pool("db");
    assert_eq!((&pool["opened"], &pool["idle"]), (&(before + 1).into(), &(before + 1).into()), "{pool}");
    assert_eq!(pool["checkouts"].as_u64().unwrap() - pool["reused"].as_u64().unwrap(), before + 1, "{pool}");
    assert!(pool["checkouts"].as_u64() >= Some(20), "{pool}");
    assert_eq!((&pool["destroyed"], &pool["down"]), (&serde_json::json!({}), &serde_json::Value::Null));
}

/// A proxy with a TCP and a Unix listener of the same tenant.
fn two_listeners(server: &Server, socket: &str) -> Proxy {
    let folder = Folder::new().binding("db", server, "").listener("db", "");
    folder.lines(&format!("[listeners.local]\nbinding = 'db'\nsocket = '{socket}'\ntenant = 'db'")).start()
}

#[test]
fn psql_runs_share_one_session_by_tcp_and_by_a_unix_socket() {
    let services = services();
    let server = services.postgres().start().unwrap();
    let proxy = two_listeners(&server, ".s.PGSQL.6432");
    assert_eq!(proxy.listener("local")["socket"], proxy.folder.path(".s.PGSQL.6432").display().to_string());
    let tcp = psql(&services, &Place::Tcp(proxy.port("db")));
    let unix = psql(&services, &Place::Unix(proxy.folder.path(""), 6432));
    // What one leaves, the next does not find.
    let ask = "SELECT current_user, current_setting('work_mem'), to_regclass('left_over') IS NULL";
    let leave = "SET work_mem = '77MB'; CREATE TEMP TABLE left_over (x int)";
    let default = run(&tcp, &["-c", "SHOW work_mem"]).well();
    proxy.until_at_rest();
    twenty_runs(&proxy, [&tcp, &unix], &["-c", ask, "-c", leave], &format!("app|{default}|t"), 0);
}

#[test]
fn mariadb_runs_share_one_session_by_tcp_and_by_a_unix_socket() {
    let services = services();
    let server = services.mariadb().start().unwrap();
    let proxy = two_listeners(&server, "mysql.sock");
    let tcp = mariadb(&services, &Place::Tcp(proxy.port("db")));
    let unix = mariadb(&services, &Place::Unix(proxy.folder.path("mysql.sock"), 0));
    let ask = "SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1), DATABASE(), @left_over; SET @left_over = 7";
    // A server that speaks first is asked once what it says; that session is nobody's.
    twenty_runs(&proxy, [&tcp, &unix], &["-e", ask], "app\tapp\tNULL", 1);
}

#[test]
fn redis_cli_runs_share_one_session_by_tcp_and_by_a_unix_socket() {
    let services = services();
    let server = services.redis().start().unwrap();
    let proxy = two_listeners(&server, "redis.sock");
    let tcp = redis_cli(&services, &Place::Tcp(proxy.port("db")));
    let unix = redis_cli(&services, &Place::Unix(proxy.folder.path("redis.sock"), 0));
    twenty_runs(&proxy, [&tcp, &unix], &["ACL", "WHOAMI"], "app", 0);
    assert!(run(&tcp, &["MONITOR"]).badly().contains("NOPERM"));
}

/// Lines for encryption on both sides: the server shows its certificate, and the listener shows the same.
fn encrypted(server: &Server) -> Proxy {
    let certificates = server.certificates();
    let good = TlsCertificate::Good;
    let ca = format!("tls = {{ mode = 'verify-full', ca = '{}' }}", certificates.ca_pem_path().display());
    let listener = format!(
        "tls = {{ certificate = '{}', key = '{}', required = true }}",
        certificates.certificate_pem_path(good).display(),
        certificates.key_pem_path(good).display()
    );
    Folder::new().binding("db", server, &ca).listener("db", &listener).start()
}

#[test]
fn both_sides_of_postgres_are_encrypted() {
    let services = services();
    let server = services.postgres().require_tls().start().unwrap();
    let proxy = encrypted(&server);
    assert_eq!(proxy.listener("db")["tls"], true);
    let plain = psql(&services, &Place::Tcp(proxy.port("db")));
    let ca = server.ca_pem_path().display().to_string();
    let tls = plain.clone().envs([("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", &ca)]);
    let ask = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(run(&tls, &["-c", ask]).well(), "t");
    assert!(run(&tls, &["-c", "\\conninfo"]).well().contains("SSL connection"));
    let refused = run(&plain, &["-c", "SELECT 1"]).badly();
    assert!(refused.contains("for encrypted connections only"), "{refused}");
}

#[test]
fn both_sides_of_mariadb_are_encrypted() {
    let services = services();
    let server = services.mariadb().require_tls().start().unwrap();
    let proxy = encrypted(&server);
    let plain = mariadb(&services, &Place::Tcp(proxy.port("db")));
    let ca = format!("--ssl-ca={}", server.ca_pem_path().display());
    let tls = plain.clone().args([ca.as_str(), "--ssl-verify-server-cert"]);
    let shown = run(&tls, &["-e", "SHOW STATUS LIKE 'Ssl_version'"]).well();
    assert!(shown.starts_with("Ssl_version\tTLSv1."), "{shown}");
    let shown = run(&tls, &["-e", "\\s"]).well();
    assert!(shown.contains("Cipher in use is TLS"), "{shown}");
    let refused = run(&plain, &["--skip-ssl", "-e", "SELECT 1"]).badly();
    assert!(refused.contains("for encrypted connections only"), "{refused}");
}

#[test]
fn both_sides_of_redis_are_encrypted() {
    let services = services();
    let server = services.redis().require_tls().start().unwrap();
    let proxy = encrypted(&server);
    let plain = redis_cli(&services, &Place::Tcp(proxy.port("db")));
    let tls = plain.clone().args(["--tls", "--cacert", &server.ca_pem_path().display().to_string()]);
    assert_eq!(run(&tls, &["SET", "k", "v"]).well(), "OK");
    assert_eq!(run(&tls, &["GET", "k"]).well(), "v");
    run(&plain, &["PING"]).badly();
}

#[test]
fn ctrl_c_in_psql_stops_its_own_query_alone() {
    let services = services();
    let server = services.postgres().start().unwrap();
    let proxy = Folder::new().binding("db", &server, "").listener("db", "").start();
    let program = psql(&services, &Place::Tcp(proxy.port("db")));
    let mut sleeps = program.clone().args(["-c", "SELECT pg_sleep(600), 'mine'"]).command();
    let mine = sleeps.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut other = program.clone().args(["-c", "SELECT pg_sleep(600), 'other'"]).command();
    let mut other = other.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let running = |words: &str| {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE";
        server.admin_sql(&format!("{count} 'SELECT pg_sleep(600), ''{words}''%'")).unwrap()
    };
    let start = Instant::now();
    while running("mine") != "1" || running("other") != "1" {
        assert!(start.elapsed() < Duration::from_secs(100));
    }
    assert!(Command::new("kill").args(["-INT", &mine.id().to_string()]).status().unwrap().success());
    let ended = mine.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&ended.stderr);
    assert!(error.contains("canceling statement due to user request"), "{error}");
    assert_eq!(running("other"), "1");
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(run(&program, &["-c", "SELECT 1"]).well(), "1");
}
