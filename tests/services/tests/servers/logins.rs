//! Users log in the way that is promised, with their own password and no other.
use warpgrid_test_services::ProductKind;

use crate::lab::{Road, answer, assert_answers, each, question, services};

#[test]
fn every_server_answers_over_tcp_tls_and_its_socket() {
    for builder in each() {
        let server = builder.start().unwrap();
        for road in [Road::Tcp, Road::Tls, Road::Socket] {
            assert_answers(&server, "app", road);
        }
    }
}

#[test]
fn a_wrong_password_is_refused() {
    for builder in each() {
        let server = builder.start().unwrap();
        let wrong = question(&server, "app", Road::Tcp).envs([
            ("PGPASSWORD", "wrong"),
            ("MYSQL_PWD", "wrong"),
            ("REDISCLI_AUTH", "wrong"),
        ]);
        let said = answer(&wrong);
        // `redis-cli` warns and asks all the same, and is then refused.
        let refused = if server.kind() == ProductKind::Redis { "NOAUTH" } else { "app" };
        assert!(said.as_ref().is_err_and(|said| said.contains(refused)), "{:?}: {said:?}", server.kind());
        assert!(!format!("{server:?}").contains(&server.password("app")), "a password is shown");
    }
}

#[test]
fn postgresql_keeps_each_password_in_its_form() {
    let server = services().postgres().start().unwrap();
    for user in ["app", "app_md5", "app_password", "app_trust"] {
        assert_answers(&server, user, Road::Tcp);
        assert_answers(&server, user, Road::Tls);
    }
    let forms = server.admin_sql(
        "SELECT rolname, left(rolpassword, 3) FROM pg_authid WHERE rolname LIKE 'app%' ORDER BY rolname",
    );
    assert_eq!(forms.unwrap(), "app|SCR\napp_md5|md5\napp_password|SCR\napp_trust|");
}

#[test]
fn mariadb_has_both_kinds_of_passwords() {
    let server = services().mariadb().start().unwrap();
    assert_answers(&server, "app", Road::Tcp);
    assert_answers(&server, "app_ed25519", Road::Tcp);
    let plugins =
        server.admin_sql("SELECT user, plugin FROM mysql.user WHERE user LIKE 'app%' ORDER BY user");
    assert_eq!(plugins.unwrap(), "app\tmysql_native_password\napp_ed25519\ted25519");
}

#[test]
fn mysql_has_caching_sha2() {
    let server = match services().mysql() {
        Ok(builder) => builder.start().unwrap(),
        Err(reason) => return println!("{reason}"),
    };
    let plugin = server.admin_sql("SELECT plugin FROM mysql.user WHERE user = 'app'").unwrap();
    assert_eq!(plugin, "caching_sha2_password");
}

#[test]
fn redis_has_its_users_and_databases() {
    let server = services().redis().start().unwrap();
    assert_answers(&server, "default", Road::Tcp);
    assert_eq!(server.admin_sql("ACL USERS").unwrap(), "app\ndefault");
    assert_eq!(server.admin_sql("CONFIG GET databases").unwrap(), "databases\n64");
}

#[test]
fn pgbouncer_stands_in_front_of_postgresql() {
    let services = services();
    let postgres = services.postgres().start().unwrap();
    let pgbouncer =
        services.pgbouncer().in_front_of(&postgres).setting("pool_mode", "session").start().unwrap();
    assert_eq!(pgbouncer.password("app"), postgres.password("app"));
    for road in [Road::Tcp, Road::Tls, Road::Socket] {
        assert_answers(&pgbouncer, "app", road);
    }
    assert!(pgbouncer.admin_sql("SHOW POOLS").unwrap().contains("app|app|"));
}
