//! The lock that a running `serve` holds: whoever gets it knows that nothing runs. Knows not what is served.
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// Between two attempts.
const LOOK: Duration = Duration::from_millis(20);

/// The lock, when nobody has it.
pub(super) fn try_take(state: &Path) -> anyhow::Result<Option<File>> {
    std::fs::create_dir_all(state).with_context(|| format!("creating `{}`", state.display()))?;
    let path = state.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("opening `{}`", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("locking `{}`", path.display()))
        }
    }
}

/// The lock, as soon as nobody has it.
pub(super) fn take_within(state: &Path, limit: Duration) -> anyhow::Result<File> {
    let end = Instant::now() + limit;
    loop {
        if let Some(lock) = try_take(state)? {
            return Ok(lock);
        }
        if Instant::now() > end {
            bail!(
                "the servers do not end within {} s; see `{}`",
                limit.as_secs(),
                state.join("log").display()
            );
        }
        std::thread::sleep(LOOK);
    }
}
