//! PostgreSQL and MariaDB: the same cases for each program; what each word does is told in `tests/guests/rust/src/db`.

use super::world::{Program, World, hidden};

/// The cases as tests of one program.
macro_rules! cases {
    ($module:ident, $server:ident, $name:literal, $first:expr) => {
        mod $module {
            use super::*;

            const PROGRAM: Program = Program { name: $name, first: &$first };

            #[tokio::test]
            async fn creates_inserts_selects_drops_and_survives_a_mistake() {
                works(&World::$server(), PROGRAM).await;
            }

            #[tokio::test]
            async fn connects_again_and_again() {
                connects_again(&World::$server(), PROGRAM).await;
            }

            #[tokio::test]
            async fn an_open_transaction_ends_with_its_guest() {
                leaves_a_transaction(&World::$server(), PROGRAM).await;
            }

            #[tokio::test]
            async fn has_no_password_that_it_was_not_given() {
                keeps_no_secret(&World::$server(), PROGRAM).await;
            }
        }
    };
}

cases!(tokio_postgres, postgres, "db_tokio_postgres", []);
cases!(sqlx_postgres, postgres, "db_sqlx_postgres", []);
cases!(raw_postgres_p3, postgres, "db_raw_p3", ["postgres"]);
cases!(sqlx_mariadb, mariadb, "db_sqlx_mysql", []);
cases!(raw_mariadb_p3, mariadb, "db_raw_p3", ["mysql"]);
cases!(explicit_postgres, postgres, "db_proxy_wit", ["postgres"]);
cases!(explicit_async_postgres, postgres, "db_proxy_async", ["postgres"]);
cases!(explicit_mariadb, mariadb, "db_proxy_wit", ["mysql"]);
cases!(explicit_async_mariadb, mariadb, "db_proxy_async", ["mysql"]);

/// What `crud` prints.
pub(super) const ROWS: &str =
    "rows [(-2, \"it's zwei\"), (1, \"one\"), (9223372036854775807, \"três\")]\ngone true\n";

pub(super) async fn works(world: &World, program: Program) {
    assert_eq!(world.text(program, &["crud", "things"]).await, ROWS);
    assert_eq!(world.text(program, &["many", "200"]).await, "200 of 200 right\n");
    assert_eq!(world.text(program, &["mistake"]).await, "failed true, then 7\n");
}

pub(super) async fn connects_again(world: &World, program: Program) {
    let said = world.text(program, &["reuse", "5"]).await;
    assert_eq!(said, "5 connections, 1 sessions of the server\n");
    // What a MySQL server says first is learnt by a login of the host's own.
    let logins = if world.is_postgres() { 1 } else { 2 };
    let pool = world.pool();
    assert_eq!((pool.opened, pool.reused), (logins, pool.checkouts - logins), "{pool:?}");
}

pub(super) async fn leaves_a_transaction(world: &World, program: Program) {
    assert_eq!(world.text(program, &["hold", "held", "0"]).await, "holding\nreleased\n");
    assert_eq!(world.text(program, &["leave", "orphan"]).await, "holding\n");
    world.cut_after(program, &["hold", "cut", "3600"], "holding").await;
    for table in ["held", "orphan", "cut"] {
        assert_eq!(world.text(program, &["count", table]).await, "0 rows\n", "{table}");
        // It waits as long as a transaction holds the table: none does.
        drops(world, table);
    }
}

/// Drops a table of the guests', waiting at most 30 seconds for a transaction that holds it.
pub(super) fn drops(world: &World, table: &str) {
    let setting = if world.is_postgres() { "SET lock_timeout = '30s'" } else { "SET lock_wait_timeout = 30" };
    world.ask(&format!("{setting}; DROP TABLE {table}"));
}

pub(super) async fn keeps_no_secret(world: &World, program: Program) {
    let password = hidden(&world.password());
    // The control: a word that is there, since the guest was told it.
    let ended = world.run(program, &["secret", &password, &hidden("db.warp.local")]).await;
    assert!(!ended.error.contains(&world.password()), "{}", ended.error);
    assert_eq!(ended.text(), "in memory: false\nin memory: true\n");
}

#[tokio::test]
async fn many_tasks_share_the_pool_of_sqlx() {
    for (world, name) in [(World::postgres(), "db_sqlx_postgres"), (World::mariadb(), "db_sqlx_mysql")] {
        let program = Program { name, first: &[] };
        let said = world.text(program, &["pool", "20"]).await;
        assert_eq!(said, "20 of 20 right, at most 5 connections true\n", "{name}");
    }
}
