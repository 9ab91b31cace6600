//! Guests of `warpgrid:shim/database-proxy` and of its async twin: what only this door has. The cases that it shares with
//! plain sockets are in `sql` and `keys`.

use super::world::{Program, World};

const ASYNC: Program = Program { name: "db_proxy_async", first: &[] };

#[tokio::test]
async fn twenty_queries_at_once_share_the_sessions_of_the_pool() {
    let world = World::postgres();
    let begun = std::time::Instant::now();
    let said = world.text(ASYNC, &["concurrent", "20", "0.2"]).await;
    // Ten sessions, two rounds of 0.2 seconds; one after the other they would take four seconds.
    assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{said}");
    let pool = world.pool();
    assert!(pool.opened <= pool.size as u64 && pool.checkouts >= 20, "{said}{pool:?}");
}

#[tokio::test]
async fn three_queries_one_after_the_other_are_answered_by_an_asynchronous_service() {
    let world = World::postgres();
    let served = world.serve(Program { name: "db_handler_async", first: &[] }, &[]).await;
    let answer = served.get("/").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text(), "21 42 [[Some(\"it is 42\")]]\n");
    assert_eq!(served.end().await.cut, []);
}
