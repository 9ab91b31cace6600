//! What the tests of servers share: questions put through client programs. Knows no test.
use std::process::Output;

use warpgrid_test_services::{ClientProgram, ProductKind, Server, ServerBuilder, Services};

/// The packages, or the reason why they are not there as the test's failure.
pub(crate) fn services() -> Services {
    Services::from_environment().unwrap()
}

/// A builder of each server that can be started alone; MySQL is left out, and said to be, where there is none.
pub(crate) fn each() -> Vec<ServerBuilder> {
    let services = services();
    let mut all = vec![services.postgres(), services.mariadb(), services.redis()];
    match services.mysql() {
        Ok(builder) => all.push(builder),
        Err(reason) => println!("{reason}"),
    }
    all
}

/// How a client program reaches a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Road {
    Tcp,
    Tls,
    Socket,
}

/// The server's own client, asking something whose answer is `42`, as `user`.
pub(crate) fn question(server: &Server, user: &str, road: Road) -> ClientProgram {
    let text = |path: std::path::PathBuf| path.display().to_string();
    match server.kind() {
        ProductKind::Postgres | ProductKind::Pgbouncer => {
            let socket = text(server.socket_path().parent().unwrap().to_owned());
            let (host, mode) = match road {
                Road::Tcp => ("127.0.0.1".to_owned(), "disable"),
                Road::Tls => ("localhost".to_owned(), "verify-full"),
                Road::Socket => (socket, "prefer"),
            };
            server
                .program("psql")
                .unwrap()
                .envs(server.environment(user))
                .envs([("PGHOST", host.as_str()), ("PGSSLMODE", mode), ("PGCONNECT_TIMEOUT", "100")])
                .args(["-XAtc", "SELECT 6 * 7"])
        }
        ProductKind::Mariadb | ProductKind::Mysql => {
            let of_mysql = server.kind() == ProductKind::Mysql;
            let client = server
                .program(if of_mysql { "mysql" } else { "mariadb" })
                .unwrap()
                .envs(server.environment(user))
                .args(["--no-defaults", "-BNe", "SELECT 6 * 7", "app"])
                .arg(format!("--user={user}"));
            let ca = format!("--ssl-ca={}", text(server.ca_pem_path()));
            match (road, of_mysql) {
                (Road::Socket, _) => client
                    .envs([("MYSQL_HOST", "localhost")])
                    .arg(format!("--socket={}", text(server.socket_path())))
                    .arg("--protocol=socket"),
                (Road::Tcp, false) => client.args(["--protocol=tcp", "--skip-ssl"]),
                (Road::Tcp, true) => {
                    client.args(["--protocol=tcp", "--ssl-mode=DISABLED", "--get-server-public-key"])
                }
                (Road::Tls, false) => client.args(["--protocol=tcp", "--ssl-verify-server-cert"]).arg(ca),
                (Road::Tls, true) => client.args(["--protocol=tcp", "--ssl-mode=VERIFY_IDENTITY"]).arg(ca),
            }
        }
        ProductKind::Redis => {
            let client = server
                .program("redis-cli")
                .unwrap()
                .envs(server.environment(user))
                .args(["-e", "--user", user]);
            let client = match road {
                Road::Tcp => client.args(["-p", &server.port().to_string()]),
                Road::Tls => client
                    .args(["-p", &server.tls_port().to_string(), "--tls", "--sni", "localhost", "--cacert"])
                    .arg(server.ca_pem_path()),
                Road::Socket => client.arg("-s").arg(server.socket_path()),
            };
            client.args(["ECHO", "42"])
        }
    }
}

/// What a program said, when it said it without complaint; else the complaint.
pub(crate) fn answer(program: &ClientProgram) -> Result<String, String> {
    let Output { status, stdout, stderr } = program.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    if status.success() { Ok(text(stdout)) } else { Err(format!("{} {}", text(stdout), text(stderr))) }
}

/// Asks and expects the answer.
pub(crate) fn assert_answers(server: &Server, user: &str, road: Road) {
    let said = answer(&question(server, user, road));
    assert_eq!(said.as_deref(), Ok("42"), "{:?} {user} {road:?}", server.kind());
}
