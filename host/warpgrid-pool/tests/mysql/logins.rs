//! The host logs in with every kind of password, and says why when it cannot.

use crate::lab::{
    PlainConnector, Session, Threads, admin, builders, endpoint, is_mariadb, mysql, servers, startup,
};
use std::sync::Arc;
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::error::PoolError;
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::net::{Connector, ServerAddress};
use warpgrid_pool::protocol::{LoginRequest, ServerFacts};
use warpgrid_pool::secret::Secret;

async fn whoami(endpoint: &Endpoint) -> Result<String, PoolError> {
    let mut session = Session::open(endpoint, &StartupSet::default()).await?;
    let rows = session.query("SELECT CURRENT_USER(), DATABASE()").await.unwrap();
    Ok(rows.join("\n"))
}

#[tokio::test]
async fn every_kind_of_password_opens_a_session() {
    for server in servers() {
        if is_mariadb(&server) {
            assert_eq!(whoami(&endpoint(&server, "app")).await.unwrap(), "app@%|app");
            assert_eq!(whoami(&endpoint(&server, "app_ed25519")).await.unwrap(), "app_ed25519@%|app");
        } else {
            // The first login of a user sends the password itself, by RSA within this machine; the next one a hash.
            assert_eq!(whoami(&endpoint(&server, "app")).await.unwrap(), "app@%|app");
            assert_eq!(whoami(&endpoint(&server, "app")).await.unwrap(), "app@%|app");
        }
        // Over the socket; on MySQL the first time in clear text.
        assert_eq!(whoami(&admin(&server)).await.unwrap(), "admin@localhost|app");
        assert_eq!(whoami(&admin(&server)).await.unwrap(), "admin@localhost|app");
        server.admin_sql("CREATE USER empty@'%'").unwrap();
        let empty = Endpoint { database: None, password: None, ..endpoint(&server, "empty") };
        assert_eq!(whoami(&empty).await.unwrap(), "empty@%|NULL");
    }
}

#[tokio::test]
async fn a_password_is_not_sent_in_the_open() {
    // `localhost.` is this machine as well, but nobody can know that without asking a resolver.
    for server in servers() {
        if is_mariadb(&server) {
            continue;
        }
        let mut open = endpoint(&server, "app");
        let stream = PlainConnector.connect(&open.server).await.unwrap();
        open.server = ServerAddress::Tcp { host: "localhost.".into(), port: server.port() };
        let request = LoginRequest { endpoint: &open, startup: &StartupSet::default() };
        let error = mysql().login(stream, request).await.err().unwrap();
        assert!(
            matches!(&error, PoolError::Authentication { reason, .. } if reason.contains("`tls`")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_without_the_password() {
    for server in servers() {
        let wrong = Endpoint { password: Some(Secret::new("hunter2")), ..endpoint(&server, "app") };
        let error = whoami(&wrong).await.unwrap_err();
        assert!(
            matches!(&error, PoolError::Authentication { user, reason, .. } if user == "app" && reason.contains("1045"))
        );
        assert!(!error.to_string().contains("hunter2"));

        let nobody =
            whoami(&Endpoint { user: Some("nobody".into()), ..endpoint(&server, "app") }).await.unwrap_err();
        assert!(matches!(nobody, PoolError::Authentication { .. }), "{nobody}");

        let missing = Endpoint { database: Some("missing".into()), ..endpoint(&server, "app") };
        let error = whoami(&missing).await.unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    }
}

#[tokio::test]
async fn a_full_server_is_told_from_a_wrong_password() {
    for builder in builders() {
        let server = builder.max_connections(10).start().unwrap();
        let mut sessions = Vec::new();
        let error = loop {
            match Session::open(&endpoint(&server, "app"), &StartupSet::default()).await {
                Ok(session) => sessions.push(session),
                Err(error) => break error,
            }
            assert!(sessions.len() <= 12);
        };
        assert!(
            matches!(&error, PoolError::Unreachable { reason, .. } if reason.contains("1040")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_server_that_requires_encryption_says_so() {
    for builder in builders() {
        let server = builder.require_tls().start().unwrap();
        let error = whoami(&endpoint(&server, "app")).await.unwrap_err();
        assert!(error.to_string().contains("secure"), "{error}");
    }
}

#[tokio::test]
async fn facts_are_the_servers_own() {
    for server in servers() {
        let session = Session::open(&endpoint(&server, "app"), &startup(0)).await.unwrap();
        let ServerFacts::Mysql(facts) = &session.facts else { panic!() };
        assert_eq!(facts.version.contains("MariaDB"), is_mariadb(&server), "{facts:?}");
        let listed = server.admin_sql(&format!(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE id = {}",
            session.thread()
        ));
        assert_eq!(listed.unwrap(), "1");
        assert_eq!(facts.status & 2, 2);
    }
}

#[tokio::test]
async fn a_ping_is_answered_until_the_server_is_gone() {
    for server in servers() {
        let mut session = Session::open(&endpoint(&server, "app"), &startup(0)).await.unwrap();
        for _ in 0..3 {
            mysql().ping(&mut session.stream).await.unwrap();
        }
        session.run(&["SELECT 1"]).await;
        server.kill_nine().unwrap();
        assert!(mysql().ping(&mut session.stream).await.is_err());
    }
}

#[tokio::test]
async fn a_query_is_stopped_from_outside() {
    for server in servers() {
        let endpoint = endpoint(&server, "app");
        let mut session =
            Session::open_with(&endpoint, &startup(0), Arc::new(Threads::default())).await.unwrap();
        session.send(&crate::lab::frame(0, b"\x03SELECT SLEEP(600)")).await;
        let running = format!(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE id = {} AND info LIKE '%SLEEP%'",
            session.thread()
        );
        while server.admin_sql(&running).unwrap() != "1" {
            tokio::task::yield_now().await;
        }
        mysql().cancel(&PlainConnector, &endpoint, &session.facts).await.unwrap();
        session.answer().await;
        assert_eq!(session.query("SELECT 1").await.unwrap(), ["1"]);
        drop(session.stream);
        // A session that is gone has nothing to be stopped.
        mysql().cancel(&PlainConnector, &endpoint, &session.facts).await.unwrap();
    }
}
