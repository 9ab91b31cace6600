//! Commits back to patch files: the same bytes for the same commits, whoever runs it; writes nothing but `patches/`.
//!
//! Numbers come from the order of the commits, names from their subjects. `Depends-on:` finds its patch by name without
//! number and gets the number it has now. Overlay files never leave the checkout this way: a commit that has one is
//! refused.
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use git2::{ObjectType, Oid};
use serde::Serialize;

use super::checkout::{Checkout, Origin, State};
use super::folder::Series;
use super::fork::Fork;
use super::git::Git;
use super::name::PatchName;
use super::patch::Patch;
use crate::hint::Hint;
use crate::{file, tree};

/// How git writes a patch; each option is here because configuration or version could change it otherwise.
const FORMAT: &[&str] = &[
    "format-patch",
    "-1",
    "--stdout",
    "--stat=72",
    "--summary",
    "--patch",
    "--no-numbered",
    "--subject-prefix=PATCH",
    "--zero-commit",
    "--no-signature",
    "--full-index",
    "--no-encode-email-headers",
    "--no-attach",
    "--no-thread",
    "--no-cover-letter",
    "--no-base",
    "--no-notes",
    "--no-from",
    "--no-to",
    "--no-cc",
    "--no-add-header",
    "--no-signoff",
    "--no-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--unified=3",
    "--inter-hunk-context=0",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--submodule=short",
    "--ignore-submodules=none",
    "-O/dev/null",
];

/// What an export changed in `patches/`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Files that are new or have other bytes than before.
    pub written: Vec<String>,
    /// Files that no commit stands for any more.
    pub removed: Vec<String>,
    /// How many files were byte-identical.
    pub unchanged: usize,
}

/// The patch files that the commits of a checkout make: names and bytes, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Export {
    /// File name and content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Makes the patch files of the commits since the checkout's base. Nothing is written.
///
/// # Errors
/// When the checkout is not ready (a `git am` under way, uncommitted changes, a subset), when the commits are no series
/// (merges, same subject twice, unknown `Depends-on:`), or when one contains an overlay file.
pub fn export(fork: &Fork, checkout: &Checkout<'_>, state: &State) -> anyhow::Result<Export> {
    check_ready(checkout, state)?;
    let range = format!("{}..HEAD", state.base);
    let commits = checkout.git.text(&["rev-list", "--reverse", "--topo-order", &range])?;
    let mut patches = Vec::new();
    for commit in commits.lines() {
        patches.push((commit, patch_of(&checkout.git, commit)?));
    }
    let names = name_all(&patches)?;
    refuse_overlay_files(fork, &patches)?;
    let present = fork.series()?;
    let kept = state.origin.reconstructed();
    let mut export = Export::default();
    for (commit, patch) in &patches {
        let name = &names[&patch.slug()];
        let ids = present.by_slug(&patch.slug()).map(|old| kept_ids(old, kept)).unwrap_or_default();
        export.files.push((name.file_name(), rewrite(patch, &names, &ids, commit)?));
    }
    Ok(export)
}

impl Export {
    /// Makes `folder` hold exactly these patches. Files with the same bytes are not touched.
    ///
    /// # Errors
    /// When a file cannot be written or removed.
    pub fn write(&self, folder: &Path) -> anyhow::Result<Exported> {
        tree::create(folder)?;
        let mut exported = Exported::default();
        let present = Series::load(folder)?;
        for (name, bytes) in &self.files {
            let same = present.patches.iter().any(|patch| patch.file_name == *name && patch.bytes == *bytes);
            if same {
                exported.unchanged += 1;
                continue;
            }
            let path = folder.join(name);
            file::replace(&path, bytes)?;
            exported.written.push(name.clone());
        }
        for patch in &present.patches {
            if !self.files.iter().any(|(name, _)| *name == patch.file_name) {
                let path = folder.join(&patch.file_name);
                file::remove(&path)?;
                exported.removed.push(patch.file_name.clone());
            }
        }
        Ok(exported)
    }
}

fn check_ready(checkout: &Checkout<'_>, state: &State) -> anyhow::Result<()> {
    let folder = checkout.folder().display();
    if checkout.is_applying() {
        let message = format!("a `git am` is under way in `{folder}`");
        bail!(Hint::new(
            message,
            "resolve the conflict there, then `git add` the files and `git am --continue`"
        ));
    }
    if !state.features.is_empty() {
        let message = format!(
            "`{folder}` holds only the features {}: an export would drop the rest",
            state.features.join(", ")
        );
        bail!(Hint::new(
            message,
            format!("run `cargo xtask rebase {} --apply` without `--feature`", state.fork)
        ));
    }
    if state.origin == Origin::Onto {
        let message = format!("`{folder}` is based on `{}`, which is not the pin", state.revision);
        bail!(Hint::new(
            message,
            format!("to move the pin there: `cargo xtask rebase {} --update <ref>`", state.fork)
        ));
    }
    if checkout.is_dirty()? {
        let message = format!("`{folder}` has changes that are not committed");
        bail!(Hint::new(
            message,
            "commit them (`git commit --amend`, or `--fixup` and `git rebase -i`), or stash them"
        ));
    }
    if !checkout.git.attempt(&["merge-base", "--is-ancestor", &state.base, "HEAD"])?.ok {
        bail!("HEAD of `{folder}` does not descend from its base {}", state.base);
    }
    let range = format!("{}..HEAD", state.base);
    let merges = checkout.git.text(&["rev-list", "--merges", &range])?;
    if let Some(merge) = merges.lines().next() {
        bail!("commit {merge} in `{folder}` is a merge: a series is a straight line of commits");
    }
    Ok(())
}

fn patch_of(git: &Git<'_>, commit: &str) -> anyhow::Result<Patch> {
    let mut arguments = FORMAT.to_vec();
    arguments.push(commit);
    let bytes = git.bytes(&arguments)?;
    if bytes.is_empty() {
        bail!("commit {commit} changes nothing: drop it, or give it its change");
    }
    Ok(Patch::parse(commit, bytes))
}

/// The names by slug.
fn name_all(patches: &[(&str, Patch)]) -> anyhow::Result<BTreeMap<String, PatchName>> {
    let mut names = BTreeMap::new();
    for (number, (commit, patch)) in (1..).zip(patches) {
        let slug = patch.slug();
        if slug.is_empty() {
            bail!("commit {commit} has no subject");
        }
        let name = PatchName { number, slug: slug.clone() };
        if let Some(first) = names.insert(slug, name) {
            let subject = &patch.message.subject.value;
            bail!(
                "two commits have the subject `{subject}` (the first became {first}): patches are told apart by it"
            );
        }
    }
    Ok(names)
}

fn refuse_overlay_files(fork: &Fork, patches: &[(&str, Patch)]) -> anyhow::Result<()> {
    let mut ours = BTreeMap::new();
    collect_blobs(&fork.overlay(), &mut ours)?;
    for (commit, patch) in patches {
        for file in &patch.files {
            let Some(path) = file.index.as_ref().and_then(|(_, new)| ours.get(new)) else { continue };
            let message = format!("commit {commit} contains the overlay file `{path}` as `{}`", file.path());
            let hint =
                "take it out of the commit (`git rm --cached`): the build lays the overlay in by itself";
            return Err(Hint::new(message, hint).into());
        }
    }
    Ok(())
}

/// Blob ids of the files below `folder`, empty ones left out.
fn collect_blobs(folder: &Path, blobs: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for path in tree::files(folder)? {
        let bytes = std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?;
        if !bytes.is_empty() {
            let id = Oid::hash_object(ObjectType::Blob, &bytes).context("computing a blob id")?;
            blobs.insert(id.to_string(), path.display().to_string());
        }
    }
    Ok(())
}

/// The `index` lines of the present patch file for the paths in `kept`, by path.
fn kept_ids(patch: &Patch, kept: &[String]) -> BTreeMap<String, (String, String)> {
    let files = patch.files.iter().filter(|file| kept.iter().any(|path| path == file.path()));
    files.filter_map(|file| Some((file.path().to_owned(), file.index.clone()?))).collect()
}

/// The bytes of a patch file with the numbers that `Depends-on:` must have now, and the blob ids of `ids`.
fn rewrite(
    patch: &Patch,
    names: &BTreeMap<String, PatchName>,
    ids: &BTreeMap<String, (String, String)>,
    commit: &str,
) -> anyhow::Result<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> =
        patch.bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    for trailer in patch.message.trailers("Depends-on") {
        if trailer.value == "none" {
            continue;
        }
        let wanted = PatchName::parse(&trailer.value).map(|name| name.slug);
        let Some(name) = wanted.and_then(|slug| names.get(&slug)) else {
            let message = format!(
                "commit {commit} (`{}`) depends on `{}`, which no commit is",
                patch.message.subject.value, trailer.value
            );
            return Err(Hint::new(
                message,
                "correct its `Depends-on:` trailer: `git rebase -i`, then `reword`",
            )
            .into());
        };
        lines[trailer.line - 1] = format!("Depends-on: {name}\n").into_bytes();
    }
    for file in &patch.files {
        if let (Some((old, new)), true) = (ids.get(file.path()), file.index_line > 0) {
            let line = String::from_utf8_lossy(&lines[file.index_line - 1]).into_owned();
            let mode = line.trim_end().rsplit_once(' ').filter(|(head, _)| head.contains(".."));
            let mode = mode.map(|(_, mode)| format!(" {mode}")).unwrap_or_default();
            lines[file.index_line - 1] = format!("index {old}..{new}{mode}\n").into_bytes();
        }
    }
    Ok(lines.concat())
}
