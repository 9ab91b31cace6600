//! Servers, clients and configurations that are not as they should be: each gets a clear answer.

use crate::lab::{Folder, Place, mariadb, psql, redis_cli, run, services};
use crate::raw::{RawPostgres, query, start_up};
use std::io::Write;
use std::net::TcpListener;
use tokio::net::TcpSocket;
use warpgrid_test_services::TlsCertificate;

/// A port at which nobody listens, and nobody else can as long as this is there.
fn closed_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

#[test]
fn databases_that_cannot_be_used_are_told_apart() {
    let services = services();
    let postgres = services.postgres().start().unwrap();
    let redis = services.redis().start().unwrap();
    let (_held, closed) = closed_port();
    let folder = Folder::new()
        .binding("right", &postgres, "")
        .binding("wrong", &postgres, "")
        .binding_to("down", "postgres", closed, "")
        .binding_to("is-redis", "postgres", redis.port(), "pool = { connect-seconds = 1 }")
        .binding_to("is-postgres", "redis", postgres.port(), "")
        .binding_to("is-postgres-too", "mysql", postgres.port(), "pool = { connect-seconds = 1 }");
    for name in ["wrong", "down", "is-redis", "is-postgres", "is-postgres-too"] {
        folder.write(&format!("{name}.password"), "hunter2");
    }
    let names = ["right", "wrong", "down", "is-redis", "is-postgres", "is-postgres-too"];
    let folder = names.iter().fold(folder, |folder, name| folder.listener(name, ""));
    folder.save();

    let check = folder.run(&["--check"]);
    assert_eq!(check.code, Some(1), "{check:?}");
    assert_eq!(check.out, format!("right: logged in to postgres at 127.0.0.1:{}", postgres.port()));
    for words in [
        "error: `bindings.wrong` cannot be used",
        "refused the login of user `app`",
        "hint: `password` of the binding names a variable or a file",
        "error: `bindings.down` cannot be used",
        "Connection refused",
        "hint: is the server running",
        "error: `bindings.is-redis` cannot be used",
        "connecting and logging in took longer than 1s",
        "A server of another one may just wait",
        "the server of `is-postgres` cannot be reached: the connection broke at the login",
        "error: `bindings.is-postgres-too` cannot be used",
    ] {
        assert!(check.error.contains(words), "{words}: {}", check.error);
    }
    assert!(!check.error.contains("hunter2") && !check.error.contains("WARN"), "{}", check.error);

    // A proxy starts all the same: a database may come later.
    let proxy = folder.start();
    let ask = |name: &str| {
        let said = run(&psql(&services, &Place::Tcp(proxy.port(name))), &["-c", "SELECT 1"]);
        let text = format!("{said:?}");
        assert!(!text.contains("hunter2") && !text.contains(&postgres.password("app")), "{text}");
        said
    };
    assert_eq!(ask("right").well(), "1");
    for (name, words) in [
        ("wrong", "the server of `wrong` refused the login that the host has for it"),
        ("down", "the server of `down` cannot be reached; it is tried again after"),
        ("is-redis", "the server of `is-redis` cannot be reached; it is tried again after"),
    ] {
        let error = ask(name).badly();
        assert!(error.contains(words), "{error}");
        assert!(!proxy.pool(name)["down"].is_null());
        assert!(proxy.pool(name)["down_seconds"].is_u64());
    }
    let error = run(&redis_cli(&services, &Place::Tcp(proxy.port("is-postgres"))), &["PING"]).badly();
    assert!(error.contains("the server of `is-postgres` cannot be reached"), "{error}");
    let error = run(&mariadb(&services, &Place::Tcp(proxy.port("is-postgres-too"))), &["-e", "SELECT 1"]);
    let error = error.badly();
    assert!(error.contains("`is-postgres-too`"), "{error}");

    // What is told to the operator has the reason.
    proxy.says("no session could be opened");
    let table = proxy.folder.run(&["status"]).well();
    assert!(table.contains("down for ") && table.contains("cannot be reached: "), "{table}");
}

#[test]
fn a_server_that_is_down_at_the_start_is_used_when_it_comes() {
    let services = services();
    let server = services.postgres().start().unwrap();
    server.stop().unwrap();
    let folder = Folder::new().binding("db", &server, "pool = { retry-seconds = 0 }").listener("db", "");
    let proxy = folder.start();
    let program = psql(&services, &Place::Tcp(proxy.port("db")));
    assert!(run(&program, &["-c", "SELECT 1"]).badly().contains("cannot be reached"));
    server.restart().unwrap();
    assert_eq!(run(&program, &["-c", "SELECT 1"]).well(), "1");
    assert!(proxy.pool("db")["down"].is_null());
}

#[test]
fn an_expired_certificate_of_the_server_is_refused() {
    let services = services();
    let server = services.postgres().certificate(TlsCertificate::Expired).start().unwrap();
    let ca = format!("tls = {{ ca = '{}' }}", server.ca_pem_path().display());
    let folder = Folder::new().binding("db", &server, &ca).listener("db", "");
    folder.save();
    let check = folder.run(&["--check"]).badly();
    assert!(check.contains("expired") && check.contains("hint: look at `tls` of the binding"), "{check}");
    let json: serde_json::Value = serde_json::from_str(&folder.run(&["--check", "--json"]).out).unwrap();
    assert_eq!((&json["event"], &json["ok"]), (&"checked".into(), &false.into()));
    let proxy = folder.start();
    let error = run(&psql(&services, &Place::Tcp(proxy.port("db"))), &["-c", "SELECT 1"]).badly();
    assert!(error.contains("the encrypted connection to the server of `db` failed"), "{error}");
}

#[test]
fn a_client_that_gets_no_session_is_told_why() {
    let services = services();
    let server = services.postgres().start().unwrap();
    let folder = Folder::new().binding("small", &server, "pool = { size = 1, wait-seconds = 1 }");
    let folder = folder.listener("small", "clients = 2");
    let proxy = folder.start();
    let port = proxy.port("small");
    let program = psql(&services, &Place::Tcp(port));
    let mut taken = RawPostgres::log_in(port);
    // Who was refused is counted until its connection has ended.
    let until_clients = |count: u64| proxy.until(|status| status["listeners"][0]["clients"] == count);
    let error = run(&program, &["-c", "SELECT 1"]).badly();
    assert!(error.contains("all 1 sessions of `small` were taken for 1"), "{error}");
    until_clients(1);
    let other = program.clone().envs([("PGDATABASE", "elsewhere")]);
    let error = run(&other, &["-c", "SELECT 1"]).badly();
    assert!(error.contains("`small` gives another database than `elsewhere`"), "{error}");
    until_clients(1);
    // A second client fills the listener; what it does not say needs no session.
    let silent = RawPostgres::connect(port);
    until_clients(2);
    let error = run(&program, &["-c", "SELECT 1"]).badly();
    assert!(error.contains("2 clients are connected, as many as may"), "{error}");
    drop(silent);
    assert_eq!(taken.query("SELECT 1").len(), 4);
    drop(taken);
    until_clients(0);
    proxy.until_at_rest();
    assert_eq!(run(&program, &["-c", "SELECT 1"]).well(), "1");
}

#[test]
fn clients_of_another_protocol_are_refused_and_others_do_not_notice() {
    let services = services();
    let postgres = services.postgres().start().unwrap();
    let redis = services.redis().start().unwrap();
    let short = "pool = { greeting-seconds = 1 }";
    let folder = Folder::new().binding("pg", &postgres, short).binding("cache", &redis, short);
    let proxy = folder.listener("pg", "").listener("cache", "").start();
    let (pg, cache) = (Place::Tcp(proxy.port("pg")), Place::Tcp(proxy.port("cache")));
    let mut other = RawPostgres::log_in(proxy.port("pg"));
    run(&redis_cli(&services, &pg), &["PING"]).badly();
    let error = run(&mariadb(&services, &pg), &["-e", "SELECT 1"]).badly();
    assert!(error.contains("ERROR"), "{error}");
    run(&psql(&services, &cache), &["-c", "SELECT 1"]).badly();
    // HTTP.
    let mut browser = RawPostgres::connect(proxy.port("cache"));
    browser.0.write_all(b"POST / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert!(browser.rest().starts_with("-ERR Protocol error: an HTTP request"));
    assert_eq!(other.query("SELECT 1").len(), 4);
    assert_eq!(run(&redis_cli(&services, &cache), &["PING"]).well(), "PONG");
}

#[test]
fn a_client_that_asks_for_protocol_3_2_gets_3_0() {
    let server = services().postgres().start().unwrap();
    let proxy = Folder::new().binding("db", &server, "").listener("db", "").start();
    let mut connection = RawPostgres::connect(proxy.port("db"));
    let parameters = [("user", "anyone"), ("database", "app"), ("_pq_.some_option", "1")];
    connection.0.write_all(&start_up((3 << 16) | 2, &parameters)).unwrap();
    let messages = connection.until_ready();
    let (kind, body) = &messages[0];
    assert_eq!((*kind, &body[..8]), (b'v', &[0, 3, 0, 0, 0, 0, 0, 1][..]));
    assert_eq!(&body[8..], b"_pq_.some_option\0");
    assert_eq!(messages[1], (b'R', vec![0, 0, 0, 0]));
    assert_eq!(connection.query("SELECT 1").len(), 4);
    // A version that is not 3 at all.
    let mut old = RawPostgres::connect(proxy.port("db"));
    old.0.write_all(&start_up(2 << 16, &[("user", "anyone")])).unwrap();
    assert!(old.rest().contains("unsupported frontend protocol 2.0"));
}

#[test]
fn half_a_message_and_then_silence_ends_by_the_configured_time() {
    let server = services().postgres().start().unwrap();
    let times = "pool = { greeting-seconds = 1, stall-seconds = 1, transaction-seconds = 1 }";
    let proxy = Folder::new().binding("db", &server, times).listener("db", "").start();
    let mut half_login = RawPostgres::connect(proxy.port("db"));
    half_login.0.write_all(&start_up(3 << 16, &[("user", "anyone")])[..9]).unwrap();
    let said = half_login.rest();
    assert!(said.contains("took too long to say who it is"), "{said}");

    let mut half_query = RawPostgres::log_in(proxy.port("db"));
    half_query.0.write_all(&query("SELECT 1")[..7]).unwrap();
    let said = half_query.rest();
    assert!(said.contains("C57P05") && said.contains("`stall-seconds`"), "{said}");
    let mut transaction = RawPostgres::log_in(proxy.port("db"));
    transaction.query("BEGIN");
    let said = transaction.rest();
    assert!(said.contains("C25P03") && said.contains("`transaction-seconds`"), "{said}");
    proxy.until_at_rest();
    let destroyed = proxy.pool("db")["destroyed"].clone();
    assert_eq!(destroyed["its guest left a frame half sent"], 1, "{destroyed}");
    assert_eq!(destroyed["its guest left a transaction open"], 1, "{destroyed}");
}

#[test]
fn a_configuration_that_is_wrong_opens_nothing() {
    let folder = Folder::new();
    let cases: &[(&str, &[&str])] = &[
        ("[listeners.tcp]\nbinding = 'db'\naddress = '127.0.0.1:0'", &["there is no `[bindings.db]`"]),
        (
            "[bindings.db]\nprotocol = 'postgres'\naddress = 'db:1'",
            &["has no `[listeners]`", "hint: add one"],
        ),
        (
            "[bindings.db]\nprotocol = 'postgres'\naddress = 'db:1'\npassword = { env = 'NO_SUCH_VARIABLE' }",
            &["`NO_SUCH_VARIABLE`, which is not set", "hint: a secret is read"],
        ),
        (
            "[bindings.db]\nprotocol = 'redis'\naddress = 'db:1'\n[listeners.a]\nbinding = 'db'\n\
             address = '127.0.0.1:0'\ntls = { certificate = 'no.pem', key = 'no.key' }",
            &["`listeners.a.tls`: `", "no.pem` cannot be read"],
        ),
        (
            "[bindings.db]\nprotocol = 'redis'\naddress = 'db:1'\n[listeners.a]\nbinding = 'db'\n\
             address = '127.0.0.1:0'\nmode = '0660'",
            &["only a Unix socket has a mode"],
        ),
        (
            "[bindings.db]\nprotocol = 'redis'\naddress = 'db:1'\n[listeners.a]\nbinding = 'db'\n\
             socket = 'there/is/none.sock'",
            &["`listeners.a`", "hint: the folder of the socket must be there"],
        ),
    ];
    for (text, expected) in cases {
        folder.write("warp.toml", text);
        let said = folder.run(&[]);
        assert_eq!(said.code, Some(125), "{text}: {said:?}");
        for words in *expected {
            assert!(said.error.contains(words), "{words}: {}", said.error);
        }
        assert_eq!(said.out, "");
        assert!(!folder.path("warp-proxy.sock").exists());
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let text =
        "[bindings.db]\nprotocol = 'redis'\naddress = 'db:1'\n[listeners.a]\nbinding = 'db'\naddress = ";
    folder.write("warp.toml", &format!("{text}'{address}'"));
    let error = folder.run(&[]).badly();
    assert!(error.contains(&format!("cannot listen on `{address}`")), "{error}");
    assert!(error.contains("hint: end the program that listens there"), "{error}");
}
