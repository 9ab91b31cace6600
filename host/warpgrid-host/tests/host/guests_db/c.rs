//! A C program that speaks the protocols by itself, on the SDK's own C library.

use super::world::{Program, World};
use crate::harness::is_built;

const fn program(first: &'static [&'static str]) -> Program {
    Program { name: "sdk_db_raw", first }
}

#[tokio::test]
async fn postgresql_by_its_own_protocol() {
    if is_built("sdk") {
        let said = World::postgres().text(program(&["postgres"]), &[]).await;
        assert_eq!(said, "logged in, parameters many, cancel key yes\nrow 1\nSELECT 1\nstate I\n");
    }
}

#[tokio::test]
async fn mariadb_by_its_own_protocol() {
    if is_built("sdk") {
        let said = World::mariadb().text(program(&["mysql"]), &[]).await;
        assert_eq!(said, "greeting, version yes, challenge yes\nlogged in\nrow 42\n");
    }
}

#[tokio::test]
async fn redis_by_its_own_protocol() {
    if is_built("sdk") {
        let said = World::redis().text(program(&["redis"]), &["thing"]).await;
        assert_eq!(said, "PING +PONG\nSET +OK\nGET from C\nDEL :1\nGET $-1\nQUIT +OK\n");
    }
}
