//! Redis: the same cases for each program; what each word does is told in `tests/guests/rust/src/db`.

use super::world::{Program, World, hidden};

/// The cases as tests of one program.
macro_rules! cases {
    ($module:ident, $name:literal, $first:expr) => {
        mod $module {
            use super::*;

            const PROGRAM: Program = Program { name: $name, first: &$first };

            #[tokio::test]
            async fn sets_gets_deletes_and_survives_a_mistake() {
                works(&World::redis(), PROGRAM).await;
            }

            #[tokio::test]
            async fn connects_again_and_again() {
                connects_again(&World::redis(), PROGRAM).await;
            }

            #[tokio::test]
            async fn an_open_transaction_ends_with_its_guest() {
                leaves_a_transaction(&World::redis(), PROGRAM).await;
            }

            #[tokio::test]
            async fn has_no_password_that_it_was_not_given() {
                keeps_no_secret(&World::redis(), PROGRAM).await;
            }
        }
    };
}

cases!(redis_rs, "db_redis", ["sync"]);
cases!(redis_rs_aio, "db_redis", ["aio"]);
cases!(raw_redis_p3, "db_raw_p3", ["redis"]);
cases!(explicit, "db_proxy_wit", ["redis"]);
cases!(explicit_async, "db_proxy_async", ["redis"]);

pub(super) async fn works(world: &World, program: Program) {
    let said = world.text(program, &["crud", "thing"]).await;
    assert_eq!(said, "value Some(\"it's três\")\ndeleted 1\ngone true\n");
    assert_eq!(world.text(program, &["many", "200"]).await, "200 of 200 right\n");
    assert_eq!(world.text(program, &["mistake", "text"]).await, "failed true, then 1\n");
}

pub(super) async fn connects_again(world: &World, program: Program) {
    let said = world.text(program, &["reuse", "5"]).await;
    assert_eq!(said, "5 connections, 1 sessions of the server\n");
    let pool = world.pool();
    assert_eq!((pool.opened, pool.reused), (1, pool.checkouts - 1), "{pool:?}");
}

pub(super) async fn leaves_a_transaction(world: &World, program: Program) {
    assert_eq!(world.text(program, &["hold", "held", "0"]).await, "holding\nreleased\n");
    assert_eq!(world.text(program, &["leave", "left"]).await, "holding\n");
    world.cut_after(program, &["hold", "cut", "3600"], "holding").await;
    // What was begun was never carried out, and the next one begins outside of it: `QUEUED` is no number.
    assert_eq!(world.text(program, &["mistake", "text"]).await, "failed true, then 1\n");
    assert_eq!(world.ask("DBSIZE"), "0");
}

pub(super) async fn keeps_no_secret(world: &World, program: Program) {
    let password = hidden(&world.password());
    // The control: a word that is there, since the guest was told it.
    let ended = world.run(program, &["secret", &password, &hidden("db.warp.local")]).await;
    assert!(!ended.error.contains(&world.password()), "{}", ended.error);
    assert_eq!(ended.text(), "in memory: false\nin memory: true\n");
}
