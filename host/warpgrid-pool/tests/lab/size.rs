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
    match std::env::var("WARPGRID_SEED") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("`WARPGRID_SEED` must be a number, not `{text}`")),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |passed| passed.as_nanos() as u64),
    }
}
