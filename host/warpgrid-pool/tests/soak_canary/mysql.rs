//! Canaries of MariaDB: what is planted, looked for, and how guests leave rudely; knows no pool.

use crate::lab::mysql::{Mysql, frame, query};
use crate::visit::{Kind, Left, Visitor, words};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use warpgrid_pool::guest::GuestStream;

pub(crate) const PREPARATION: &str = "CREATE TABLE kept (x TEXT); CREATE TABLE shelf (x TEXT); \
    CREATE TABLE three (x INT PRIMARY KEY); INSERT INTO three VALUES (1), (2), (3); \
    CREATE ROLE boss; GRANT boss TO app;";

/// Planted in one query with others.
pub(crate) const KINDS: &[Kind] = &[
    ("a variable", "SET @bird = '{b}'"),
    ("a temporary table", "CREATE TEMPORARY TABLE app.nest AS SELECT '{b}' AS x"),
    ("a prepared statement", "PREPARE bird FROM 'SELECT 1'"),
    ("a named lock", "DO GET_LOCK(CONCAT('nest', CONNECTION_ID()), 0)"),
    ("the SQL mode", "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'"),
    ("the character set", "SET NAMES latin1"),
    ("the time zone", "SET time_zone = '+07:00'"),
    ("the time", "SET timestamp = 1"),
    ("a time-out", "SET wait_timeout = 77"),
    ("isolation", "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"),
    ("checks", "SET foreign_key_checks = 0"),
    ("the database", "USE information_schema"),
    ("the last key", "SELECT LAST_INSERT_ID(77)"),
    ("an open handler", "HANDLER app.three OPEN AS bird"),
];

/// Planted last.
pub(crate) const ENDINGS: &[Kind] = &[
    ("an open transaction", "BEGIN; INSERT INTO app.kept VALUES ('{b}')"),
    ("a transaction without BEGIN", "SET autocommit = 0; INSERT INTO app.kept VALUES ('{b}')"),
    ("locked tables", "LOCK TABLES app.shelf READ"),
    ("read only", "SET SESSION TRANSACTION READ ONLY"),
];

/// What a reset does not undo: the session is destroyed.
pub(crate) const ROLE: Kind = ("a role", "SET ROLE boss");

/// A header and `COM_QUERY`: up to the first letter of a statement nothing is known of it, since it may be a `KILL`.
const HELD_BYTES: usize = 5;

/// A statement that the protocol itself prepares.
pub(crate) const PREPARED: Kind = ("a prepared statement of the protocol", "");

pub(crate) async fn enter<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Result<Mysql<S>, String> {
    Mysql::log_in(stream).await
}

/// Looks at everything that could have been left: the session's identity, and what is seen.
pub(crate) async fn look<S: AsyncRead + AsyncWrite + Unpin>(
    guest: &mut Mysql<S>,
    number: u64,
) -> Result<(String, String), String> {
    let question = format!(
        "SELECT 'look{number}', CONNECTION_ID(), @@in_transaction, @bird, DATABASE(), @@autocommit, @@sql_mode, \
         @@time_zone, YEAR(NOW()) > 2000, @@character_set_client, @@collation_connection, @@wait_timeout, \
         @@tx_isolation, @@tx_read_only, @@foreign_key_checks, LAST_INSERT_ID(), CURRENT_ROLE(), \
         IS_USED_LOCK(CONCAT('nest', CONNECTION_ID())), (SELECT COUNT(*) FROM app.kept)"
    );
    // MariaDB: the statement -1 is the one that was prepared last.
    let execute = [&[0x17][..], &[0xff; 4], &[0, 1, 0, 0, 0]].concat();
    let all = [
        query(&question),
        query("EXECUTE bird"),
        query("SELECT * FROM app.nest"),
        query("HANDLER bird READ FIRST"),
        frame(0, &execute),
    ];
    guest.send(&all.concat()).await?;
    let first = guest.answers().await?;
    let [row] = first.first().map_or(&[][..], |answer| answer.rows.as_slice()) else {
        return Err(format!("not one row: {first:?}"));
    };
    let rest = row.strip_prefix(&format!("look{number}|"));
    let (session, seen) =
        rest.and_then(|rest| rest.split_once('|')).ok_or(format!("another's answer: {row}"))?;
    let mut seen = seen.to_owned();
    for _ in 1..all.len() {
        let answer = guest.answers().await?;
        seen.push_str(&format!(" {:?} {:?}", answer[0].error, answer[0].rows));
    }
    Ok((session.to_owned(), seen))
}

/// Plants, and sees to it that it is planted.
pub(crate) async fn plant<S: AsyncRead + AsyncWrite + Unpin>(
    guest: &mut Mysql<S>,
    chosen: &[Kind],
    marker: &str,
    number: u64,
) -> Result<(), String> {
    let statements = chosen.iter().filter(|kind| **kind != PREPARED).map(|kind| kind.1).collect::<Vec<_>>();
    if !statements.is_empty() {
        let answers = guest.ask(&words(&statements.join("; "), marker, number)).await?;
        if answers.iter().any(|answer| answer.error.is_some()) {
            return Err(format!("{chosen:?} could not be planted: {answers:?}"));
        }
    }
    if chosen.contains(&PREPARED) {
        guest.send(&frame(0, format!("\u{16}SELECT '{marker}'").as_bytes())).await?;
        let prepared = guest.packet().await?;
        // One column: its definition, and the end.
        for _ in 0..2 {
            guest.packet().await?;
        }
        if prepared[0] != 0 {
            return Err(format!("a statement could not be prepared: {prepared:x?}"));
        }
    }
    Ok(())
}

pub(crate) async fn visit(mut visitor: Visitor<'_>) -> Result<Left, String> {
    if visitor.random.u32(..100) == 0 {
        return early(&mut visitor).await;
    }
    let mut guest = enter(visitor.connect()).await?;
    let (session, seen) = look(&mut guest, visitor.number).await?;
    visitor.compare(&session, &seen, &guest.heard)?;
    let mut chosen = visitor.choose(KINDS, ENDINGS);
    let has_role = visitor.random.u32(..100) == 0;
    if has_role {
        chosen.insert(0, ROLE);
    }
    if visitor.random.u32(..8) == 0 {
        chosen.push(PREPARED);
    }
    plant(&mut guest, &chosen, &visitor.marker(), visitor.number).await?;
    match visitor.random.u32(..100) {
        0..3 => return rudely(&mut visitor, guest).await,
        3..50 => guest.leave().await?,
        _ => {}
    }
    Ok(if has_role { Left::Rudely } else { Left::Politely })
}

/// Leaves during the login.
async fn early(visitor: &mut Visitor<'_>) -> Result<Left, String> {
    let mut stream = visitor.connect();
    if visitor.random.bool() {
        let mut some = vec![0; visitor.random.usize(1..30)];
        stream.read_exact(&mut some).await.map_err(|error| error.to_string())?;
    }
    Ok(Left::Early)
}

async fn rudely(visitor: &mut Visitor<'_>, mut guest: Mysql<GuestStream>) -> Result<Left, String> {
    guest.ask("ROLLBACK; UNLOCK TABLES; SET SESSION TRANSACTION READ WRITE").await?;
    let long = query(&visitor.words("SELECT REPEAT('{b}', 1000) FROM app.three, app.three x, app.three y"));
    match visitor.random.u32(..4) {
        0 => guest.send(&long).await?,
        1 => guest.send(&visitor.half(&long, HELD_BYTES)).await?,
        2 => {
            guest.send(&long).await?;
            let mut some = vec![0; visitor.random.usize(1..2000)];
            guest.stream.read_exact(&mut some).await.map_err(|error| error.to_string())?;
        }
        _ => {
            let answers = guest.ask("LOAD DATA LOCAL INFILE 'birds' INTO TABLE app.kept").await?;
            if answers[0].file.is_none() {
                return Err(format!("the server wants no file: {answers:?}"));
            }
            let row = frame(2, visitor.words("{b}\n").as_bytes());
            guest.send(&visitor.half(&row, 0)).await?;
        }
    }
    Ok(Left::Rudely)
}
