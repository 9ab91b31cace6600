//! A wrong password is never served by the warm pool of the right one; knows no guest's own password.

use crate::lab::servers::{builders, endpoint, manager};
use crate::session_number;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::secret::Secret;

#[tokio::test]
async fn a_warm_pool_serves_no_other_credential() {
    for (protocol, builder) in builders() {
        let server = builder.start().unwrap();
        let manager = manager(1);
        let right = endpoint(&server, PoolOptions::default());
        let pool = manager.pool(right.clone());
        let warm = session_number(&pool, "a").await.unwrap();
        let opened = pool.stats().opened;
        let password = server.password("app");
        let wrong = [
            Some("wrong".to_owned()),
            Some(String::new()),
            None,
            Some(format!("{password} ")),
            Some(password[..password.len() - 1].to_owned()),
            Some(password.to_uppercase() + "x"),
        ];
        for wrong in wrong {
            let other = Endpoint { password: wrong.clone().map(Secret::new), ..right.clone() };
            let other = manager.pool(other);
            // The same tenant, and while a session of the right password is idle.
            for tenant in ["a", "b"] {
                assert!(pool.stats().idle > 0);
                let refused = session_number(&other, tenant).await.expect_err("a wrong password is served");
                // The server's answer may be remembered for a moment; it is never a session.
                assert!(!refused.contains(&password), "{refused}");
            }
            let stats = other.stats();
            assert_eq!((stats.opened, stats.checkouts, stats.reused), (0, 0, 0), "{protocol}: {wrong:?}");
            assert_eq!(session_number(&pool, "a").await.unwrap(), warm, "{protocol}: the right one goes on");
        }
        // Another user with a password of its own.
        let user = server.users().find(|user| *user != "app" && *user != "admin").unwrap().to_owned();
        let password = Some(Secret::new(server.password(&user)));
        let other = Endpoint { user: Some(user), password, ..right.clone() };
        assert_ne!(session_number(&manager.pool(other), "a").await.unwrap(), warm, "{protocol}");
        // The password that is right for another user.
        let swapped = Endpoint { user: Some("nobody".to_owned()), ..right.clone() };
        session_number(&manager.pool(swapped), "a").await.expect_err("there is no such user");
        assert_eq!((pool.stats().opened, pool.stats().destroyed.len()), (opened, 0), "{protocol}");
    }
}

#[tokio::test]
async fn a_password_that_was_changed_is_not_served_by_sessions_of_the_old_one() {
    for (protocol, builder) in builders() {
        let server = builder.start().unwrap();
        let manager = manager(1);
        let right = endpoint(&server, PoolOptions::default());
        let before = manager.replace(vec![right.clone()]);
        session_number(&before[0], "a").await.unwrap();
        let wrong = Endpoint { password: Some(Secret::new("not the one")), ..right.clone() };
        let after = manager.replace(vec![wrong]);
        session_number(&after[0], "a").await.expect_err("the old session is served");
        assert_eq!(before[0].stats().idle, 0, "{protocol}: nothing of the old credential is kept");
    }
}
