//! The header part of a series on an installed sysroot, without any tree of upstream: exact or not at all.
//!
//! A hunk applies at the line its `@@` names, and every context and removed line must be there byte for byte: no fuzz
//! and no offset. An installed header is a copy of upstream's file at the pin, so anything else means that the sysroot
//! is not of that pin, and guessing would hide it. All patches are checked before the first file is written.
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use serde::Serialize;

use super::diff::{FileChange, Hunk, LineKind};
use super::folder::Series;
use super::patch::Patch;
use super::path_map::{PathMap, Place};
use crate::file;
use crate::hint::Hint;

/// What the series did to a sysroot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HeaderChanges {
    /// The files that were changed or created, relative to the sysroot, sorted.
    pub changed: Vec<String>,
    /// Patches and upstream paths that only a build from source needs.
    pub source_road_only: Vec<(String, String)>,
}

/// Applies the header changes of all patches to the sysroot at `sysroot`, whose target is `triple`.
///
/// # Errors
/// When a patch is not readable, a path has no row in the map, or a hunk does not fit exactly: with patch, file and
/// hunk. Then nothing was written.
pub fn apply_headers(
    series: &Series,
    map: &PathMap,
    sysroot: &Path,
    triple: &str,
) -> anyhow::Result<HeaderChanges> {
    let mut files: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    let mut changes = HeaderChanges::default();
    for patch in &series.patches {
        if let Some((line, problem)) = patch.problems.first() {
            bail!("{}:{line}: {problem}", series.path(patch).display());
        }
        for file in &patch.files {
            match map.place(file.path(), triple) {
                Some(Place::Installed(path)) => apply_file(series, patch, file, sysroot, path, &mut files)?,
                Some(Place::SourceRoadOnly) => {
                    changes.source_road_only.push((patch.file_name.clone(), file.path().to_owned()));
                }
                None => {
                    let at = series.path(patch);
                    let message = format!(
                        "{}:{}: `{}` has no row in the header map",
                        at.display(),
                        file.line,
                        file.path()
                    );
                    let hint =
                        "add it to `[header-map]` of the fork's `recipe.toml`, or mark it `source-road-only`";
                    return Err(Hint::new(message, hint).into());
                }
            }
        }
    }
    for (path, bytes) in files {
        let target = sysroot.join(&path);
        match bytes {
            // A header may be a hard link into a cache: replaced, never written through.
            Some(bytes) => file::replace(&target, &bytes)?,
            None => {
                std::fs::remove_file(&target).with_context(|| format!("removing `{}`", target.display()))?
            }
        }
        changes.changed.push(path);
    }
    Ok(changes)
}

fn apply_file(
    series: &Series,
    patch: &Patch,
    file: &FileChange,
    sysroot: &Path,
    path: String,
    files: &mut BTreeMap<String, Option<Vec<u8>>>,
) -> anyhow::Result<()> {
    let target = sysroot.join(&path);
    let at = |line: usize| format!("{}:{line}", series.path(patch).display());
    let before = match files.remove(&path) {
        Some(bytes) => bytes,
        None if target.exists() => {
            Some(std::fs::read(&target).with_context(|| format!("reading `{}`", target.display()))?)
        }
        None => None,
    };
    let before = match (&file.old, before) {
        (Some(_), Some(bytes)) => bytes,
        (None, None) => Vec::new(),
        (Some(_), None) => bail!("{}: `{}` is not in the sysroot", at(file.line), target.display()),
        (None, Some(_)) => bail!("{}: creates `{}`, which is there already", at(file.line), target.display()),
    };
    let after = apply_hunks(&before, &file.hunks).map_err(|misfit| {
        let message = format!(
            "{}: hunk {} does not fit `{}`: {misfit}",
            at(misfit.line),
            misfit.hunk,
            target.display()
        );
        Hint::new(message, "the sysroot must be of the pinned upstream; no fuzz and no offset is accepted")
    })?;
    files.insert(path, file.new.is_some().then_some(after));
    Ok(())
}

/// Why a hunk does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {at} is {found}, expected {expected}")]
pub struct Misfit {
    /// Number of the hunk in its file, from 1.
    pub hunk: usize,
    /// Line in the patch.
    pub line: usize,
    /// Line of the file, from 1.
    pub at: usize,
    /// What is there.
    pub found: String,
    /// What the hunk expects.
    pub expected: String,
}

/// The file after the hunks, each exactly at the place it names.
///
/// # Errors
/// When a line is not the expected one.
pub fn apply_hunks(before: &[u8], hunks: &[Hunk]) -> Result<Vec<u8>, Misfit> {
    let lines: Vec<&[u8]> = before.split_inclusive(|&byte| byte == b'\n').collect();
    let mut after = Vec::with_capacity(before.len());
    let mut next = 0;
    for (number, hunk) in (1..).zip(hunks) {
        // An empty range names the line after which the hunk stands.
        let start = if hunk.old.is_empty() { hunk.old.start } else { hunk.old.start.saturating_sub(1) };
        let misfit = |line: usize, at: usize, expected: &[u8]| {
            let found = lines.get(at).map_or("the end of the file".to_owned(), |line| quote(line));
            Misfit { hunk: number, line, at: at + 1, found, expected: quote(expected) }
        };
        if start < next || start > lines.len() {
            return Err(misfit(hunk.line, start, b"a later line"));
        }
        after.extend(lines[next..start].concat());
        next = start;
        for line in &hunk.lines {
            if line.kind == LineKind::Added {
                after.extend(&line.text);
                continue;
            }
            if lines.get(next) != Some(&line.text.as_slice()) {
                return Err(misfit(line.line, next, &line.text));
            }
            if line.kind == LineKind::Context {
                after.extend(&line.text);
            }
            next += 1;
        }
    }
    after.extend(lines[next..].concat());
    Ok(after)
}

fn quote(line: &[u8]) -> String {
    format!("`{}`", String::from_utf8_lossy(line).trim_end_matches('\n'))
}
