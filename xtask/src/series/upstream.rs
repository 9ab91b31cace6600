//! An upstream's commits in a cached clone; the only part of a series that may use the network.
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use xshell::Shell;

use super::git::Git;
use crate::hint::Hint;

/// What a fork is pinned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pin {
    /// Address of the upstream repository.
    pub url: String,
    /// Tag or branch by which people know the commit.
    pub revision: String,
    /// Commit id.
    pub commit: String,
    /// Tree id of the commit, where it is known.
    pub tree: Option<String>,
}

/// Where pins are kept: the manifest, or a value in a test.
pub trait PinTable {
    /// The pin of a fork's git source.
    ///
    /// # Errors
    /// When the fork has none.
    fn pin(&self, fork: &str) -> anyhow::Result<Pin>;

    /// Replaces the pin of a fork's git source.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&mut self, fork: &str, pin: &Pin) -> anyhow::Result<()>;
}

/// A commit that is in the cached clone.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The cached clone, a bare repository.
    pub repository: PathBuf,
    /// The commit.
    pub commit: String,
    /// Its tree.
    pub tree: String,
}

/// The upstream repository of a fork, as seen through the cache.
#[derive(Clone)]
pub struct Upstream<'a> {
    sh: &'a Shell,
    cache: &'a Path,
    /// Name of the fork, for messages.
    fork: &'a str,
    url: &'a str,
    from: Option<&'a Path>,
}

impl<'a> Upstream<'a> {
    /// The upstream at `url`, cached below `cache`. With `from`, a local clone is asked instead of `url`.
    #[must_use]
    pub fn new(sh: &'a Shell, cache: &'a Path, fork: &'a str, url: &'a str, from: Option<&'a Path>) -> Self {
        Self { sh, cache, fork, url, from }
    }

    /// The pinned commit, from the cache when it is there.
    ///
    /// # Errors
    /// When it cannot be fetched, or what arrives is another commit or tree than pinned.
    pub fn pinned(&self, pin: &Pin) -> anyhow::Result<Fetched> {
        let found = self.locked(|git| {
            if git.resolve(&stored(&pin.commit))?.is_some() {
                return self.describe(git, &pin.commit);
            }
            let by_name = self.fetch(git, &pin.revision);
            if let Ok(commit) = &by_name
                && *commit == pin.commit
            {
                return self.describe(git, commit);
            }
            if self.fetch(git, &pin.commit).is_ok() {
                return self.describe(git, &pin.commit);
            }
            let other = by_name?;
            let (place, revision, pinned) = (self.place(), &pin.revision, &pin.commit);
            bail!("`{revision}` of `{place}` is commit {other}, but the pin is {pinned}")
        })?;
        if let Some(tree) = &pin.tree
            && *tree != found.tree
        {
            bail!(
                "commit {} of `{}` has tree {}, but the pin is {tree}",
                pin.commit,
                self.place(),
                found.tree
            );
        }
        Ok(found)
    }

    /// The pinned commit if it is in the cache; never uses the network.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn cached(&self, pin: &Pin) -> anyhow::Result<Option<Fetched>> {
        self.locked(|git| match git.resolve(&stored(&pin.commit))? {
            Some(commit) => self.describe(git, &commit).map(Some),
            None => Ok(None),
        })
    }

    /// Whatever `revision` (tag, branch or commit id) is now.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub fn current(&self, revision: &str) -> anyhow::Result<Fetched> {
        self.locked(|git| {
            let commit = self.fetch(git, revision)?;
            self.describe(git, &commit)
        })
    }

    fn place(&self) -> String {
        self.from.map_or_else(|| self.url.to_owned(), |from| from.display().to_string())
    }

    /// Works in the cached clone while no other process does.
    fn locked<T>(&self, work: impl FnOnce(&Git<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let digest = hex::encode(Sha256::digest(self.url));
        let folder = self.cache.join("git");
        let repository = folder.join(format!("{}-{}.git", self.fork, &digest[..12]));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make folder `{}`", folder.display()))?;
        let lock = repository.with_extension("lock");
        let guard = File::create(&lock).with_context(|| format!("cannot make `{}`", lock.display()))?;
        guard.lock().with_context(|| format!("cannot lock `{}`", lock.display()))?;
        let git = Git::new(self.sh, &repository);
        git.init(true)?;
        work(&git)
    }

    fn describe(&self, git: &Git<'_>, commit: &str) -> anyhow::Result<Fetched> {
        let tree = git.text(&["rev-parse", &format!("{commit}^{{tree}}")])?;
        Ok(Fetched { repository: git.folder().to_owned(), commit: commit.to_owned(), tree })
    }

    /// Brings one revision into the cached clone and keeps it under its commit id.
    fn fetch(&self, git: &Git<'_>, revision: &str) -> anyhow::Result<String> {
        if revision.is_empty() || revision.starts_with('-') || revision.contains([':', ' ', '*']) {
            bail!("`{revision}` is not a tag, branch or commit id");
        }
        let place = self.place();
        let refspec = format!("+{revision}:refs/warpgrid/incoming");
        let ended =
            git.fetch(&["-q", "--depth=1", "--no-tags", "--no-write-fetch-head", "--", &place, &refspec])?;
        if !ended.ok {
            return Err(self.why_not(revision, &ended.stderr));
        }
        let commit = git.text(&["rev-parse", "--verify", "refs/warpgrid/incoming^{commit}"])?;
        git.run(&["update-ref", &stored(&commit), &commit])?;
        Ok(commit)
    }

    fn why_not(&self, revision: &str, stderr: &str) -> anyhow::Error {
        let place = self.place();
        let said = stderr.lines().rfind(|line| line.starts_with("fatal: ")).unwrap_or(stderr.trim_end());
        let said = said.trim_start_matches("fatal: ");
        let missing = ["couldn't find remote ref", "not our ref", "unadvertised object"];
        if missing.iter().any(|text| stderr.contains(text)) {
            let message = format!("`{place}` has no tag, branch or commit `{revision}`");
            return Hint::new(message, format!("list what it has: `git ls-remote {place}`")).into();
        }
        let fork = self.fork;
        let hint = match self.from {
            Some(_) => "`--from` must name a git repository on this machine".to_owned(),
            None => format!(
                "the host may be unreachable from here: give a local clone with `--from <folder>`, or, to work on the \
                 installed headers only, run `cargo xtask rebase {fork} --apply --installed <sysroot>`"
            ),
        };
        Hint::new(format!("cannot fetch `{revision}` from `{place}`: {said}"), hint).into()
    }
}

fn stored(commit: &str) -> String {
    format!("refs/warpgrid/commit/{commit}")
}
