//! Comparisons and waiting, with errors that say what was expected; knows no driver.
use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Context, bail};

/// Fails unless the server's answer is the wanted one.
///
/// # Errors
/// When it is another; the message has both.
pub fn same<G: Debug + PartialEq<W>, W: Debug>(what: &str, got: G, wanted: W) -> anyhow::Result<()> {
    if got != wanted {
        bail!("{what} is {got:?}, not {wanted:?}");
    }
    Ok(())
}

/// Waits at most `seconds` for something that must happen.
///
/// # Errors
/// When it did not; the message says what.
pub async fn within<T>(what: &str, seconds: u64, future: impl Future<Output = T>) -> anyhow::Result<T> {
    tokio::time::timeout(Duration::from_secs(seconds), future)
        .await
        .with_context(|| format!("{what}: not within {seconds} s"))
}

/// Asks again and again until the answer is yes, at most 20 s long.
///
/// # Errors
/// When asking fails, at once; or when the answer is no to the end.
pub async fn until(what: &str, mut ask: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let asking = async {
        while !ask().await? {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    };
    within(what, 20, asking).await?
}

/// Tries again and again until `attempt` succeeds, at most 20 s long.
///
/// # Errors
/// The last attempt's error.
pub async fn eventually<T>(
    what: &str,
    mut attempt: impl AsyncFnMut() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut last = None;
    let tries = async {
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let outcome = within(what, 20, tries).await;
    match (outcome, last) {
        (Err(error), Some(last)) => Err(last.context(error.to_string())),
        (outcome, _) => outcome,
    }
}
