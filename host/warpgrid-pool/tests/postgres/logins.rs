//! Logging in: each method on each road, what a start-up message asks for, and what each refusal is called.

use crate::lab::{by_socket, endpoint, log_in, postgres, session};
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::error::PoolError;
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::secret::Secret;

fn asking(name: &str, value: &str) -> StartupSet {
    StartupSet { parameters: [(name.to_owned(), value.to_owned())].into(), ..StartupSet::default() }
}

#[tokio::test]
async fn each_method_logs_in_and_each_refusal_is_told() {
    let server = postgres().start().unwrap();
    for user in ["app", "app_md5", "app_password", "app_trust"] {
        for endpoint in [endpoint(&server, user), by_socket(&server, user)] {
            let mut session = session(&endpoint).await;
            assert_eq!(session.ask("SELECT current_user, current_database()").await, format!("{user}|app"));
            assert!(session.parameter("server_version").unwrap().starts_with("15"));
            session.ping().await;
        }
    }
    for user in ["app", "app_md5", "app_password"] {
        let wrong = Endpoint { password: Some(Secret::new("not-this-one")), ..endpoint(&server, user) };
        let error = log_in(&wrong, &StartupSet::default()).await.err().unwrap();
        let PoolError::Authentication { reason, .. } = &error else { panic!("{error:?}") };
        assert!(reason.starts_with("28P01 password authentication failed"), "{reason}");
        assert!(!format!("{error} {error:?}").contains("not-this-one"));
        let none = Endpoint { password: None, ..endpoint(&server, user) };
        let error = log_in(&none, &StartupSet::default()).await.err().unwrap();
        assert!(error.to_string().contains("the binding has none"), "{error}");
    }
    let nowhere = Endpoint { database: Some("nowhere".into()), ..endpoint(&server, "app") };
    let error = log_in(&nowhere, &StartupSet::default()).await.err().unwrap();
    assert!(
        matches!(&error, PoolError::Authentication { reason, .. } if reason.starts_with("3D000")),
        "{error}"
    );
    let theirs = Endpoint { database: None, ..endpoint(&server, "app") };
    let asked = StartupSet { database: Some("nowhere".into()), ..StartupSet::default() };
    assert!(matches!(log_in(&theirs, &asked).await.err().unwrap(), PoolError::Denied { .. }));
    // Nobody names a database: it is called as the host's user.
    assert_eq!(session(&theirs).await.ask("SELECT current_database()").await, "app");
}

#[tokio::test]
async fn start_up_parameters_are_those_of_the_session_and_a_reset_goes_back_to_them() {
    // More than all logins before the last: a server may notice late that a client is gone.
    let server = postgres().max_connections(30).start().unwrap();
    let endpoint = endpoint(&server, "app");
    let cases = [
        ("application_name", "till", "SHOW application_name"),
        ("DateStyle", "German, DMY", "SHOW datestyle"),
        ("options", "-c search_path=one,two -c statement_timeout=12345", "SHOW search_path"),
        ("client_encoding", "LATIN1", "SHOW client_encoding"),
    ];
    for (name, value, question) in cases {
        let mut session = log_in(&endpoint, &asking(name, value)).await.unwrap();
        let fresh = session.ask(question).await;
        assert_ne!(fresh, crate::lab::session(&endpoint).await.ask(question).await);
        let parameter = question.trim_start_matches("SHOW ");
        session
            .ask(&format!("SET {parameter} TO DEFAULT; SET {parameter} TO 'UTF8'; SET {parameter} TO 'ISO'"))
            .await;
        session.reset().await.unwrap();
        assert_eq!(session.ask(question).await, fresh);
    }
    let named = log_in(&endpoint, &asking("application_name", "till")).await.unwrap();
    assert_eq!(named.parameter("application_name"), Some("till"));
    for (name, value) in
        [("no_such_parameter", "x"), ("DateStyle", "nonsense"), ("options", "-c shared_buffers=1GB")]
    {
        let error = log_in(&endpoint, &asking(name, value)).await.err().unwrap();
        assert!(matches!(error, PoolError::Denied { .. }), "{name}: {error:?}");
    }
    // Thirty connections, three of them for superusers: the server is full.
    let mut sessions = vec![named];
    let error = loop {
        match log_in(&endpoint, &StartupSet::default()).await {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
        assert!(sessions.len() < 30);
    };
    assert!(matches!(&error, PoolError::Unreachable { reason, .. } if reason.contains("53300")), "{error:?}");
}
