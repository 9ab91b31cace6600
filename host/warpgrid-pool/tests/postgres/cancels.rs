//! Stopping a query of a real server from outside.

use crate::lab::{Network, by_socket, endpoint, postgres, protocol, query, session};
use warpgrid_pool::protocol::ServerFacts;

#[tokio::test]
async fn a_cancel_stops_the_query_of_its_session_and_no_other() {
    let server = postgres().start().unwrap();
    for endpoint in [endpoint(&server, "app"), by_socket(&server, "app")] {
        let (mut one, mut two) = (session(&endpoint).await, session(&endpoint).await);
        one.send(&query("SELECT pg_sleep(600)")).await;
        two.send(&query("SELECT pg_sleep(0.2), 'done'")).await;
        let asleep =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%600%'";
        while server.admin_sql(asleep).unwrap() != "1" {}
        let ServerFacts::Postgres(mut facts) = one.facts.clone() else { panic!("facts of another protocol") };
        // A wrong secret is taken by the server and stops nothing.
        facts.cancel_secret = b"\0\0\0\0"[..].into();
        protocol().cancel(&Network, &endpoint, &ServerFacts::Postgres(facts)).await.unwrap();
        assert_eq!(server.admin_sql(asleep).unwrap(), "1");
        protocol().cancel(&Network, &endpoint, &one.facts).await.unwrap();
        assert_eq!(one.until_ready(1).await.replace(['T', 'D'], ""), "EZ");
        assert_eq!(two.until_ready(1).await, "TDCZ");
        one.reset().await.unwrap();
        one.ping().await;
    }
}
