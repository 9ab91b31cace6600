//! `cargo xtask rebase`: a fork's patch series from the command line; knows flags and printing, not git.
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::ArgGroup;
use indicatif::ProgressBar;
use serde::Serialize;
use xshell::Shell;

use crate::hint::Hint;
use crate::paths::Paths;
use crate::series::finding::Finding;
use crate::series::fork::Fork;
use crate::series::manifest_pins::ManifestPins;
use crate::series::preimages::Sysroot;
use crate::series::rebase::{ExportReport, Rebase};
use crate::series::report::Report;
use crate::series::upstream::{Pin, PinTable};
use crate::series::validate::validate;

/// Flags of `rebase`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = AFTER_HELP,
    group = ArgGroup::new("action").required(true).args(["validate", "apply", "export", "update"])
)]
pub struct RebaseArgs {
    /// The fork: the name of a folder in `forks/`
    pub fork: String,
    /// Check numbers, names, trailers, dependencies and hunks; reads files only
    #[arg(long)]
    pub validate: bool,
    /// Make the checkout: one commit per patch on the pinned upstream
    #[arg(long)]
    pub apply: bool,
    /// Write the commits of the checkout back to `patches/`
    #[arg(long)]
    pub export: bool,
    /// Move the series to a tag, branch or commit; writes patches and pin when every patch applies
    #[arg(long, value_name = "REF")]
    pub update: Option<String>,
    /// Try the series on another tag, branch or commit, without moving the pin
    #[arg(long, value_name = "REF", conflicts_with_all = ["installed", "export", "update", "validate"])]
    pub onto: Option<String>,
    /// Apply only the patches of these features
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with_all = ["export", "update", "validate"])]
    pub feature: Vec<String>,
    /// The checkout [default: `target/warpgrid/src/<fork>`]
    #[arg(long, value_name = "FOLDER")]
    pub checkout: Option<PathBuf>,
    /// Ask this local clone instead of upstream's address
    #[arg(long, value_name = "FOLDER")]
    pub from: Option<PathBuf>,
    /// Work without upstream: headers from this installed sysroot, the rest as the patches show it
    #[arg(long, value_name = "SYSROOT", conflicts_with_all = ["from", "update", "validate"])]
    pub installed: Option<PathBuf>,
    /// Target of the installed sysroot
    #[arg(long, value_name = "TRIPLE", default_value = "wasm32-wasip2", requires = "installed")]
    pub target: String,
    /// Throw away what the checkout has that is not exported
    #[arg(long, conflicts_with_all = ["export", "validate"])]
    pub discard: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

const AFTER_HELP: &str = "\
Change or add a patch:
  cargo xtask rebase libc --apply          patches become commits in target/warpgrid/src/libc
  (edit there, commit: one matter a commit, `git rebase -i` to reorder)
  cargo xtask rebase libc --export         commits become patch files, numbered anew
  cargo xtask rebase libc --validate

Move to a new upstream:
  cargo xtask rebase libc --update wasi-sdk-34
  (after a conflict: resolve it in the checkout, `git add`, `git am --continue`, then --export)

More examples:
  cargo xtask rebase libc --apply --feature dns,fs         only these; refused when they need another
  cargo xtask rebase libc --apply --onto main              how would it do on upstream's main?
  cargo xtask rebase libc --apply --from ../wasi-libc      no network: a local clone
  cargo xtask rebase libc --apply --installed <sysroot>    no upstream at all: the files that patches touch
  cargo xtask rebase libc --validate --json

The whole workflow: docs/how-to/maintain-forks.md

Exit codes:
  0  done
  1  findings, a conflict, or an error; nothing in `forks/` or the manifest was changed
  2  wrong usage";

/// Does what the flags ask for; exit code 1 when there are findings or a conflict.
///
/// # Errors
/// When something cannot be read, fetched or written, or the checkout is not ready.
pub fn run(args: &RebaseArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    let fork = Fork::open(&paths.root, &args.fork)?;
    if args.validate {
        return print_validation(&fork, args.json);
    }
    let sh = Shell::new().context("finding the current folder")?;
    let checkout = args.checkout.clone().unwrap_or_else(|| paths.target.join("src").join(&fork.name));
    let checkout = std::path::absolute(&checkout).context("making the checkout's path absolute")?;
    let from = args.from.as_deref().map(std::path::absolute).transpose().context("using `--from`")?;
    let rebase = Rebase {
        sh: &sh,
        fork: &fork,
        checkout: &checkout,
        cache: &paths.cache,
        from: from.as_deref(),
        discard: args.discard,
    };
    let mut pins = ManifestPins::new(&paths.manifest);
    let staged = stock_sysroot(paths, &args.target);
    let sysroot = args.installed.as_deref().or(staged.as_deref());
    let sysroot = sysroot.map(|root| Sysroot { root, triple: &args.target });
    // Draws only on a terminal; a fetch can take a while.
    let progress = ProgressBar::new_spinner().with_message(format!("working on `{}`", fork.name));
    progress.enable_steady_tick(Duration::from_millis(100));
    if args.export {
        let report = rebase.export(&mut pins, sysroot)?;
        progress.finish_and_clear();
        print_export(&report, args.json)?;
        warn(&validate(&fork.series()?, &fork.root));
        return Ok(ExitCode::SUCCESS);
    }
    let old = pins.pin(&fork.name);
    let report = match (&args.update, &args.installed) {
        (Some(revision), _) => rebase.update(&mut pins, revision)?,
        (None, Some(_)) => rebase.apply_to_preimages(sysroot, &args.feature)?,
        (None, None) => rebase.apply(&pins.pin(&fork.name)?, args.onto.as_deref(), &args.feature)?,
    };
    progress.finish_and_clear();
    print_report(&report, args, old.ok().as_ref())?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The stock sysroot that a build staged, if there is one.
fn stock_sysroot(paths: &Paths, triple: &str) -> Option<PathBuf> {
    let folder = paths.staging().join("share/warpgrid/sysroots").join(triple).join("stock");
    folder.is_dir().then_some(folder)
}

fn print_validation(fork: &Fork, json: bool) -> anyhow::Result<ExitCode> {
    #[derive(Serialize)]
    struct Validation<'a> {
        fork: &'a str,
        patches: usize,
        findings: &'a [Finding],
    }
    let series = fork.series()?;
    let mut findings = validate(&series, &fork.root);
    for finding in &mut findings {
        finding.file =
            finding.file.strip_prefix(&fork.root).map(Path::to_owned).unwrap_or(finding.file.clone());
    }
    let patches = series.patches.len();
    if json {
        print_json(&Validation { fork: &fork.name, patches, findings: &findings })?;
    } else {
        let mut text: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
        text += &format!("{}: {patches} patches, {} findings\n", fork.name, findings.len());
        print(&text)?;
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_export(report: &ExportReport, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(report);
    }
    let mut text = String::new();
    for name in &report.exported.written {
        text += &format!("  written  {name}\n");
    }
    for name in &report.exported.removed {
        text += &format!("  removed  {name}\n");
    }
    for path in &report.reconstructed {
        text += &format!("  note: upstream's `{path}` is not here; its blob ids were kept, not computed\n");
    }
    if let Some(pin) = &report.pin {
        text += &format!("  pinned   {} ({})\n", pin.revision, pin.commit);
    }
    let (written, removed) = (report.exported.written.len(), report.exported.removed.len());
    text += &format!(
        "{}: {} unchanged, {written} written, {removed} removed\n",
        report.fork, report.exported.unchanged
    );
    print(&text)
}

fn print_report(report: &Report, args: &RebaseArgs, old: Option<&Pin>) -> anyhow::Result<()> {
    if args.json {
        print_json(report)?;
    } else {
        print(&format!("{report}\n"))?;
        if report.is_clean() {
            print(&format!("checkout: {}\n", report.checkout.display()))?;
        }
    }
    if let (Some(pin), Some(old)) = (&report.pin, old) {
        note(&format!("the pin of `{}` moved from {} to {}", report.fork, old.revision, pin.revision));
        if old.revision != pin.revision {
            note(&format!(
                "other sources of `{0}` may still stand for {1}: look at `[upstream.{0}]` in the manifest, then run \
                 `cargo xtask pin {0}`",
                report.fork, old.revision
            ));
        }
    }
    if report.is_clean() {
        return Ok(());
    }
    let folder = report.checkout.display();
    let written = if args.update.is_some() { "patches and pin" } else { "patches" };
    let (message, hint) = if report.checkout.join(".git/rebase-apply").exists() {
        let message =
            format!("a patch does not apply: `{folder}` is as `git am` left it, and nothing was written");
        let steps = "edit, `git add`, `git am --continue` (or `--skip`, `--abort`)";
        (message, format!("resolve it there: {steps}; then `--export` writes {written}"))
    } else {
        let names = report.already_upstream.join("`, `");
        let message = format!("the base has what `{names}` does: nothing was written");
        (message, format!("when that is right, `--export` drops it and writes {written}"))
    };
    Err(Hint::new(message, hint).into())
}

fn warn(findings: &[Finding]) {
    for finding in findings {
        note(&finding.to_string());
    }
}

/// A line for the person, not for a program that reads the output.
fn note(text: &str) {
    // Nobody is helped by an error about a closed error stream.
    let _ = writeln!(std::io::stderr(), "note: {text}");
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("writing to the output")
}

fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value).context("writing the result as JSON")?;
    print(&format!("{text}\n"))
}
