//! Nothing that a guest leaves in a session is there after a reset; what cannot be undone makes it fail.

use crate::lab::{
    DEPRECATE_EOF, IGNORE_SPACE, MULTI_RESULTS, MULTI_STATEMENTS, SESSION_TRACK, Session, admin, endpoint,
    frame, is_mariadb, servers, startup,
};
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::protocol::Verdict;

/// What a guest leaves, and what shows it: a question whose answer must be as in a fresh session.
const CANARIES: &[(&str, &[&str], &str)] = &[
    ("a variable", &["SET @canary = 1"], "SELECT @canary"),
    ("a temporary table", &["CREATE TEMPORARY TABLE canary (a INT)"], "SELECT * FROM canary"),
    ("a prepared statement", &["PREPARE canary FROM 'SELECT 1'"], "EXECUTE canary"),
    ("a named lock", &["DO GET_LOCK('canary', 0)"], "SELECT IS_USED_LOCK('canary')"),
    ("locked tables", &["LOCK TABLES kept WRITE"], "SELECT COUNT(*) FROM other"),
    ("an open transaction", &["BEGIN", "INSERT INTO kept VALUES (1)"], "SELECT * FROM kept"),
    (
        "a transaction without BEGIN",
        &["SET autocommit = 0", "INSERT INTO kept VALUES (2)"],
        "SELECT * FROM kept",
    ),
    ("autocommit", &["SET autocommit = 0"], "SELECT @@autocommit"),
    (
        "isolation",
        &["SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
        "SELECT @@transaction_isolation",
    ),
    ("isolation of the next", &["SET TRANSACTION READ ONLY"], "INSERT INTO other VALUES (1)"),
    ("read only", &["SET SESSION TRANSACTION READ ONLY"], "SELECT @@transaction_read_only"),
    ("the SQL mode", &["SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'"], "SELECT @@sql_mode"),
    ("the character set", &["SET NAMES latin1"], "SELECT @@character_set_client, @@collation_connection"),
    ("the time zone", &["SET time_zone = '+07:00'"], "SELECT @@time_zone"),
    ("the time", &["SET timestamp = 1"], "SELECT YEAR(NOW()) < 2000"),
    (
        "time-outs",
        &["SET wait_timeout = 7, lock_wait_timeout = 7"],
        "SELECT @@wait_timeout, @@lock_wait_timeout",
    ),
    (
        "checks",
        &["SET foreign_key_checks = 0, unique_checks = 0"],
        "SELECT @@foreign_key_checks, @@unique_checks",
    ),
    ("the database", &["USE information_schema"], "SELECT DATABASE()"),
    ("the last key", &["INSERT INTO counted VALUES (NULL)"], "SELECT LAST_INSERT_ID()"),
    ("a warning", &["SELECT 1 / 0, CAST('x' AS SIGNED)"], "SHOW WARNINGS"),
    ("counts of rows", &["SELECT SQL_CALC_FOUND_ROWS * FROM three LIMIT 1"], "SELECT FOUND_ROWS()"),
    ("an open handler", &["HANDLER three OPEN"], "HANDLER three READ FIRST"),
];

const TABLES: &str = "CREATE TABLE kept (a INT); CREATE TABLE other (a INT); \
    CREATE TABLE counted (a INT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 77; \
    CREATE TABLE three (a INT PRIMARY KEY); INSERT INTO three VALUES (1), (2), (3);";

#[tokio::test]
async fn a_reset_leaves_nothing_of_a_guest() {
    for server in servers() {
        server.admin_sql(TABLES).unwrap();
        for capabilities in [0, DEPRECATE_EOF | MULTI_RESULTS | SESSION_TRACK] {
            let endpoint = endpoint(&server, "app");
            let mut session = Session::open(&endpoint, &startup(capabilities)).await.unwrap();
            let thread = session.thread();
            for (name, plants, question) in CANARIES {
                let mut fresh = Session::open(&endpoint, &startup(capabilities)).await.unwrap();
                // What a reset itself asked is not a guest's.
                fresh.reset().await.unwrap();
                let expected = fresh.query(question).await;
                session.run(plants).await;
                assert_eq!(session.tracker.verdict(), Verdict::Reset, "{name}");
                let planted = session.query(question).await;
                if *name != "isolation of the next" && *name != "counts of rows" {
                    assert_ne!(planted, expected, "the canary of {name} does not sing");
                }
                if *name == "a warning" || *name == "counts of rows" {
                    session.run(plants).await;
                }
                session.reset().await.unwrap_or_else(|failure| panic!("{name}: {failure}"));
                assert_eq!(session.query(question).await, expected, "{name} is left, {:?}", server.kind());
                assert!(!session.tracker.in_transaction() && !session.tracker.is_busy());
                session.reset().await.unwrap();
            }
            assert_eq!(session.query("SELECT CONNECTION_ID()").await.unwrap(), [thread.to_string()]);
        }
    }
}

#[tokio::test]
async fn prepared_statements_of_the_protocol_do_not_survive_a_reset() {
    for server in servers() {
        let mut session = Session::open(&endpoint(&server, "app"), &startup(0)).await.unwrap();
        let prepared = session.command(b"\x16SELECT ?").await;
        let statement = &prepared[0][1..5];
        let execute = [&[0x17], statement, &[0, 1, 0, 0, 0, 0, 1, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert_ne!(session.command(&execute).await[0][0], 0xff);
        session.reset().await.unwrap();
        let packets = session.command(&execute).await;
        assert_eq!(packets[0][..3], [0xff, 0xdb, 0x04], "1243, unknown prepared statement");
        assert_eq!(session.tracker.verdict(), Verdict::Reset);
    }
}

#[tokio::test]
async fn a_database_that_the_login_did_not_name_ends_the_session() {
    for server in servers() {
        let without = Endpoint { database: None, ..endpoint(&server, "app") };
        let mut session = Session::open(&without, &startup(0)).await.unwrap();
        session.reset().await.unwrap();
        session.run(&["USE app"]).await;
        let failure = session.reset().await.unwrap_err().to_string();
        assert!(failure.contains("database"), "{failure}");

        let mut named = startup(0);
        named.database = Some("app".into());
        let mut session = Session::open(&without, &named).await.unwrap();
        session.run(&["USE information_schema"]).await;
        session.reset().await.unwrap();
        assert_eq!(session.query("SELECT DATABASE()").await.unwrap(), ["app"]);
    }
}

#[tokio::test]
async fn a_role_of_a_guest_is_taken_back_or_ends_the_session() {
    for server in servers() {
        server
            .admin_sql("CREATE ROLE boss; CREATE ROLE clerk; GRANT boss TO app; GRANT clerk TO app;")
            .unwrap();
        let defaults = if is_mariadb(&server) {
            "SET DEFAULT ROLE clerk FOR app"
        } else {
            "SET DEFAULT ROLE clerk TO app"
        };
        for default in [false, true] {
            if default {
                server.admin_sql(defaults).unwrap();
            }
            let mut session = Session::open(&endpoint(&server, "app"), &startup(0)).await.unwrap();
            let fresh = session.query("SELECT CURRENT_ROLE()").await;
            session.reset().await.unwrap();
            assert_eq!(session.query("SELECT CURRENT_ROLE()").await, fresh);
            session.run(&["SET ROLE boss"]).await;
            assert_ne!(session.query("SELECT CURRENT_ROLE()").await, fresh);
            match session.reset().await {
                Ok(()) => assert_eq!(session.query("SELECT CURRENT_ROLE()").await, fresh),
                Err(failure) => assert!(failure.to_string().contains("role"), "{failure}"),
            }
        }
    }
}

#[tokio::test]
async fn profiles_of_queries_are_not_left() {
    for server in servers() {
        let mut session = Session::open(&endpoint(&server, "app"), &startup(0)).await.unwrap();
        session.run(&["SET profiling = 1", "SELECT 'a secret of mine'", "SET profiling = 0"]).await;
        if session.reset().await.is_ok() {
            let left = session.query("SHOW PROFILES").await.unwrap().join("\n");
            assert!(!left.contains("secret"), "{:?}: {left}", server.kind());
        }
    }
}

#[tokio::test]
async fn what_only_a_login_does_ends_the_session() {
    for server in servers() {
        let endpoint = endpoint(&server, "app");
        server.admin_sql("SET GLOBAL init_connect = 'SET @greeted = 1'").unwrap();
        let mut session = Session::open(&endpoint, &startup(0)).await.unwrap();
        let failure = session.reset().await.unwrap_err().to_string();
        assert!(failure.contains("init_connect"), "{failure}");
    }
}

#[tokio::test]
async fn what_the_login_agreed_is_agreed_after_a_reset() {
    for server in servers() {
        let endpoint = endpoint(&server, "app");
        let mut session = Session::open(&endpoint, &startup(IGNORE_SPACE | MULTI_STATEMENTS | MULTI_RESULTS))
            .await
            .unwrap();
        assert_eq!(session.query("SELECT COUNT (1); SELECT 2").await.unwrap(), ["1", "2"]);
        session.reset().await.unwrap();
        assert_eq!(session.query("SELECT COUNT (1); SELECT 2").await.unwrap(), ["1", "2"]);

        // The option of a session is not undone by a reset.
        session.command(&[0x1b, 1, 0]).await;
        assert!(
            matches!(session.tracker.verdict(), Verdict::Destroy(reason) if reason.contains("statements"))
        );
        session.command(&[0x1b, 0, 0]).await;
        assert_eq!(session.tracker.verdict(), Verdict::Reset);

        let mut session = Session::open(&endpoint, &startup(0)).await.unwrap();
        assert_eq!(session.query("SELECT 1; SELECT 2").await, Err(1064));
        session.reset().await.unwrap();
        assert_eq!(session.query("SELECT 1; SELECT 2").await, Err(1064));
    }
}

#[tokio::test]
async fn a_character_set_is_that_of_the_login() {
    for server in servers() {
        for (number, name) in [("8", "latin1"), ("45", "utf8mb4"), ("63", "binary")] {
            let mut startup = startup(0);
            startup.parameters.insert("character-set".into(), number.into());
            let mut session = Session::open(&admin(&server), &startup).await.unwrap();
            assert_eq!(session.query("SELECT @@character_set_client").await.unwrap(), [name]);
            session.run(&["SET NAMES utf8mb4 COLLATE utf8mb4_bin"]).await;
            session.reset().await.unwrap();
            assert_eq!(session.query("SELECT @@character_set_client").await.unwrap(), [name]);
        }
    }
}

#[tokio::test]
async fn a_session_in_the_middle_of_something_is_not_reset() {
    for server in servers() {
        let mut session = Session::open(&endpoint(&server, "app"), &startup(0)).await.unwrap();
        session.send(&frame(0, b"\x03SELECT 1")[..6]).await;
        assert!(matches!(session.tracker.verdict(), Verdict::Destroy(_)) && session.tracker.in_guest_frame());
        assert!(session.reset().await.is_err());
    }
}
