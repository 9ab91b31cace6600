//! `cargo xtask verify`: checks a release archive and says what is wrong; the checks themselves are in `pack`.
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;

use crate::hint::WithHint as _;
use crate::pack::{self, Report, Verification};
use crate::paths::Paths;

/// Checks a finished tarball, with no network.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Checks the digest beside the tarball, the canonical form of every byte of gzip and tar, SHA256SUMS, the SBOM,
the provenance inside and beside it, sdk.json, links, licences, and that no file names a folder of the build machine.

Examples:
  cargo xtask verify target/warpgrid/dist/warpgrid-sdk-0.1.0-x86_64-linux.tar.gz
  cargo xtask verify --json sdk.tar.gz | jq .problems

Exit codes: 0 sound, 1 something is wrong (each problem is named)")]
pub struct VerifyArgs {
    /// The tarball
    pub tarball: PathBuf,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Most problems that are printed for people; JSON has all.
const SHOWN: usize = 20;

/// Verifies the tarball and prints the result.
///
/// # Errors
/// When the tarball cannot be read at all.
pub fn run(args: &VerifyArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let forbidden = [&paths.root, &paths.cache].map(|folder| format!("{}/", folder.display()));
    let report = pack::verify(&Verification { archive: &args.tarball, forbidden: &forbidden })
        .hint("run `cargo xtask build-sdk`, which says where the tarball lies")?;
    let text = if args.json {
        let mut json = serde_json::to_string_pretty(&report).context("writing JSON")?;
        json.push('\n');
        json
    } else {
        describe(&report, started.elapsed().as_secs_f64())
    };
    use std::io::Write as _;
    std::io::stdout().write_all(text.as_bytes()).context("writing to standard output")?;
    Ok(if report.sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn describe(report: &Report, seconds: f64) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for problem in report.problems.iter().take(SHOWN) {
        let _ = writeln!(text, "{problem}");
    }
    if report.problems.len() > SHOWN {
        let _ = writeln!(text, "… and {} more", report.problems.len() - SHOWN);
    }
    let verdict = match report.problems.len() {
        0 => "sound".to_owned(),
        1 => "NOT sound: 1 problem".to_owned(),
        count => format!("NOT sound: {count} problems"),
    };
    let _ = writeln!(
        text,
        "{}: {verdict}\n  sha256 {}{}\n  {} files, {} MB unpacked, checked in {seconds:.1} s",
        report.archive,
        report.sha256,
        if report.compared { "" } else { " (no `.sha256` beside it to compare with)" },
        report.files,
        report.unpacked / 1_000_000,
    );
    text
}
