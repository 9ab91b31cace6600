//! Each kind of session state is planted, seen, and gone after a reset.

use crate::lab::{Session, by_socket, endpoint, frames, log_in, postgres, session};
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::protocol::Verdict;

/// What a guest does, and a question that shows whether it did.
struct Canary {
    kind: &'static str,
    plant: &'static [&'static str],
    question: &'static str,
}

const fn canary(kind: &'static str, plant: &'static [&'static str], question: &'static str) -> Canary {
    Canary { kind, plant, question }
}

const CANARIES: &[Canary] = &[
    canary("parameter", &["SET work_mem = '77MB'"], "SHOW work_mem"),
    canary("reported parameter", &["SET TimeZone = 'UTC-3'"], "SHOW timezone"),
    canary("search path", &["SET search_path = evil"], "SHOW search_path"),
    canary(
        "value of an unknown parameter",
        &["SET my.canary = 'bird'"],
        "SELECT current_setting('my.canary', true) = 'bird' IS TRUE",
    ),
    canary(
        "open transaction",
        &["BEGIN", "SET LOCAL work_mem = '78MB'"],
        "SELECT pg_current_xact_id_if_assigned() IS NULL, current_setting('work_mem')",
    ),
    canary(
        "rows of an open transaction",
        &["BEGIN", "INSERT INTO keep VALUES (1)"],
        "SELECT count(*) FROM keep",
    ),
    canary("failed transaction", &["BEGIN", "SELECT no_such_column"], "SELECT 1"),
    canary("savepoint", &["BEGIN", "SAVEPOINT one"], "ROLLBACK TO one"),
    canary(
        "characteristics",
        &["SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
        "SHOW transaction_isolation",
    ),
    canary("read only", &["SET default_transaction_read_only = on"], "SHOW transaction_read_only"),
    canary("role", &["SET ROLE other"], "SELECT current_user, session_user"),
    canary(
        "prepared statement",
        &["PREPARE bird AS SELECT 1"],
        "SELECT count(*) FROM pg_prepared_statements",
    ),
    canary(
        "cursor with hold",
        &["DECLARE bird CURSOR WITH HOLD FOR SELECT generate_series(1, 9)"],
        "SELECT count(*) FROM pg_cursors",
    ),
    canary(
        "cursor of a transaction",
        &["BEGIN", "DECLARE bird CURSOR FOR SELECT 1"],
        "SELECT count(*) FROM pg_cursors",
    ),
    canary("listen", &["LISTEN bird"], "SELECT count(*) FROM pg_listening_channels()"),
    canary(
        "advisory lock",
        &["SELECT pg_advisory_lock(7)"],
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
    ),
    canary(
        "shared advisory lock, twice",
        &["SELECT pg_advisory_lock_shared(7), pg_advisory_lock_shared(7)"],
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
    ),
    canary(
        "lock on a table",
        &["BEGIN", "LOCK TABLE keep"],
        "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'",
    ),
    canary(
        "temporary table",
        &["CREATE TEMP TABLE bird (x int)"],
        "SELECT count(*) FROM pg_class WHERE relname = 'bird'",
    ),
    canary(
        "temporary table over another",
        &["CREATE TEMP TABLE keep (x int, y int)", "INSERT INTO keep VALUES (7, 7)"],
        "SELECT count(*) FROM keep",
    ),
    canary(
        "temporary function",
        &["CREATE FUNCTION pg_temp.bird() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
        "SELECT count(*) FROM pg_proc WHERE proname = 'bird'",
    ),
    canary(
        "read only with a temporary table",
        &["CREATE TEMP TABLE bird (x int)", "SET default_transaction_read_only = on"],
        "SELECT count(*) FROM pg_class WHERE relname = 'bird'",
    ),
    canary("sequence", &["SELECT nextval('numbers')"], "SELECT lastval()"),
    canary(
        "large object",
        &["BEGIN", "SELECT lo_open(lo_create(0), 131072)"],
        "SELECT count(*) FROM pg_largeobject_metadata",
    ),
    canary("seed", &["SELECT setseed(0.25)"], "SELECT random() = 0.28953338832378845 OR random() = 0.5"),
    canary(
        "application name",
        &["SET application_name = 'bird'"],
        "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()",
    ),
];

/// Plants a canary, sees it, resets, and sees it no more.
async fn fly(session: &mut Session, canary: &Canary) {
    let kind = canary.kind;
    let before = session.ask(canary.question).await;
    for text in canary.plant {
        session.ask(text).await;
    }
    let planted = session.ask(canary.question).await;
    assert_ne!(planted, before, "{kind}: nothing was planted");
    assert_eq!(session.tracker.verdict(), Verdict::Reset, "{kind}");
    session.reset().await.unwrap_or_else(|error| panic!("{kind}: {error}"));
    session.ping().await;
    assert_eq!(session.ask(canary.question).await, before, "{kind} is still there");
}

#[tokio::test]
async fn every_kind_of_state_is_undone() {
    let server = postgres().start().unwrap();
    server
        .admin_sql("CREATE ROLE other; GRANT other TO app; CREATE TABLE keep (x int); ALTER TABLE keep OWNER TO app; CREATE SEQUENCE numbers; ALTER SEQUENCE numbers OWNER TO app")
        .unwrap();
    let mut session = session(&endpoint(&server, "app")).await;
    // What `setseed` leads to is the same everywhere for one version, but is asked for here.
    session.ask("SELECT setseed(0.25)").await;
    let seeded = session.ask("SELECT random()").await;
    for canary in CANARIES {
        if canary.kind == "seed" {
            session.ask("SELECT setseed(0.25)").await;
            session.reset().await.unwrap();
            assert_ne!(session.ask("SELECT random()").await, seeded);
            session.ask("SELECT setseed(0.25)").await;
            assert_eq!(session.ask("SELECT random()").await, seeded);
        } else {
            fly(&mut session, canary).await;
        }
    }
    // All at once, and what the server shows others of the last query.
    for canary in CANARIES {
        for text in canary.plant {
            session.ask(text).await;
        }
    }
    session.ask("SELECT 'secret bird'").await;
    session.reset().await.unwrap();
    let shown = server.admin_sql("SELECT query FROM pg_stat_activity WHERE usename = 'app'").unwrap();
    assert!(shown.starts_with("SET seed TO") && !shown.contains("bird"), "{shown}");
}

#[tokio::test]
async fn prepared_statements_of_the_protocol_and_what_is_on_its_way_are_gone() {
    let server = postgres().start().unwrap();
    let mut session = session(&endpoint(&server, "app")).await;
    let prepare = frames(&[('P', b"bird\0SELECT 1\0\0\0"), ('B', b"nest\0bird\0\0\0\0\0\0\0"), ('S', b"")]);
    for _ in 0..3 {
        session.send(&prepare).await;
        assert_eq!(session.until_ready(1).await, "12Z");
        session.reset().await.unwrap();
    }
    // Notifications wait in the server while the session is idle, and come with the reset.
    for index in 0..3 {
        session.ask("LISTEN bird").await;
        server.admin_sql(&format!("NOTIFY bird, 'one {index}'; NOTIFY bird, 'two {index}'")).unwrap();
        session.reset().await.unwrap();
        server.admin_sql("NOTIFY bird, 'three'").unwrap();
        session.ping().await;
        assert_eq!(session.ask("SELECT 1").await, "1");
    }
}

#[tokio::test]
async fn roles_of_the_login_come_back() {
    let server = postgres().start().unwrap();
    server
        .admin_sql("CREATE ROLE small; GRANT small TO app_trust; ALTER ROLE app_trust SET role = 'small'; CREATE ROLE other")
        .unwrap();
    let question = "SELECT current_user, session_user, current_setting('is_superuser')";
    let mut session = session(&endpoint(&server, "app_trust")).await;
    assert_eq!(session.ask(question).await, "small|app_trust|off");
    for plant in
        ["RESET ROLE; SET ROLE app", "SET ROLE none", "DISCARD ALL", "SET SESSION AUTHORIZATION app_trust"]
    {
        session.ask(plant).await;
        session.reset().await.unwrap();
        assert_eq!(session.ask(question).await, "small|app_trust|off", "{plant}");
    }
    let mut root = crate::lab::session(&by_socket(&server, "postgres")).await;
    assert_eq!(root.ask(question).await, "postgres|postgres|on");
    for plant in [
        "SET SESSION AUTHORIZATION other",
        "SET SESSION AUTHORIZATION other; SET ROLE other",
        "SET ROLE other",
    ] {
        root.ask(plant).await;
        assert_ne!(root.ask(question).await, "postgres|postgres|on");
        root.reset().await.unwrap();
        assert_eq!(root.ask(question).await, "postgres|postgres|on", "{plant}");
    }
}

#[tokio::test]
async fn a_session_whose_server_changed_meanwhile_is_not_kept() {
    let server = postgres().start().unwrap();
    let mut session = session(&endpoint(&server, "app")).await;
    let own = StartupSet {
        parameters: [("TimeZone".to_owned(), "UTC-1".to_owned())].into(),
        ..StartupSet::default()
    };
    let mut other = log_in(&endpoint(&server, "app"), &own).await.unwrap();
    assert_eq!(session.ask("SHOW timezone").await, "GMT");
    server.admin_sql("ALTER SYSTEM SET timezone = 'UTC-5'").unwrap();
    server.admin_sql("SELECT pg_reload_conf()").unwrap();
    // The signal to reload is on its way: ask until the session has heard of it.
    while session.ask("SHOW timezone").await == "GMT" {}
    let failure = session.reset().await.unwrap_err();
    assert!(failure.to_string().contains("not those of the login"), "{failure}");
    // Whoever chose a value at the login keeps it.
    assert_eq!(other.ask("SHOW timezone").await, "UTC-1");
    other.reset().await.unwrap();
}

#[tokio::test]
async fn a_guest_that_hinders_the_reset_loses_its_session() {
    let server = postgres().start().unwrap();
    let mut session = session(&endpoint(&server, "app")).await;
    session.ask("CREATE TABLE slow (x int)").await;
    server.admin_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'").unwrap();
    assert!(session.reset().await.is_err());
    let stopped = crate::lab::session(&endpoint(&server, "app")).await;
    server.kill_nine().unwrap();
    let mut stopped = stopped;
    assert!(stopped.reset().await.is_err());
}
