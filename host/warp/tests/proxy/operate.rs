//! Operating a proxy: status, metrics, reload, drain, signals, the admin socket.

use crate::lab::{Folder, Place, Proxy, psql, run, services};
use crate::raw::RawPostgres;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use warpgrid_test_services::{Server, Services};

fn started() -> (Services, Server, Proxy) {
    let services = services();
    let server = services.postgres().start().unwrap();
    let folder = Folder::new().binding("db", &server, "").listener("db", "");
    let proxy = folder.lines("[listeners.local]\nbinding = 'db'\nsocket = 'local.sock'").start();
    (services, server, proxy)
}

#[test]
fn status_and_metrics_show_the_pool_and_its_listeners() {
    let services = services();
    let server = services.postgres().start().unwrap();
    let folder = Folder::new().binding("db", &server, "").listener("db", "");
    let proxy = folder.start_with(&["--metrics-listen", "127.0.0.1:0"]);
    let program = psql(&services, &Place::Tcp(proxy.port("db")));
    for _ in 0..4 {
        run(&program, &["-c", "SELECT 1"]).well();
        proxy.until_at_rest();
    }
    // A client is counted a moment longer than its session is taken.
    proxy.until(|status| status["listeners"][0]["clients"] == 0);
    let _taken = RawPostgres::log_in(proxy.port("db"));
    let table = proxy.folder.run(&["status"]).well();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..4], ["BINDING", "PROTOCOL", "TAKEN", "IDLE"]);
    // psql names itself at its start, so that its sessions are not those of others.
    assert_eq!(lines[1], ["db", "postgres", "1", "1", "0", "0", "10", "5", "60", "%", "up"]);
    let address = format!("127.0.0.1:{}", proxy.port("db"));
    assert_eq!(lines[4], ["db", "db", &address, "no", "1", "1000"]);

    let json = proxy.folder.run(&["status", "--json"]).well();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["event"], &json["draining"]), (&"status".into(), &false.into()));
    assert_eq!(json["listeners"][0]["port"], proxy.port("db"));

    let metrics = proxy.ready["metrics"].as_str().unwrap();
    let address = metrics.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    let get = |path: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let text = get("/metrics");
    for line in [
        "warpgrid_database_sessions_taken{binding=\"db\"} 1",
        "warpgrid_database_sessions_idle{binding=\"db\"} 1",
        "warpgrid_database_checkouts_reused_total{binding=\"db\"} 3",
        "warpgrid_database_sessions_opened_total{binding=\"db\"} 2",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line}: {text}");
    }
    assert!(get("/healthz").starts_with("HTTP/1.1 200"));
}

#[test]
fn the_admin_socket_is_the_owners_and_belongs_to_one_proxy() {
    let (_services, _server, mut proxy) = started();
    let path = proxy.folder.path("warp-proxy.sock");
    assert_eq!(proxy.ready["admin"], path.display().to_string());
    let mode = std::fs::symlink_metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = proxy.folder.run(&[]);
    assert_eq!(second.code, Some(125), "{second:?}");
    assert!(second.error.contains("a proxy runs already and takes orders at"), "{}", second.error);
    assert!(proxy.order("dance")["error"].as_str().unwrap().contains("no order of a proxy"));
    assert!(proxy.order(&"x".repeat(10_000))["error"].is_string());

    // What a killed proxy left is replaced; what one that ended left is nothing.
    proxy.signal("KILL");
    proxy.end();
    assert!(path.exists());
    let gone = proxy.folder.run(&["status"]);
    assert_eq!(gone.code, Some(125));
    assert!(gone.error.contains("no proxy takes orders at"), "{}", gone.error);
    let folder = std::mem::replace(&mut proxy.folder, Folder::new());
    let mut again = folder.start_again();
    again.signal("TERM");
    assert_eq!(again.event("drained")["cut"], serde_json::json!([]));
    assert_eq!(again.end(), Some(0));
    assert!(!path.exists());
    let nobody = again.folder.run(&["drain"]);
    assert!(nobody.error.contains("hint: start one with `warp proxy"), "{}", nobody.error);
}

#[test]
fn a_changed_password_is_in_force_after_a_reload_and_sessions_of_before_end_with_their_clients() {
    let (services, server, mut proxy) = started();
    let program = psql(&services, &Place::Tcp(proxy.port("db")));
    let ask = |_: &Proxy| run(&program, &["-c", "SELECT 1"]);
    let mut before = RawPostgres::log_in(proxy.port("db"));
    ask(&proxy).well();
    proxy.until(|status| status["pools"][0]["idle"] == 1);
    server.admin_sql("ALTER ROLE app PASSWORD 'another'").unwrap();
    proxy.folder.write("db.password", "another");
    let answer = proxy.order("reload");
    assert_eq!((&answer["event"], &answer["retired_sessions"]), (&"reloaded".into(), &1.into()), "{answer}");
    assert_eq!(proxy.event("reloaded")["opened"], serde_json::json!([]));
    assert_eq!(proxy.pool("db")["opened"], 0);
    ask(&proxy).well();
    assert_eq!(proxy.pool("db")["opened"], 1);
    // Who was in goes on, and the session does not outlive it.
    assert_eq!(before.query("SELECT 1").len(), 4);
    drop(before);
    proxy.until(|status| status["retired_sessions"] == 0);
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'";
    let start = std::time::Instant::now();
    while server.admin_sql(sessions).unwrap() != "1" {
        assert!(start.elapsed() < std::time::Duration::from_secs(60));
    }

    // A reload without a change keeps the sessions.
    proxy.until_at_rest();
    assert_eq!(proxy.folder.run(&["reload"]).well(), "the configuration is in force: 2 listeners");
    ask(&proxy).well();
    assert_eq!(proxy.pool("db")["opened"], 1);

    // A wrong file changes nothing, by whichever way it is read.
    let config = proxy.folder.config().to_owned();
    proxy.folder.write("warp.toml", &format!("{config}\n[bindings.db.pool]\nsize = 0"));
    let said = proxy.folder.run(&["reload"]);
    assert_eq!(said.code, Some(125), "{said:?}");
    for words in ["the configuration stays as it was", "warp.toml", "`bindings.db.pool.size`"] {
        assert!(said.error.contains(words), "{words}: {}", said.error);
    }
    proxy.signal("HUP");
    while proxy.event("reload-failed")["error"].as_str().is_none() {}
    ask(&proxy).well();
}

#[test]
fn a_reload_opens_and_closes_listeners_and_changes_limits() {
    let services = services();
    let server = services.postgres().start().unwrap();
    let base = |folder: Folder, pool: &str| folder.binding("db", &server, pool);
    let local = "[listeners.local]\nbinding = 'db'\nsocket = 'local.sock'";
    let mut proxy = base(Folder::new(), "").listener("db", "").lines(local).start();
    let mut before = RawPostgres::log_in(proxy.port("db"));
    let changed = base(Folder::new(), "pool = { size = 3 }");
    let lines = "[listeners.second]\nbinding = 'db'\naddress = '127.0.0.1:0'";
    proxy.folder.write("warp.toml", changed.lines(lines).config());
    proxy.signal("HUP");
    let reloaded = proxy.event("reloaded");
    assert_eq!((&reloaded["listeners"], &reloaded["retired_sessions"]), (&1.into(), &1.into()));
    let second = proxy.port("second");
    assert_eq!(run(&psql(&services, &Place::Tcp(second)), &["-c", "SELECT 1"]).well(), "1");
    assert_eq!(proxy.pool("db")["size"], 3);
    let start = std::time::Instant::now();
    // Of the two that are gone, the port may be another's by now.
    while UnixStream::connect(proxy.folder.path("local.sock")).is_ok() {
        assert!(start.elapsed() < std::time::Duration::from_secs(60));
    }
    assert_eq!(before.query("SELECT 1").len(), 4);
}

#[test]
fn a_drain_lets_sessions_end_at_their_boundaries() {
    let (_services, _server, mut proxy) = started();
    let port = proxy.port("db");
    let (mut at_rest, mut busy) = (RawPostgres::log_in(port), RawPostgres::log_in(port));
    busy.query("BEGIN");
    proxy.signal("TERM");
    let said = at_rest.rest();
    assert!(said.contains("C57P01") && said.contains("the session of `db` ended"), "{said}");
    // The port may be another's by now. Listeners end beside the sessions, each at its own pace.
    let start = std::time::Instant::now();
    while UnixStream::connect(proxy.folder.path("local.sock")).is_ok() {
        assert!(start.elapsed() < std::time::Duration::from_secs(60));
    }
    let status = proxy.until(|status| status["draining"] == true);
    assert_eq!(status["pools"][0]["taken"], 1);
    assert_eq!(status["pools"][0]["destroyed"]["the pool is drained"], 1);
    assert!(proxy.order("reload")["error"].as_str().unwrap().contains("draining"));
    assert_eq!(busy.query("SELECT 1").len(), 4);
    busy.query("COMMIT");
    let drained = proxy.event("drained");
    assert_eq!((&drained["finished"], &drained["cut"]), (&2.into(), &serde_json::json!([])));
    assert_eq!(proxy.end(), Some(0));
}

#[test]
fn a_drain_by_command_prints_what_was_cut() {
    let services = services();
    let server = services.postgres().start().unwrap();
    let folder = Folder::new().binding("db", &server, "").listener("db", "");
    let mut proxy = folder.lines("[shims]\ndatabase-proxy = { drain-seconds = 1 }").start();
    let mut open = RawPostgres::log_in(proxy.port("db"));
    open.query("BEGIN");
    let said = proxy.folder.run(&["drain"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.out.contains("0 sessions ended in their own time, 1 cut"), "{}", said.out);
    assert!(said.out.contains("  cut: db: tenant db, session 1, a transaction open"), "{}", said.out);
    assert_eq!(proxy.event("drained")["cut"].as_array().unwrap().len(), 1);
    assert_eq!(proxy.end(), Some(1));
    // What it hears depends on how soon the process ends.
    let said = open.rest();
    assert!(said.is_empty() || said.contains("C57P01"), "{said}");
}

#[test]
fn a_second_signal_ends_at_once() {
    let (_services, _server, mut proxy) = started();
    let mut open = RawPostgres::log_in(proxy.port("db"));
    open.query("BEGIN");
    proxy.signal("INT");
    proxy.until(|status| status["draining"] == true);
    let begun = std::time::Instant::now();
    proxy.signal("INT");
    assert_eq!(proxy.event("drained")["cut"].as_array().unwrap().len(), 1);
    assert_eq!(proxy.end(), Some(1));
    assert!(begun.elapsed() < std::time::Duration::from_secs(25), "a drain takes 30 seconds");
}

#[test]
fn people_get_a_line_for_each_listener_and_flags_that_do_not_belong_together_are_refused() {
    let services = services();
    let server = services.redis().start().unwrap();
    let folder = Folder::new().binding("db", &server, "").listener("db", "");
    folder.save();
    let mut child = {
        let mut command = folder.warp(&[]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    let said = (line.starts_with("db: redis on 127.0.0.1:"), line.trim_end().ends_with(", binding `db`"));
    assert_eq!(said, (true, true), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();

    let wrong = folder.run(&["--check", "status"]);
    assert_eq!(wrong.code, Some(125));
    assert!(wrong.error.contains("`--check` is for starting a proxy"), "{}", wrong.error);
}
