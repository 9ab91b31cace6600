//! Forged keys of PostgreSQL cancel nothing, and right ones of another tenant neither; knows no race.

use crate::lab::postgres::{Postgres, cancel, query};
use crate::lab::servers::{connect, endpoint, manager, services};
use crate::lab::size::either;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use warpgrid_pool::Pool;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::secret::Secret;
use warpgrid_test_services::Server;

async fn send_cancel(pool: &Arc<Pool>, tenant: &str, key: (u32, u32)) {
    let mut stream = connect(pool, tenant);
    stream.write_all(&cancel(key)).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty(), "nobody is told whether a key was right");
}

fn sleeping(server: &Server) -> String {
    let question =
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(6000)'";
    server.admin_sql(question).unwrap()
}

#[tokio::test]
async fn a_forged_key_cancels_nothing() {
    let server = services().postgres().start().unwrap();
    let manager = manager(1);
    // In full size the victims wait longer than a pool lets a server take.
    let patient = PoolOptions { reply: Duration::from_secs(6000), ..PoolOptions::default() };
    let pool = manager.pool(endpoint(&server, patient));
    let mut victims = Vec::new();
    for tenant in ["a", "b"] {
        let mut victim = Postgres::log_in(connect(&pool, tenant), &[]).await.unwrap();
        victim.send(&query("SELECT pg_sleep(6000)")).await.unwrap();
        victims.push(victim);
    }
    while sleeping(&server) != "2" {}
    let (a, b) = (victims[0].key, victims[1].key);
    let mut random = fastrand::Rng::with_seed(7);
    // One bit beside the right secret, near numbers, the secret of the other, and guesses.
    let mut forged = (0..32).map(|bit| (a.0, a.1 ^ 1 << bit)).collect::<Vec<_>>();
    forged.extend((1..100).map(|step| (a.0.wrapping_add(step), a.1)).filter(|key| key.0 != b.0));
    forged.extend([(a.0, b.1), (b.0, a.1), (0, 0), (a.0, 0), (u32::MAX, u32::MAX), (a.0 | 1 << 31, a.1)]);
    forged.extend((0..either(2_000, 1_000_000)).map(|_| (a.0, random.u32(..))).filter(|key| *key != a));
    for key in &forged {
        send_cancel(&pool, "a", *key).await;
    }
    // The right keys, of other tenants, and through the pool of another binding.
    send_cancel(&pool, "b", a).await;
    send_cancel(&pool, "a", b).await;
    send_cancel(&pool, "c", a).await;
    let other = Endpoint {
        user: Some("app_trust".to_owned()),
        password: None,
        ..endpoint(&server, PoolOptions::default())
    };
    send_cancel(&manager.pool(other), "a", a).await;
    // Keys of the server itself, which no guest is told.
    for pid in server
        .admin_sql("SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(6000)'")
        .unwrap()
        .lines()
    {
        send_cancel(&pool, "a", (pid.trim().parse().unwrap(), a.1)).await;
    }
    assert_eq!(sleeping(&server), "2", "{} forged keys", forged.len());
    // A message that came would be an answer.
    for victim in &mut victims {
        let nothing = std::future::poll_fn(|context| {
            std::task::Poll::Ready(victim.stream.poll_fill(context).is_pending())
        });
        assert!(nothing.await, "a query was answered");
    }
    // The right key of the right tenant.
    for (victim, tenant) in victims.iter_mut().zip(["a", "b"]) {
        send_cancel(&pool, tenant, victim.key).await;
        assert_eq!(victim.answer().await.unwrap().errors, ["57014"]);
    }
}

#[tokio::test]
async fn a_key_is_a_new_one_for_each_guest_and_none_of_the_servers() {
    let server = services().postgres().start().unwrap();
    let pool = manager(1).pool(endpoint(&server, PoolOptions { size: 1, ..PoolOptions::default() }));
    let mut keys = std::collections::HashSet::new();
    for _ in 0..100 {
        let mut guest = Postgres::log_in(connect(&pool, "a"), &[]).await.unwrap();
        let pid = guest.ask("SELECT pg_backend_pid()").await.unwrap().rows.concat();
        assert_ne!(guest.key.0.to_string(), pid, "the server's own number is not shown");
        assert!(keys.insert(guest.key), "a key was given twice");
        guest.leave().await.unwrap();
    }
    assert_eq!(pool.stats().opened, 1);
}

/// The server lets a user stop its own sessions by functions, which the host does not see: tenants that must not reach
/// each other at all have users of their own.
#[tokio::test]
async fn a_function_of_the_server_does_not_reach_a_tenant_with_a_user_of_its_own() {
    let server = services().postgres().start().unwrap();
    let manager = manager(1);
    let one = endpoint(&server, PoolOptions::default());
    server.admin_sql("CREATE ROLE stranger LOGIN PASSWORD 'strange'").unwrap();
    let password = Some(Secret::new("strange"));
    let other = Endpoint { user: Some("stranger".to_owned()), password, ..one.clone() };
    let mut victim = Postgres::log_in(connect(&manager.pool(one), "a"), &[]).await.unwrap();
    let pid = victim.ask("SELECT pg_backend_pid()").await.unwrap().rows.concat();
    let mut guest = Postgres::log_in(connect(&manager.pool(other), "b"), &[]).await.unwrap();
    for function in ["pg_cancel_backend", "pg_terminate_backend"] {
        let told = guest.ask(&format!("SELECT {function}({pid})")).await.unwrap();
        assert_eq!(told.errors, ["42501"], "{function}: insufficient privilege");
    }
    assert_eq!(victim.ask("SELECT 42").await.unwrap().rows, ["42"]);
}
