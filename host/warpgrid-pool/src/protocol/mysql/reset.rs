//! A MySQL session as if nobody had used it; knows no pool.
//!
//! `COM_RESET_CONNECTION` rolls back and undoes temporary tables, variables, prepared statements and locks, but not the
//! current database, the roles, or the profiles of queries. What it leaves is put back here, or asked about: a session
//! that is not as it was is given up. It exists since MySQL 5.7.3 and MariaDB 10.2.4.

use super::flags::has;
use super::frame::{put_packet, read_packet};
use super::packet::{COM_INIT_DB, COM_QUERY, COM_RESET_CONNECTION, ERR, length_encoded};
use crate::net::ServerStream;
use crate::protocol::{GuestStep, LoginRequest, SessionFailure, Tracker, Verdict};
use mysql_common::constants::CapabilityFlags;
use tokio::io::AsyncWriteExt;

/// The largest packet of an answer to a reset, and how many there may be.
const MAX_ANSWER: (usize, usize) = (64 * 1024, 64);

/// Asks what a reset leaves: the database; whether the server runs statements of its own at each login; the login's
/// character set, if it is not the one now (MariaDB goes back to the server's); MariaDB: whether the role is the one of
/// a login, whether profiles of queries are kept; MySQL 8: which roles a login switches on. Each server takes what is
/// for others for comments. As a statement that reads rows it also clears `FOUND_ROWS()` and the warnings.
fn question(character_set: u8) -> String {
    format!(
        "SELECT DATABASE(), @@init_connect = '', \
        (SELECT CONCAT(CHARACTER_SET_NAME, ' COLLATE ', COLLATION_NAME) FROM information_schema.COLLATIONS \
        WHERE ID = {character_set} AND NOT (COLLATION_NAME <=> @@collation_connection \
        AND CHARACTER_SET_NAME <=> @@character_set_client AND CHARACTER_SET_NAME <=> @@character_set_results))\
        /*M!100204 , CURRENT_ROLE() <=> (SELECT ROLE_NAME FROM information_schema.APPLICABLE_ROLES \
        WHERE IS_DEFAULT = 'YES' LIMIT 1), NOT EXISTS (SELECT 1 FROM information_schema.PROFILING) */\
        /*!80000 , @@activate_all_roles_on_login */"
    )
}

/// Resets a session.
pub(super) async fn reset(
    stream: &mut ServerStream,
    tracker: &mut dyn Tracker,
    request: LoginRequest<'_>,
) -> Result<(), SessionFailure> {
    if tracker.verdict() != Verdict::Reset {
        return Err(SessionFailure::Unexpected("half a command before the reset"));
    }
    let mut dialogue = Dialogue { stream, tracker };
    dialogue.order(&[COM_RESET_CONNECTION], "an error to COM_RESET_CONNECTION").await?;
    let database = request.endpoint.database.as_deref().or(request.startup.database.as_deref());
    if let Some(database) = database {
        let command = [&[COM_INIT_DB], database.as_bytes()].concat();
        dialogue.order(&command, "an error to the change to the login's database").await?;
    }
    if has(request.startup.capabilities as u32, CapabilityFlags::CLIENT_IGNORE_SPACE) {
        // At a login the server adds it by itself.
        let statement = "SET sql_mode = CONCAT(@@sql_mode, ',IGNORE_SPACE')";
        dialogue.order(&query(statement.as_bytes()), "an error to `SET sql_mode`").await?;
    }
    let character_set = super::login::character_set(request.startup);
    let row = dialogue.ask(&question(character_set)).await?;
    let [now, at_login, names, rest @ ..] = row.as_slice() else {
        return Err(SessionFailure::Unexpected("a row of too few columns"));
    };
    if database.is_none() && now.is_some() {
        return Err(SessionFailure::Unexpected("a database where the login had none"));
    }
    if at_login.as_deref() != Some(b"1") {
        return Err(SessionFailure::Unexpected("`init_connect`, which only a login runs"));
    }
    if let Some(names) = names {
        let statement = [b"SET NAMES ", names.as_slice()].concat();
        dialogue.order(&query(&statement), "an error to `SET NAMES`").await?;
    }
    match rest {
        // MySQL 5.7
        [] => {}
        // MySQL 8 and later
        [all] => {
            let all = all.as_deref().is_some_and(|all| all == b"1");
            let statement = if all { "SET ROLE ALL" } else { "SET ROLE DEFAULT" };
            dialogue.order(&query(statement.as_bytes()), "an error to `SET ROLE`").await?;
        }
        // MariaDB
        [role, profiles] => {
            if role.as_deref() != Some(b"1") {
                return Err(SessionFailure::Unexpected("another role than that of the login"));
            }
            if profiles.as_deref() != Some(b"1") {
                return Err(SessionFailure::Unexpected("profiles of a guest's queries"));
            }
        }
        _ => return Err(SessionFailure::Unexpected("a row of too many columns")),
    }
    if dialogue.tracker.is_busy()
        || dialogue.tracker.verdict() != Verdict::Reset
        || dialogue.tracker.in_transaction()
    {
        return Err(SessionFailure::Unexpected("more than was asked for"));
    }
    Ok(())
}

/// The host's own commands on a session, seen by its tracker.
struct Dialogue<'a> {
    stream: &'a mut ServerStream,
    tracker: &'a mut dyn Tracker,
}

impl Dialogue<'_> {
    /// Sends a command and reads its whole answer.
    async fn send(&mut self, command: &[u8]) -> Result<Vec<Vec<u8>>, SessionFailure> {
        let mut bytes = Vec::with_capacity(command.len() + 4);
        put_packet(&mut bytes, 0, command);
        if self.tracker.from_guest(&bytes) != Ok(GuestStep::Forward(bytes.len())) {
            return Err(SessionFailure::Unexpected("a state in which a command cannot be sent"));
        }
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await?;
        let mut answer = Vec::new();
        while self.tracker.is_busy() {
            let (sequence, payload) = read_packet(self.stream, MAX_ANSWER.0).await?;
            bytes.clear();
            put_packet(&mut bytes, sequence, &payload);
            self.tracker.from_server(&bytes).map_err(|violation| SessionFailure::Unexpected(violation.0))?;
            answer.push(payload);
            if answer.len() > MAX_ANSWER.1 {
                return Err(SessionFailure::Unexpected("too many packets"));
            }
        }
        Ok(answer)
    }

    /// Sends a command that must be done.
    async fn order(&mut self, command: &[u8], failure: &'static str) -> Result<(), SessionFailure> {
        let answer = self.send(command).await?;
        match answer.as_slice() {
            [packet] if packet.first().is_some_and(|first| *first != ERR) => Ok(()),
            _ => Err(SessionFailure::Unexpected(failure)),
        }
    }

    /// Sends a query that gives one row, and reads that.
    async fn ask(&mut self, statement: &str) -> Result<Vec<Option<Vec<u8>>>, SessionFailure> {
        let answer = self.send(&query(statement.as_bytes())).await?;
        // The column count, the definitions, perhaps their end, the row, the end.
        let row = match answer.as_slice() {
            [count, rest @ .., row, _end]
                if count.first().is_some_and(|count| rest.len() >= usize::from(*count)) =>
            {
                row
            }
            _ => return Err(SessionFailure::Unexpected("no row to the question behind a reset")),
        };
        columns(row).ok_or(SessionFailure::Unexpected("a broken row to the question behind a reset"))
    }
}

fn query(statement: &[u8]) -> Vec<u8> {
    [&[COM_QUERY], statement].concat()
}

/// The values of a row in text form. None in it: `NULL`.
fn columns(mut row: &[u8]) -> Option<Vec<Option<Vec<u8>>>> {
    let mut columns = Vec::new();
    while let Some(first) = row.first() {
        if *first == 0xfb {
            columns.push(None);
            row = row.get(1..)?;
        } else {
            let (length, size) = length_encoded(row)?;
            let end = size.checked_add(usize::try_from(length).ok()?)?;
            columns.push(Some(row.get(size..end)?.to_vec()));
            row = row.get(end..)?;
        }
    }
    Some(columns)
}
