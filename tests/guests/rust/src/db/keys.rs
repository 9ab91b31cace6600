//! The sub-commands of the programs for Redis, over any driver; each prints what came of it.
//!
//! | words | what they do |
//! |---|---|
//! | `crud <key>` | SET, GET, DEL, and that the key is gone |
//! | `reuse <times>` | connect, ask, close, so many times; prints how many sessions of the server that took |
//! | `many <times>` | so many commands on one connection, each answer checked |
//! | `mistake <key>` | a command that fails, and one after it |
//! | `hold <key> <seconds>` | begins a transaction, says so, waits, discards it, closes |
//! | `leave <key>` | begins a transaction and ends without a goodbye |
//! | `secret <word>...` | asks, then looks for each hidden word in its own memory |

use super::{Result, Settings, memory};
use std::collections::BTreeSet;

/// A driver's connection.
#[expect(async_fn_in_trait, reason = "one thread, and no caller needs more of the futures")]
pub trait KeySession: Sized {
    /// Connects and logs in.
    async fn open(settings: &Settings) -> Result<Self>;
    /// A command of which only the failure matters.
    async fn run(&mut self, command: &[&str]) -> Result<()>;
    /// A command that answers a number.
    async fn number(&mut self, command: &[&str]) -> Result<i64>;
    /// A command that answers a text or nothing.
    async fn text(&mut self, command: &[&str]) -> Result<Option<String>>;
    /// Says goodbye, if the driver has one.
    async fn close(self) -> Result<()>;
    /// Waits, letting the driver's other tasks run.
    async fn pause(seconds: u64);
}

/// Does what the words say.
///
/// # Errors
/// When the words are unknown, or what the driver says.
pub async fn run<S: KeySession>(settings: &Settings, arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["crud", key] => crud::<S>(settings, key).await,
        ["reuse", times] => reuse::<S>(settings, times.parse()?).await,
        ["many", times] => many::<S>(settings, times.parse()?).await,
        ["mistake", key] => mistake::<S>(settings, key).await,
        ["hold", key, seconds] => hold::<S>(settings, key, seconds.parse()?).await,
        ["leave", key] => leave::<S>(settings, key).await,
        ["secret", words @ ..] => secret::<S>(settings, words).await,
        other => Err(format!("unknown: {other:?}").into()),
    }
}

async fn crud<S: KeySession>(settings: &Settings, key: &str) -> Result<()> {
    let mut session = S::open(settings).await?;
    session.run(&["SET", key, "it's três"]).await?;
    println!("value {:?}", session.text(&["GET", key]).await?);
    println!("deleted {}", session.number(&["DEL", key]).await?);
    println!("gone {}", session.text(&["GET", key]).await?.is_none());
    session.close().await
}

async fn reuse<S: KeySession>(settings: &Settings, times: usize) -> Result<()> {
    let mut identities = BTreeSet::new();
    for _ in 0..times {
        let mut session = S::open(settings).await?;
        identities.insert(session.number(&["CLIENT", "ID"]).await?);
        session.close().await?;
    }
    println!("{times} connections, {} sessions of the server", identities.len());
    Ok(())
}

async fn many<S: KeySession>(settings: &Settings, times: usize) -> Result<()> {
    let mut session = S::open(settings).await?;
    let mut right = 0;
    for number in 0..times {
        let text = number.to_string();
        right += usize::from(session.text(&["ECHO", &text]).await? == Some(text));
    }
    println!("{right} of {times} right");
    session.close().await
}

async fn mistake<S: KeySession>(settings: &Settings, key: &str) -> Result<()> {
    let mut session = S::open(settings).await?;
    session.run(&["SET", key, "a text"]).await?;
    let failed = session.number(&["INCR", key]).await.is_err();
    println!("failed {failed}, then {}", session.number(&["DEL", key]).await?);
    session.close().await
}

async fn begin<S: KeySession>(settings: &Settings, key: &str) -> Result<S> {
    let mut session = S::open(settings).await?;
    session.run(&["MULTI"]).await?;
    session.run(&["SET", key, "not yet"]).await?;
    println!("holding");
    Ok(session)
}

async fn hold<S: KeySession>(settings: &Settings, key: &str, seconds: u64) -> Result<()> {
    let mut session = begin::<S>(settings, key).await?;
    S::pause(seconds).await;
    session.run(&["DISCARD"]).await?;
    println!("released");
    session.close().await
}

async fn leave<S: KeySession>(settings: &Settings, key: &str) -> Result<()> {
    // No goodbye, not even by a destructor: that is what a guest that dies looks like.
    std::mem::forget(begin::<S>(settings, key).await?);
    Ok(())
}

async fn secret<S: KeySession>(settings: &Settings, words: &[&str]) -> Result<()> {
    let mut session = S::open(settings).await?;
    session.run(&["PING"]).await?;
    memory::report(words)?;
    session.close().await
}
