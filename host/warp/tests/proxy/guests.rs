//! Who is let in: without `guest` anyone, with it who says the right words.

use crate::lab::{Folder, Place, Proxy, Said, mariadb, psql, redis_cli, run, services};
use warpgrid_test_services::Server;

/// A proxy that lets in `visitor` with the password `open sesame`.
fn guarded(server: &Server) -> Proxy {
    let folder = Folder::new();
    folder.write("visitor.password", "open sesame\n");
    let guest = "guest = { user = 'visitor', password = { file = 'visitor.password' } }";
    folder.binding("db", server, guest).listener("db", "").start()
}

/// Who is not let in gets no session, and learns nothing of the server's password.
fn refuses(proxy: &Proxy, server: &Server, said: Said, words: &str) {
    let error = said.badly();
    assert!(error.contains(words), "{error}");
    assert!(!error.contains(&server.password("app")) && !error.contains("open sesame"), "{error}");
    assert_eq!(proxy.pool("db")["taken"], 0);
}

#[test]
fn psql_is_let_in_with_the_right_user_and_password() {
    let services = services();
    let server = services.postgres().start().unwrap();
    let proxy = guarded(&server);
    let program = psql(&services, &Place::Tcp(proxy.port("db")));
    let ask = |user: &str, password: &str| {
        run(
            &program.clone().envs([("PGUSER", user), ("PGPASSWORD", password)]),
            &["-c", "SELECT current_user"],
        )
    };
    assert_eq!(ask("visitor", "open sesame").well(), "app");
    let failed = "password authentication failed";
    refuses(&proxy, &server, ask("visitor", "wrong"), failed);
    refuses(&proxy, &server, ask("app", "open sesame"), failed);
    refuses(&proxy, &server, ask("app", &server.password("app")), failed);
    proxy.until_at_rest();
    assert_eq!(proxy.pool("db")["opened"], 1);
}

#[test]
fn mariadb_is_let_in_with_the_right_user_and_password() {
    let services = services();
    let server = services.mariadb().start().unwrap();
    let proxy = guarded(&server);
    let program = mariadb(&services, &Place::Tcp(proxy.port("db")));
    let ask = |user: &str, password: &str| {
        let user = format!("-u{user}");
        let program = program.clone().envs([("MYSQL_PWD", password)]);
        run(&program, &[&user, "-e", "SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1)"])
    };
    assert_eq!(ask("visitor", "open sesame").well(), "app");
    refuses(&proxy, &server, ask("visitor", "wrong"), "Access denied");
    refuses(&proxy, &server, ask("app", "open sesame"), "Access denied");
    refuses(&proxy, &server, ask("app", &server.password("app")), "Access denied");
}

#[test]
fn redis_cli_is_let_in_with_the_right_user_and_password() {
    let services = services();
    let server = services.redis().start().unwrap();
    let proxy = guarded(&server);
    let program = redis_cli(&services, &Place::Tcp(proxy.port("db")));
    let ask = |user: &str, password: &str| {
        run(&program, &["--user", user, "--pass", password, "--no-auth-warning", "ACL", "WHOAMI"])
    };
    assert_eq!(ask("visitor", "open sesame").well(), "app");
    refuses(&proxy, &server, ask("visitor", "wrong"), "NOAUTH");
    refuses(&proxy, &server, ask("app", &server.password("app")), "NOAUTH");
    refuses(&proxy, &server, run(&program, &["PING"]), "NOAUTH");
}
