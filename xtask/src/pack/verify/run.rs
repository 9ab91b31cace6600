//! Runs all checks on an archive and the files beside it; prints nothing.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::report::{Problems, Report};
use super::{content, statements};
use crate::digest::sha256_of_file;
use crate::pack::archive::Limits;
use crate::pack::facts::SdkFacts;
use crate::pack::provenance;
use crate::pack::tree::Entry;

/// What to verify.
#[derive(Debug, Clone)]
pub struct Verification<'a> {
    /// The archive.
    pub archive: &'a Path,
    /// Folders of the build machine, each ending in `/`, that no file of the archive may name.
    pub forbidden: &'a [String],
}

/// Verifies an archive: its digest if a `.sha256` is beside it, the canonical form of every byte of gzip and tar,
/// `SHA256SUMS`, the SBOM, the provenance inside and beside it, `sdk.json`, links, licences, and that no file names a
/// folder of the build machine.
///
/// What is wrong with the archive is in the report, not an error.
///
/// # Errors
/// When the archive or a file beside it cannot be read at all.
pub fn verify(verification: &Verification<'_>) -> anyhow::Result<Report> {
    verify_within(verification, &Limits::default())
}

pub(super) fn verify_within(verification: &Verification<'_>, limits: &Limits) -> anyhow::Result<Report> {
    let path = verification.archive;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut problems = Problems::default();
    let (sha256, read) = std::thread::scope(|scope| {
        let digest = scope.spawn(|| sha256_of_file(path));
        let read = content::read(path, limits, verification.forbidden);
        (digest.join(), read)
    });
    let sha256 = sha256.map_err(|_| anyhow::anyhow!("the thread that hashes the archive panicked"))??;
    let compared = compare_digest(path, &name, &sha256, &mut problems)?;
    let mut report = Report { archive: name, sha256, compared, files: 0, unpacked: 0, problems: Vec::new() };
    match read {
        Ok(content) => {
            let facts = statements::check(&content, &mut problems);
            if let Some(facts) = facts {
                compare_statement(path, &facts, &report, &mut problems)?;
            }
            let files = content.tree.values().filter_map(|entry| match entry {
                Entry::File(file) => Some(file.size),
                _ => None,
            });
            report.files = files.clone().count();
            report.unpacked = files.sum();
        }
        Err(error) => problems.whole("archive", format_args!("{error:#}")),
    }
    report.problems = problems.into_vec();
    Ok(report)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The text of a file beside the archive, or none when there is no such file.
fn text_beside(path: &Path, ending: &str) -> anyhow::Result<Option<String>> {
    let path = beside(path, ending);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading `{}`", path.display())),
    }
}

fn compare_digest(path: &Path, name: &str, sha256: &str, problems: &mut Problems) -> anyhow::Result<bool> {
    let Some(text) = text_beside(path, ".sha256")? else { return Ok(false) };
    match text.split_whitespace().next() {
        Some(wanted) if wanted == sha256 => {}
        wanted => problems.file(
            "digest",
            name,
            format_args!("has the digest {sha256}, but `{name}.sha256` says {}", wanted.unwrap_or("nothing")),
        ),
    }
    Ok(true)
}

/// The statement beside the archive. The archive may have been renamed, its digest not.
fn compare_statement(
    path: &Path,
    facts: &SdkFacts,
    report: &Report,
    problems: &mut Problems,
) -> anyhow::Result<()> {
    let Some(text) = text_beside(path, ".intoto.json")? else { return Ok(()) };
    let name = format!("{}.tar.gz", crate::pack::names::top(&facts.version, &facts.platform));
    let wanted = provenance::make(facts, &name, "sha256", &report.sha256);
    statements::compare(&text, &wanted, &format!("{}.intoto.json", report.archive), problems);
    Ok(())
}
