//! Guests that must say who they are, in front of a pool with idle sessions; knows no server's password.

use crate::lab::mysql::Mysql;
use crate::lab::redis::Redis;
use crate::lab::servers::{at_rest, builders, connect, endpoint, manager};
use crate::{scram, session_number};
use std::sync::Arc;
use warpgrid_pool::Pool;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol};
use warpgrid_pool::secret::Secret;

/// A guest that says who it is, and asks something; why it may not.
async fn come(pool: &Arc<Pool>, user: &str, password: &str) -> Result<(), String> {
    let stream = connect(pool, "a");
    let answer = match pool.endpoint().protocol {
        Protocol::Postgres => scram::log_in(stream, user, password).await?.ask("SELECT 42").await?.rows,
        Protocol::Mysql => {
            let mut guest = Mysql::log_in_as(stream, user, password, None).await?;
            guest.ask("SELECT 42").await?.remove(0).rows
        }
        Protocol::Redis => {
            let mut guest = Redis::new(stream);
            // What comes with the login must not be answered without it.
            let login = format!("AUTH {user} {password}");
            let replies = guest.ask(&[if password.is_empty() { "PING" } else { &login }, "ECHO 42"]).await?;
            vec![replies[1].clone()]
        }
    };
    if answer == ["42"] { Ok(()) } else { Err(format!("{answer:?}")) }
}

#[tokio::test]
async fn a_warm_pool_serves_no_guest_with_a_wrong_name_or_password() {
    for (protocol, builder) in builders() {
        let server = builder.start().unwrap();
        let manager = manager(1);
        let open = endpoint(&server, PoolOptions::default());
        let login = GuestLogin::Check { user: "shop".to_owned(), password: Secret::new("sesame") };
        let closed = Endpoint { guest_login: login, name: "closed".to_owned(), ..open.clone() };
        // Both endpoints are the same to the server: their sessions are shared, their doors are not.
        let (open, closed) = (manager.pool(open), manager.pool(closed));
        session_number(&open, "a").await.unwrap();
        let opened = open.stats().opened;
        let app = server.password("app");
        let wrong = [
            ("shop", "sesamf"),
            ("shop", ""),
            ("shop", "sesam"),
            ("shop", "sesamee"),
            ("shop", "SESAME"),
            ("Shop", "sesame"),
            ("sho", "sesame"),
            // What is right for the server is not right for the host.
            ("app", &app),
            ("shop", &app),
        ];
        for (user, password) in wrong {
            let before = closed.stats();
            let refused = come(&closed, user, password).await.expect_err("a wrong login is served");
            assert!(!refused.contains("sesame") && !refused.contains(&app), "{refused}");
            at_rest(&closed).await;
            // MySQL and PostgreSQL guests take nothing out of the pool before they said who they are.
            let after = closed.stats();
            assert_eq!(after.checkouts, before.checkouts, "{protocol}: {user}, {password}: {refused}");
        }
        come(&closed, "shop", "sesame").await.unwrap_or_else(|refused| panic!("{protocol}: {refused}"));
        at_rest(&closed).await;
        assert_eq!(closed.stats().opened, opened, "{protocol}: the warm session served it");
    }
}
