//! How much a proof does; knows no proof.

use std::time::{SystemTime, UNIX_EPOCH};

/// Whether the full size was asked for: `WARPGRID_FULL=1`.
pub(crate) fn is_full() -> bool {
    std::env::var("WARPGRID_FULL").is_ok_and(|value| value == "1")
}

/// The size for every change, or the full one.
pub(crate) fn either<T>(usual: T, full: T) -> T {
    if is_full() { full } else { usual }
}

/// What chance begins with: `WARPGRID_SEED`, else another at each run. A proof that fails prints it.
pub(crate) fn seed() -> u64 {
    wished_seed().unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |passed| passed.as_nanos() as u64)
    })
}

/// `WARPGRID_SEED`, if it is set.
pub(crate) fn wished_seed() -> Option<u64> {
    let text = std::env::var("WARPGRID_SEED").ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("`WARPGRID_SEED` must be a number, not `{text}`")))
}
