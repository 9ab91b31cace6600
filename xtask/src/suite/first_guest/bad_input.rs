//! Bad input: each file of `tests/bad-input` is a command that must fail, and say what to do about it.
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;

use super::super::SuiteContext;
use super::super::variation::copy_checkout;
use crate::exec::{Finished, Program};
use crate::report::SuiteReport;
use crate::tree;

/// One row a file.
///
/// # Errors
/// When the folder of cases cannot be read.
pub(super) fn rows(
    context: &SuiteContext<'_>,
    scratch: &Path,
    tour: &Path,
    report: &mut SuiteReport,
) -> anyhow::Result<()> {
    for case in tree::entries(&context.paths.root.join("tests/bad-input"))? {
        let name = case.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        report.case(format!("bad input: {name}"), || bad_input(context, &case, &scratch.join(&name), tour));
    }
    Ok(())
}

/// One case, `tests/bad-input/<name>.toml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct BadInput {
    /// Why it is here.
    #[serde(rename = "about")]
    _about: String,
    /// The command; `$SDK`, `$XTASK`, `$TOUR` (folder of the tour), `$TARBALL` are replaced.
    run: Vec<String>,
    /// Files to write first, into the folder of the case.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Whether to run in a copy of the checkout.
    #[serde(default)]
    checkout: bool,
    /// Changes to files there: `[[edit]] file, from, to`.
    #[serde(default)]
    edit: Vec<Edit>,
    /// Extra variables.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// The exit code.
    exit: i32,
    /// Every one of these must be in what it prints.
    says: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

fn bad_input(context: &SuiteContext<'_>, file: &Path, folder: &Path, tour: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading `{}`", file.display()))?;
    let case: BadInput = toml::from_str(&text).with_context(|| format!("reading `{}`", file.display()))?;
    tree::empty(folder)?;
    if case.checkout {
        copy_checkout(&context.paths.root, folder)?;
    }
    for (name, content) in &case.files {
        let path = folder.join(name);
        let above = path.parent().unwrap_or(folder);
        tree::create(above)?;
        std::fs::write(&path, content).with_context(|| format!("writing `{}`", path.display()))?;
    }
    for edit in &case.edit {
        let path = folder.join(&edit.file);
        let before =
            std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
        anyhow::ensure!(before.contains(&edit.from), "`{}` does not contain `{}`", path.display(), edit.from);
        std::fs::write(&path, before.replacen(&edit.from, &edit.to, 1))
            .with_context(|| format!("writing `{}`", path.display()))?;
    }
    let finished = start(context, &case, folder, tour)?;
    if finished.code != Some(case.exit) {
        bail!("expected exit code {}, saw {}", case.exit, finished.describe());
    }
    let said = format!("{}{}", finished.stdout, finished.stderr);
    for wanted in &case.says {
        anyhow::ensure!(said.contains(wanted), "the message lacks `{wanted}`:\n{said}");
    }
    Ok(())
}

fn start(
    context: &SuiteContext<'_>,
    case: &BadInput,
    folder: &Path,
    tour: &Path,
) -> anyhow::Result<Finished> {
    let sdk = context.sdk()?;
    let fill = |text: &String| {
        text.replace("$SDK", &sdk.folder.display().to_string())
            .replace("$XTASK", &context.driver.display().to_string())
            .replace("$TOUR", &tour.display().to_string())
            .replace("$TARBALL", &sdk.tarball.display().to_string())
            .replace("$HERE", &folder.display().to_string())
    };
    let line: Vec<String> = case.run.iter().map(fill).collect();
    let (program, arguments) = line.split_first().context("a case without a command")?;
    let mut program = Program::new(program).args(arguments).current_dir(folder);
    for (name, value) in &case.environment {
        program = program.env(name, fill(value));
    }
    program.output()
}
