//! The sub-commands of the programs for PostgreSQL and MySQL, over any driver; each prints what came of it.
//!
//! | words | what they do |
//! |---|---|
//! | `crud <table>` | CREATE, INSERT, SELECT, DROP, and that the table is gone |
//! | `reuse <times>` | connect, ask, close, so many times; prints how many sessions of the server that took |
//! | `many <times>` | so many queries on one connection, each answer checked |
//! | `mistake` | a query that fails, and one after it |
//! | `hold <table> <seconds>` | begins a transaction, says so, waits, rolls back, closes |
//! | `leave <table>` | begins a transaction and ends without a goodbye |
//! | `count <table>` | prints how many rows the table has |
//! | `secret <word>...` | asks, then looks for each hidden word in its own memory |

use super::{Result, Settings, memory};
use std::collections::BTreeSet;

/// A driver's connection.
#[expect(async_fn_in_trait, reason = "one thread, and no caller needs more of the futures")]
pub trait SqlSession: Sized {
    /// A query for the number that the server gives to this session.
    const IDENTITY: &'static str;

    /// Connects and logs in.
    async fn open(settings: &Settings) -> Result<Self>;
    /// Runs a statement without rows.
    async fn execute(&mut self, statement: String) -> Result<()>;
    /// Inserts a row of a [`crud`] table, with bound parameters where the driver has them.
    async fn insert(&mut self, table: &str, number: i64, word: &str) -> Result<()>;
    /// All rows of such a table, in order.
    async fn rows(&mut self, table: &str) -> Result<Vec<(i64, String)>>;
    /// The one number that a query answers.
    async fn number(&mut self, query: String) -> Result<i64>;
    /// Says goodbye.
    async fn close(self) -> Result<()>;
    /// Waits, letting the driver's other tasks run.
    async fn pause(seconds: u64);
}

/// [`SqlSession::IDENTITY`] for PostgreSQL.
pub const POSTGRES_IDENTITY: &str = "SELECT pg_backend_pid()::int8";
/// [`SqlSession::IDENTITY`] for MySQL and MariaDB.
pub const MYSQL_IDENTITY: &str = "SELECT CAST(CONNECTION_ID() AS SIGNED)";

/// Does what the words say.
///
/// # Errors
/// When the words are unknown, or what the driver says.
pub async fn run<S: SqlSession>(settings: &Settings, arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["crud", table] => crud::<S>(settings, table).await,
        ["reuse", times] => reuse::<S>(settings, times.parse()?).await,
        ["many", times] => many::<S>(settings, times.parse()?).await,
        ["mistake"] => mistake::<S>(settings).await,
        ["hold", table, seconds] => hold::<S>(settings, table, seconds.parse()?).await,
        ["leave", table] => leave::<S>(settings, table).await,
        ["count", table] => count::<S>(settings, table).await,
        ["secret", words @ ..] => secret::<S>(settings, words).await,
        other => Err(format!("unknown: {other:?}").into()),
    }
}

async fn create<S: SqlSession>(session: &mut S, table: &str) -> Result<()> {
    let columns = "number BIGINT NOT NULL, word VARCHAR(40) NOT NULL";
    session.execute(format!("CREATE TABLE {table} ({columns})")).await
}

async fn crud<S: SqlSession>(settings: &Settings, table: &str) -> Result<()> {
    let mut session = S::open(settings).await?;
    create(&mut session, table).await?;
    for (number, word) in [(1, "one"), (-2, "it's zwei"), (i64::MAX, "três")] {
        session.insert(table, number, word).await?;
    }
    println!("rows {:?}", session.rows(table).await?);
    session.execute(format!("DROP TABLE {table}")).await?;
    println!("gone {}", session.rows(table).await.is_err());
    session.close().await
}

async fn reuse<S: SqlSession>(settings: &Settings, times: usize) -> Result<()> {
    let mut identities = BTreeSet::new();
    for _ in 0..times {
        let mut session = S::open(settings).await?;
        identities.insert(session.number(S::IDENTITY.to_owned()).await?);
        session.close().await?;
    }
    println!("{times} connections, {} sessions of the server", identities.len());
    Ok(())
}

async fn many<S: SqlSession>(settings: &Settings, times: i64) -> Result<()> {
    let mut session = S::open(settings).await?;
    let mut right = 0;
    for number in 0..times {
        right += i64::from(
            session.number(format!("SELECT CAST({number} AS {}) + 1", S::wide())).await? == number + 1,
        );
    }
    println!("{right} of {times} right");
    session.close().await
}

async fn mistake<S: SqlSession>(settings: &Settings) -> Result<()> {
    let mut session = S::open(settings).await?;
    let failed = session.number("SELECT number FROM nothing_of_the_kind".to_owned()).await.is_err();
    println!("failed {failed}, then {}", session.number(format!("SELECT CAST(7 AS {})", S::wide())).await?);
    session.close().await
}

async fn begin<S: SqlSession>(settings: &Settings, table: &str) -> Result<S> {
    let mut session = S::open(settings).await?;
    create(&mut session, table).await?;
    session.execute("BEGIN".to_owned()).await?;
    session.insert(table, 1, "not yet").await?;
    println!("holding");
    Ok(session)
}

async fn hold<S: SqlSession>(settings: &Settings, table: &str, seconds: u64) -> Result<()> {
    let mut session = begin::<S>(settings, table).await?;
    S::pause(seconds).await;
    session.execute("ROLLBACK".to_owned()).await?;
    println!("released");
    session.close().await
}

async fn leave<S: SqlSession>(settings: &Settings, table: &str) -> Result<()> {
    // No goodbye, not even by a destructor: that is what a guest that dies looks like.
    std::mem::forget(begin::<S>(settings, table).await?);
    Ok(())
}

async fn count<S: SqlSession>(settings: &Settings, table: &str) -> Result<()> {
    let mut session = S::open(settings).await?;
    println!("{} rows", session.number(format!("SELECT COUNT(*) FROM {table}")).await?);
    session.close().await
}

async fn secret<S: SqlSession>(settings: &Settings, words: &[&str]) -> Result<()> {
    let mut session = S::open(settings).await?;
    session.number(S::IDENTITY.to_owned()).await?;
    memory::report(words)?;
    session.close().await
}

trait WideInteger {
    fn wide() -> &'static str;
}

impl<S: SqlSession> WideInteger for S {
    /// The type of a 64-bit number in a cast, which the two dialects call differently.
    fn wide() -> &'static str {
        if S::IDENTITY == MYSQL_IDENTITY { "SIGNED" } else { "BIGINT" }
    }
}
