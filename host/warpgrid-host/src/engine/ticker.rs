//! The thread that tells running guests that time passes; ends no guest.

use std::thread;
use std::time::Duration;
use wasmtime::Engine;

/// How often a running guest gives way to others.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Starts the one ticker of an engine. It stops within a tick after the last user of the engine is gone.
///
/// # Errors
/// When the system starts no thread.
pub(super) fn start(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    thread::Builder::new().name("warpgrid-ticker".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    })?;
    Ok(())
}
