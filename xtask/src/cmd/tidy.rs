//! `cargo xtask tidy`: prints what the rules of the tree find.
use std::process::ExitCode;

use crate::paths::Paths;
use crate::tidy;

/// Flags of `tidy`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask tidy    print every finding as `file:line: rule: text`; exit code 1 when there is one")]
pub struct TidyArgs {}

/// Prints the findings; exit code 1 when there are any.
///
/// # Errors
/// When the tree cannot be read.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn run(_args: &TidyArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    let findings = tidy::check(&paths.root)?;
    for finding in &findings {
        println!("{finding}");
    }
    eprintln!("{} findings", findings.len());
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
