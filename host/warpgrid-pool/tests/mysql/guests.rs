//! The servers' own clients, unmodified, as guests: of MariaDB 10.11 and of MySQL 9.7, in front of both servers.

use crate::lab::{endpoint, is_mariadb, servers};
use crate::relay::Relay;
use std::process::Output;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin};
use warpgrid_pool::secret::Secret;
use warpgrid_test_services::{Server, Services};

/// The clients that there are.
fn clients() -> &'static [&'static str] {
    match Services::from_environment().unwrap().mysql() {
        Ok(_) => &["mariadb", "mysql"],
        Err(_) => &["mariadb"],
    }
}

/// One client program through the relay.
async fn ask(server: &Server, relay: &Relay, client: &str, arguments: &[&str]) -> Output {
    let program = server
        .program(client)
        .unwrap()
        .args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "-BN"])
        .arg(format!("--port={}", relay.port))
        .arg(if client == "mysql" { "--ssl-mode=DISABLED" } else { "--skip-ssl" })
        .args(arguments.iter().copied())
        .envs([("MYSQL_PWD", "")]);
    tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_password_and_none_open_a_session_where_nobody_asks() {
    for server in servers() {
        let relay = Relay::open(endpoint(&server, "app")).await;
        for client in clients() {
            for password in ["--skip-password", "--password=anything"] {
                for database in [&["app"][..], &[]] {
                    let ask_for =
                        [&["--user=whoever", password, "-e", "SELECT CURRENT_USER(), DATABASE()"], database];
                    let output = ask(&server, &relay, client, &ask_for.concat()).await;
                    assert_eq!(said(&output), "app@%\tapp\n", "{client} {password} {:?}", server.kind());
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guests_own_password_is_checked() {
    for server in servers() {
        let login = GuestLogin::Check { user: "guest".into(), password: Secret::new("sesame") };
        let relay = Relay::open(Endpoint { guest_login: login, ..endpoint(&server, "app") }).await;
        for client in clients() {
            for (user, password, right) in [
                ("guest", "--password=sesame", true),
                ("guest", "--password=sesamf", false),
                ("guest", "--skip-password", false),
                ("guesT", "--password=sesame", false),
                ("", "--password=sesame", false),
                ("app", &format!("--password={}", server.password("app")), false),
            ] {
                let arguments = [&format!("--user={user}"), password, "-e", "SELECT 1"];
                let output = ask(&server, &relay, client, &arguments).await;
                assert_eq!(output.status.success(), right, "{client} {user}: {}", said(&output));
                assert!(right || said(&output).contains("1045"), "{}", said(&output));
            }
        }
        // A guest whose password is the empty one.
        let login = GuestLogin::Check { user: "guest".into(), password: Secret::new("") };
        let relay = Relay::open(Endpoint { guest_login: login, ..endpoint(&server, "app") }).await;
        for client in clients() {
            for (password, right) in [("--skip-password", true), ("--password=x", false)] {
                let output =
                    ask(&server, &relay, client, &["--user=guest", password, "-e", "SELECT 1"]).await;
                assert_eq!(output.status.success(), right, "{client} {password}: {}", said(&output));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_database_than_the_endpoints_is_refused() {
    for server in servers() {
        let relay = Relay::open(endpoint(&server, "app")).await;
        let free = Relay::open(Endpoint { database: None, ..endpoint(&server, "app") }).await;
        for client in clients() {
            let arguments = ["--user=x", "-e", "SELECT DATABASE()", "information_schema"];
            let output = ask(&server, &relay, client, &arguments).await;
            assert!(said(&output).contains("1044"), "{}", said(&output));
            let output = ask(&server, &free, client, &arguments).await;
            assert_eq!(said(&output), "information_schema\n");
            let output = ask(&server, &free, client, &arguments[..3]).await;
            assert_eq!(said(&output), "NULL\n");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_files_and_kills_of_the_clients_work() {
    let folder = tempfile_in_target();
    std::fs::write(&folder, "1\tone\n2\ttwo\n").unwrap();
    for server in servers() {
        let relay = Relay::open(endpoint(&server, "app")).await;
        for client in clients() {
            let script = format!(
                "DROP TABLE IF EXISTS t; CREATE TABLE t (a INT, b TEXT); \
                 LOAD DATA LOCAL INFILE '{}' INTO TABLE t; SELECT * FROM t ORDER BY a; \
                 SELECT LENGTH(REPEAT('x', 1000000)); delimiter //\nSELECT 1; SELECT 2//",
                folder.display()
            );
            let output =
                ask(&server, &relay, client, &["--user=x", "--local-infile=1", "app", "-e", &script]).await;
            assert_eq!(said(&output), "1\tone\n2\ttwo\n1000000\n1\n2\n", "{client} {:?}", server.kind());

            // Nobody's number, and the server's own number of the session.
            for kill in ["KILL QUERY 12", "SELECT CONNECTION_ID() INTO @a; KILL QUERY 1"] {
                let output = ask(&server, &relay, client, &["--user=x", "-e", kill]).await;
                assert!(said(&output).contains("1094"), "{client}: {}", said(&output));
            }
            let status = ask(&server, &relay, client, &["--user=x", "-e", "status"]).await;
            let number: u32 = said(&status)
                .lines()
                .find_map(|line| {
                    line.strip_prefix("Connection id:").map(|number| number.trim().parse().unwrap())
                })
                .unwrap();
            assert!(number >= 1_000_000, "the number is the host's: {number}");
        }
        assert!(is_mariadb(&server) || clients().len() == 2);
    }
    std::fs::remove_file(folder).unwrap();
}

/// A file of this test alone.
fn tempfile_in_target() -> std::path::PathBuf {
    let name = format!("local-infile-{}", std::process::id());
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}
