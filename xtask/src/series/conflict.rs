//! Says why a patch does not apply, by looking for its lines in the base; changes nothing.
//!
//! A hunk looks for the lines it keeps or removes. When most of them are still in the file, the context drifted. When
//! they are not, they are looked for in the whole tree: found elsewhere means refactored, a file that is gone with its
//! lines was deleted.
use std::collections::BTreeSet;

use super::diff::{FileChange, Hunk};
use super::git::Git;
use super::patch::Patch;
use super::report::{ConflictFile, ConflictKind};

/// How many distinctive lines are looked for in the tree, and in how many files that have one.
const SEARCHED_LINES: usize = 4;
const SEARCHED_FILES: usize = 20;

/// The files of `patch` that stand in the way at HEAD. Files that merged are left out.
///
/// # Errors
/// When git fails.
pub fn classify(git: &Git<'_>, patch: &Patch) -> anyhow::Result<Vec<ConflictFile>> {
    let unmerged = git.text(&["diff", "--name-only", "--diff-filter=U"])?;
    let unmerged: BTreeSet<&str> = unmerged.lines().collect();
    let mut files = Vec::new();
    for file in &patch.files {
        let found = look_at(git, file)?;
        files.extend(found.map(|found| (unmerged.contains(file.path()), found)));
    }
    // What git marked is what the developer has to resolve; the rest of the list is merged already.
    let marked = files.iter().any(|(marked, _)| *marked);
    files.retain(|(is_marked, file)| !marked || *is_marked || file.kind != ConflictKind::ContextDrift);
    Ok(files.into_iter().map(|(_, file)| file).collect())
}

/// Every file of `patch` with the same kind.
#[must_use]
pub fn all_files(patch: &Patch, kind: ConflictKind) -> Vec<ConflictFile> {
    patch.files.iter().map(|file| ConflictFile { path: file.path().to_owned(), kind, now_in: None }).collect()
}

fn look_at(git: &Git<'_>, file: &FileChange) -> anyhow::Result<Option<ConflictFile>> {
    let found = |kind, now_in| Some(ConflictFile { path: file.path().to_owned(), kind, now_in });
    let Some(old) = &file.old else {
        let exists = git.file_at("HEAD", file.path())?.is_some();
        return Ok(if exists { found(ConflictKind::ExistsUpstream, None) } else { None });
    };
    let Some(bytes) = git.file_at("HEAD", old)? else {
        return Ok(match now_in(git, &file.hunks, old)? {
            Some(path) => found(ConflictKind::Refactored, Some(path)),
            None => found(ConflictKind::DeletedFile, None),
        });
    };
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let broken: Vec<Hunk> = file.hunks.iter().filter(|hunk| !fits(&lines, hunk)).cloned().collect();
    if broken.is_empty() {
        return Ok(None);
    }
    if broken.iter().all(|hunk| is_done(&lines, hunk)) {
        return Ok(found(ConflictKind::AlreadyUpstream, None));
    }
    if share(&bytes, &broken) >= 0.5 {
        return Ok(found(ConflictKind::ContextDrift, None));
    }
    Ok(found(ConflictKind::Refactored, now_in(git, &broken, old)?))
}

/// Whether the lines the hunk looks for stand together in the file.
fn fits(lines: &[&[u8]], hunk: &Hunk) -> bool {
    stand_together(lines, &hunk.before().map(|line| line.text.as_slice()).collect::<Vec<_>>())
}

/// Whether the lines the hunk would leave stand together in the file.
fn is_done(lines: &[&[u8]], hunk: &Hunk) -> bool {
    stand_together(lines, &hunk.after().map(|line| line.text.as_slice()).collect::<Vec<_>>())
}

fn stand_together(lines: &[&[u8]], wanted: &[&[u8]]) -> bool {
    wanted.is_empty() || lines.windows(wanted.len()).any(|window| window == wanted)
}

/// Which part of the lines the hunks look for is anywhere in the file; lines that say little do not count.
fn share(bytes: &[u8], hunks: &[Hunk]) -> f64 {
    let present: BTreeSet<&[u8]> = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).collect();
    let wanted = telling(hunks);
    let there = wanted.iter().filter(|line| present.contains(line.as_slice())).count();
    if wanted.is_empty() { 1.0 } else { there as f64 / wanted.len() as f64 }
}

/// The lines the hunks look for that say something: more than a bracket, longest first.
fn telling(hunks: &[Hunk]) -> Vec<Vec<u8>> {
    let lines = hunks.iter().flat_map(Hunk::before).map(|line| line.text.trim_ascii().to_vec());
    let mut lines: Vec<Vec<u8>> = lines.filter(|line| line.len() >= 4).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
    lines.dedup();
    lines
}

/// The file that has most of the lines which the hunks look for, if one has at least half of them.
fn now_in(git: &Git<'_>, hunks: &[Hunk], not: &str) -> anyhow::Result<Option<String>> {
    let mut candidates = BTreeSet::new();
    for line in telling(hunks).iter().take(SEARCHED_LINES) {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let ended = git.attempt(&["grep", "-l", "-z", "-F", "-I", "-e", line, "HEAD", "--"])?;
        let names = String::from_utf8_lossy(&ended.stdout).into_owned();
        let names = names.split('\0').filter_map(|name| name.strip_prefix("HEAD:"));
        candidates.extend(names.filter(|name| *name != not).take(SEARCHED_FILES).map(str::to_owned));
    }
    let mut best: Option<(f64, String)> = None;
    for path in candidates {
        let Some(bytes) = git.file_at("HEAD", &path)? else { continue };
        let share = share(&bytes, hunks);
        if share >= 0.5 && best.as_ref().is_none_or(|(most, _)| share > *most) {
            best = Some((share, path));
        }
    }
    Ok(best.map(|(_, path)| path))
}
