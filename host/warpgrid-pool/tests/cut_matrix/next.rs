//! The guest that comes next: it asks who it is and what it finds; knows no cut.

use crate::proof::guest::Guest;
use warpgrid_pool::endpoint::Protocol;

/// What a guest asks, and what it must hear. The number is this guest's own: an answer to another does not have it.
fn questions(protocol: Protocol, number: usize) -> Vec<(String, String)> {
    match protocol {
        Protocol::Postgres => vec![(
            format!(
                "SELECT 'next-{number}', current_user, current_setting('search_path'), \
                 current_setting('application_name'), (SELECT count(*) FROM pg_prepared_statements), \
                 (SELECT count(*) FROM pg_cursors), (SELECT count(*) FROM pg_listening_channels()), \
                 to_regclass('pg_temp.canary'), txid_current_if_assigned(), \
                 (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"
            ),
            format!("next-{number}|app_trust|\"$user\", public||0|0|0|||0"),
        )],
        Protocol::Mysql => vec![
            (
                format!(
                    "SELECT 'next-{number}', DATABASE(), @canary, @@autocommit, @@sql_mode = @@global.sql_mode, \
                     IS_USED_LOCK('canary') <=> CONNECTION_ID() /*M!100204 , @@in_transaction */"
                ),
                format!("next-{number}|app|NULL|1|1|0|0"),
            ),
            ("SELECT 1 FROM canary".into(), "!#42S02Table 'app.canary' doesn't exist".into()),
            (
                "EXECUTE canary".into(),
                "!#HY000Unknown prepared statement handler (canary) given to EXECUTE".into(),
            ),
        ],
        Protocol::Redis => vec![
            (format!("ECHO next-{number}"), format!("next-{number}")),
            (
                "CLIENT INFO".into(),
                "name= flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 user=app redir=-1 resp=2".into(),
            ),
            ("EXEC".into(), "!ERR EXEC without MULTI".into()),
        ],
    }
}

/// Of all that `CLIENT INFO` says, what a guest could have left.
fn state_of_client(text: &str) -> String {
    const LEFT: [&str; 10] = ["name", "flags", "db", "sub", "psub", "ssub", "multi", "user", "redir", "resp"];
    let kept = text.split_whitespace().filter(|word| LEFT.contains(&word.split('=').next().unwrap()));
    kept.collect::<Vec<_>>().join(" ")
}

/// Asks everything, as a guest that is logged in.
pub(crate) async fn ask(protocol: Protocol, guest: &mut Guest, number: usize) -> Result<(), String> {
    for (question, expected) in questions(protocol, number) {
        let answer = guest.ask(&question).await?;
        let answer = if question == "CLIENT INFO" { state_of_client(&answer) } else { answer };
        if answer != expected {
            return Err(format!("to `{question}` it heard `{answer}`, not `{expected}`"));
        }
    }
    Ok(())
}
