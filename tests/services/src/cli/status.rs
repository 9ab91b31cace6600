//! `status`: says what runs. Changes nothing.
use std::process::ExitCode;

use super::flags::StateFlags;
use super::{lock, report};

/// Prints what runs; exit code 1 when nothing does.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) fn status(flags: &StateFlags) -> anyhow::Result<ExitCode> {
    if lock::try_take(&flags.state)?.is_none() {
        report::print(&report::read(&flags.state)?, flags.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    if flags.json {
        println!("{}", serde_json::json!({ "servers": [] }));
    } else {
        println!("no servers run; `up` starts them");
    }
    Ok(ExitCode::FAILURE)
}
