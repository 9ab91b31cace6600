//! Canaries of PostgreSQL: what is planted, looked for, and how guests leave rudely; knows no pool.

use crate::lab::postgres::{Postgres, frame, query, startup};
use crate::visit::{Kind, Left, Visitor, words};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use warpgrid_pool::guest::GuestStream;

pub(crate) const PREPARATION: &str = "CREATE ROLE other; GRANT other TO app; CREATE TABLE kept (x text); \
    GRANT ALL ON kept TO PUBLIC; CREATE SEQUENCE numbers; GRANT ALL ON numbers TO PUBLIC";

/// Planted in one query with others; what changes the meaning of names stands last.
pub(crate) const KINDS: &[Kind] = &[
    ("a parameter", "SET work_mem = '77MB'"),
    ("a parameter without a meaning", "SET proof.bird = '{b}'"),
    ("the application's name", "SET application_name = '{b}'"),
    ("the time zone", "SET TimeZone = 'UTC-3'"),
    ("a time-out", "SET statement_timeout = '100s'"),
    ("read only", "SET default_transaction_read_only = on"),
    ("isolation", "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"),
    ("a temporary table", "CREATE TEMP TABLE {b} AS SELECT '{b}' AS x"),
    ("a temporary table over another", "CREATE TEMP TABLE kept AS SELECT '{b}' AS x"),
    ("a prepared statement", "PREPARE {b} AS SELECT '{b}'"),
    ("a cursor with hold", "DECLARE {b} CURSOR WITH HOLD FOR SELECT '{b}'"),
    ("an advisory lock", "SELECT pg_try_advisory_lock({n})"),
    ("a shared advisory lock", "SELECT pg_advisory_lock_shared(0)"),
    ("a channel", "LISTEN aviary; LISTEN {b}"),
    ("a number of a sequence", "SELECT nextval('public.numbers')"),
    ("the search path", "SET search_path = {b}"),
    ("a role", "SET ROLE other"),
];

/// Planted last, each in a query of its own.
pub(crate) const ENDINGS: &[Kind] = &[
    ("an open transaction", "BEGIN READ WRITE; INSERT INTO public.kept VALUES ('{b}')"),
    ("a savepoint", "BEGIN; SAVEPOINT {b}; SET LOCAL work_mem = '78MB'"),
    ("a lock on a table", "BEGIN; LOCK TABLE public.kept IN ACCESS SHARE MODE"),
    ("a cursor of a transaction", "BEGIN; DECLARE inner_{b} CURSOR FOR SELECT '{b}'"),
    ("a failed transaction", "BEGIN; SELECT 1 / 0"),
];

/// For whoever listens.
const NOTIFICATION: &str = "NOTIFY aviary, '{b}'";

/// A statement that the protocol itself prepares.
pub(crate) const PREPARED: Kind = ("a prepared statement of the protocol", "");

pub(crate) async fn enter<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Result<Postgres<S>, String> {
    Postgres::log_in(stream, &[]).await
}

/// Looks at everything that could have been left: the session's identity, and what is seen.
pub(crate) async fn look<S: AsyncRead + AsyncWrite + Unpin>(
    guest: &mut Postgres<S>,
    number: u64,
) -> Result<(String, String), String> {
    let question = format!(
        "SELECT 'look{number}', (SELECT pid::text || backend_start FROM pg_stat_get_activity(pg_backend_pid())), \
         now() = statement_timestamp(), current_user, session_user, current_setting('work_mem'), \
         current_setting('proof.bird', true), current_setting('application_name'), current_setting('TimeZone'), \
         current_setting('statement_timeout'), current_setting('default_transaction_read_only'), \
         current_setting('transaction_isolation'), current_setting('search_path'), \
         (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()), \
         (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors), \
         (SELECT count(*) FROM pg_listening_channels()), (SELECT count(*) FROM public.kept), \
         (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND (locktype = 'advisory' OR \
         relation = 'public.kept'::regclass AND mode <> 'AccessShareLock'))"
    );
    guest.send(&[query(&question), query("SELECT lastval()")].concat()).await?;
    let (row, last) = (guest.answer().await?, guest.answer().await?);
    let [text] = row.rows.as_slice() else { return Err(format!("not one row: {row:?}")) };
    let rest = text.strip_prefix(&format!("look{number}|"));
    let (session, seen) =
        rest.and_then(|rest| rest.split_once('|')).ok_or(format!("another's answer: {text}"))?;
    Ok((session.to_owned(), format!("{seen} {} {} {last:?}", row.state as char, row.errors.join(" "))))
}

/// Plants, and sees to it that it is planted.
pub(crate) async fn plant<S: AsyncRead + AsyncWrite + Unpin>(
    guest: &mut Postgres<S>,
    chosen: &[Kind],
    marker: &str,
    number: u64,
) -> Result<(), String> {
    let (mut bytes, mut count, mut together) = (Vec::new(), 0, Vec::new());
    for kind in chosen {
        if *kind == PREPARED {
            let prepare = words("wire_{b}\0SELECT '{b}'\0\0\0", marker, number);
            bytes.extend([frame(b'P', prepare.as_bytes()), frame(b'S', b"")].concat());
            count += 1;
        } else if !ENDINGS.contains(kind) {
            together.push(kind.1);
        }
    }
    let endings = chosen.iter().filter(|kind| ENDINGS.contains(kind)).map(|kind| kind.1);
    for text in [together.join("; ").as_str()].into_iter().chain(endings) {
        bytes.extend(query(&words(text, marker, number)));
        count += 1;
    }
    guest.send(&bytes).await?;
    for _ in 0..count {
        let answer = guest.answer().await?;
        if answer.errors.iter().any(|code| code != "22012") {
            return Err(format!("{chosen:?} could not be planted: {answer:?}"));
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
    match visitor.random.u32(..8) {
        0 => chosen.push(PREPARED),
        1 => chosen.insert(0, ("", NOTIFICATION)),
        _ => {}
    }
    plant(&mut guest, &chosen, &visitor.marker(), visitor.number).await?;
    match visitor.random.u32(..100) {
        0..3 => rudely(&mut visitor, guest).await,
        3..50 => guest.leave().await.map(|()| Left::Politely),
        _ => Ok(Left::Politely),
    }
}

/// Leaves during the login.
async fn early(visitor: &mut Visitor<'_>) -> Result<Left, String> {
    let mut guest = Postgres::new(visitor.connect());
    let hello = startup(&[]);
    let hello = if visitor.random.bool() { hello } else { visitor.half(&hello, 0) };
    guest.send(&hello).await?;
    Ok(Left::Early)
}

async fn rudely(visitor: &mut Visitor<'_>, mut guest: Postgres<GuestStream>) -> Result<Left, String> {
    // Where a transaction failed or cannot write, the others say errors; so begin anew.
    guest.ask("ROLLBACK; RESET ROLE; SET default_transaction_read_only = off").await?;
    let long = query(&visitor.words("SELECT repeat('{b}', 100) FROM generate_series(1, 500)"));
    let extended = [
        frame(b'P', visitor.words("\0SELECT '{b}'\0\0\0").as_bytes()),
        frame(b'B', b"\0\0\0\0\0\0\0\0"),
        frame(b'E', b"\0\0\0\0\0"),
    ];
    match visitor.random.u32(..6) {
        0 => guest.send(&long).await?,
        1 => guest.send(&visitor.half(&long, 0)).await?,
        2 => {
            guest.send(&long).await?;
            let mut some = vec![0; visitor.random.usize(1..2000)];
            guest.stream.read_exact(&mut some).await.map_err(|error| error.to_string())?;
        }
        3 => {
            guest.send(&query("COPY public.kept FROM STDIN")).await?;
            while guest.message().await?.0 != b'G' {}
            let row = frame(b'd', visitor.words("{b}\n").as_bytes());
            guest.send(&[row.clone(), visitor.half(&row, 0)].concat()).await?;
        }
        4 => {
            let copy = "COPY (SELECT repeat('{b}', 100) FROM generate_series(1, 500)) TO STDOUT";
            guest.send(&query(&visitor.words(copy))).await?;
            while guest.message().await?.0 != b'd' {}
        }
        _ => guest.send(&extended.concat()).await?,
    }
    Ok(Left::Rudely)
}
