//! Whether a fork's series is in order, without upstream and without writing to the fork: what continuous integration
//! runs for every fork.
use std::path::Path;

use anyhow::Context;
use xshell::Shell;

use super::checkout::Checkout;
use super::export::{self, Export};
use super::finding::Finding;
use super::fork::Fork;
use super::preimages::Sysroot;
use super::rebase::Rebase;
use super::validate::validate;

/// Validates the series and sends it through apply and export on a base of pre-images, in a folder of its own.
/// Returns every finding; an empty list means that the series is valid, applies, and comes back byte for byte.
///
/// # Errors
/// When a file cannot be read or git cannot be run.
pub fn check(sh: &Shell, fork: &Fork, sysroot: Option<Sysroot<'_>>) -> anyhow::Result<Vec<Finding>> {
    let series = fork.series()?;
    let mut findings = validate(&series, &fork.root);
    if !findings.is_empty() {
        return Ok(findings);
    }
    let scratch = tempfile::tempdir().context("creating a folder for the check")?;
    let (checkout, cache) = (scratch.path().join("checkout"), scratch.path().join("cache"));
    let rebase = Rebase { sh, fork, checkout: &checkout, cache: &cache, from: None, discard: false };
    let report = rebase.apply_to_preimages(sysroot, &[])?;
    if let Some(conflict) = &report.conflict {
        let message = format!("does not apply after the patches before it: {}", conflict.message);
        findings.push(Finding::new(series.folder.join(&conflict.patch), 0, message));
        return Ok(findings);
    }
    let export = export_of(sh, fork, &checkout)?;
    for (patch, (name, bytes)) in series.patches.iter().zip(&export.files) {
        if patch.file_name != *name || patch.bytes != *bytes {
            let line = patch.bytes.split(|&byte| byte == b'\n').zip(bytes.split(|&byte| byte == b'\n'));
            let line = line.take_while(|(present, exported)| present == exported).count() + 1;
            let message = "an export has other bytes from here on; run `--export`";
            findings.push(series.finding(patch, line, message));
        }
    }
    Ok(findings)
}

fn export_of(sh: &Shell, fork: &Fork, folder: &Path) -> anyhow::Result<Export> {
    let checkout = Checkout::at(sh, folder);
    let state = checkout.state()?.context("the checkout has no record")?;
    export::export(fork, &checkout, &state)
}
