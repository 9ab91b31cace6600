//! Programs in Rust, built with nothing but cargo.

use crate::harness::{guest, load, run_with};

#[tokio::test]
async fn a_program_is_loaded_and_runs() {
    let application = load(&guest("files_hosts"), "").unwrap();
    let ran = run_with(&application, &[], &[]).await;
    assert!(ran.outcome.is_ok(), "{:?}", ran.outcome);
}
