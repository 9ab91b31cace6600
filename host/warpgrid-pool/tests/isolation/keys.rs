//! Sessions of other tenants, databases and start-up sets are never exchanged; knows no credential.

use crate::lab::mysql::Mysql;
use crate::lab::postgres::Postgres;
use crate::lab::servers::{at_rest, builders, connect, endpoint, manager, services};
use crate::lab::size::either;
use crate::session_number;
use std::collections::HashMap;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Endpoint;

#[tokio::test]
async fn a_session_serves_one_tenant_from_its_login_to_its_end() {
    for (protocol, builder) in builders() {
        let server = builder.start().unwrap();
        // Fewer sessions than tenants: each takes the place of another's again and again.
        let pool = manager(1).pool(endpoint(&server, PoolOptions { size: 3, ..PoolOptions::default() }));
        let (mut owners, mut random) = (HashMap::<String, usize>::new(), fastrand::Rng::with_seed(7));
        for _ in 0..either(300, 10_000) {
            let tenant = random.usize(..5);
            let session = session_number(&pool, &format!("tenant {tenant}")).await.unwrap();
            let owner = *owners.entry(session).or_insert(tenant);
            assert_eq!(owner, tenant, "{protocol}: a session of one tenant was given to another");
        }
        let stats = pool.stats();
        assert!(stats.reused > 0 && stats.opened > 5, "{stats:?}");
        // A MySQL server is asked once for what it says to guests, in a session beside theirs.
        assert!((0..=1).contains(&(stats.opened - owners.len() as u64)), "{stats:?}");
    }
}

#[tokio::test]
async fn two_endpoints_share_sessions_only_where_they_are_the_same_to_the_server() {
    for (protocol, builder) in builders() {
        let server = builder.start().unwrap();
        let manager = manager(1);
        let one = endpoint(&server, PoolOptions::default());
        let same = Endpoint { name: "same".to_owned(), ..one.clone() };
        let database = match protocol {
            warpgrid_pool::endpoint::Protocol::Postgres => "postgres",
            warpgrid_pool::endpoint::Protocol::Mysql => "information_schema",
            warpgrid_pool::endpoint::Protocol::Redis => "3",
        };
        let other = Endpoint { database: Some(database.to_owned()), ..one.clone() };
        let pools = [one, same, other].map(|endpoint| manager.pool(endpoint));
        let mut sessions = Vec::new();
        for pool in &pools {
            sessions.push(session_number(pool, "a").await.unwrap());
        }
        assert_eq!(sessions[0], sessions[1], "{protocol}");
        assert_ne!(sessions[0], sessions[2], "{protocol}: another database is another session");
    }
}

#[tokio::test]
async fn what_a_guest_of_postgresql_asks_for_at_its_login_is_its_own() {
    let server = services().postgres().start().unwrap();
    server.admin_sql("CREATE DATABASE other OWNER app").unwrap();
    let pool = manager(1).pool(Endpoint { database: None, ..endpoint(&server, PoolOptions::default()) });
    let question = "SELECT pg_backend_pid(), current_database(), current_setting('TimeZone'), current_setting('search_path')";
    let sets: [(&[(&str, &str)], &str); 5] = [
        (&[("database", "app")], "app|GMT|\"$user\", public"),
        (&[("database", "other")], "other|GMT|\"$user\", public"),
        (&[("database", "app"), ("TimeZone", "UTC-3")], "app|UTC-3|\"$user\", public"),
        (&[("database", "app"), ("options", "-c search_path=mine")], "app|GMT|mine"),
        (&[("database", "app"), ("options", "-c search_path=yours")], "app|GMT|yours"),
    ];
    let mut sessions = HashMap::new();
    for _ in 0..5 {
        for (index, (parameters, expected)) in sets.iter().enumerate() {
            let mut guest = Postgres::log_in(connect(&pool, "a"), parameters).await.unwrap();
            let answer = guest.ask(question).await.unwrap();
            let (session, seen) = answer.rows[0].split_once('|').unwrap();
            assert_eq!(seen, *expected);
            assert_eq!(*sessions.entry(session.to_owned()).or_insert(index), index);
            // What it changes itself is undone to what its login said, not to another's.
            guest.ask("SET TimeZone = 'UTC-9'; SET search_path = theirs").await.unwrap();
            guest.leave().await.unwrap();
            at_rest(&pool).await;
        }
    }
    assert_eq!((sessions.len(), pool.stats().opened), (5, 5));
}

#[tokio::test]
async fn what_a_guest_of_mysql_asks_for_at_its_login_is_its_own() {
    let server = services().mariadb().start().unwrap();
    server.admin_sql("CREATE DATABASE other; GRANT ALL ON other.* TO app").unwrap();
    let pool = manager(1).pool(Endpoint { database: None, ..endpoint(&server, PoolOptions::default()) });
    let mut sessions = HashMap::new();
    for _ in 0..5 {
        for database in ["app", "other"] {
            let stream = connect(&pool, "a");
            let mut guest = Mysql::log_in_as(stream, "guest", "", Some(database)).await.unwrap();
            let answers = guest.ask("SELECT CONNECTION_ID(), DATABASE()").await.unwrap();
            let (session, seen) = answers[0].rows[0].split_once('|').unwrap();
            assert_eq!(seen, database);
            assert_eq!(*sessions.entry(session.to_owned()).or_insert(database), database);
            guest.ask("USE information_schema").await.unwrap();
            guest.leave().await.unwrap();
            at_rest(&pool).await;
        }
    }
    assert_eq!(sessions.len(), 2);
}
