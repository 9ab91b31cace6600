//! An upstream's commits in a cached clone; the only part of a series that may use the network.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Serialize;
use xshell::Shell;

use super::git::Git;
use crate::hint::Hint;

/// The name of the commit in its cached clone.
pub(super) const CACHED: &str = "refs/warpgrid/commit";

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
        if let Some(found) = self.cached(pin)? {
            return Ok(found);
        }
        // By name first: not every server hands out a commit by its id.
        let by_name = self.fetch(&pin.revision);
        let found = match by_name {
            Ok(found) if found.commit == pin.commit => found,
            by_name => match (self.fetch(&pin.commit), by_name) {
                (Ok(found), _) => found,
                (Err(_), Err(error)) => return Err(error),
                (Err(_), Ok(other)) => {
                    let (revision, place) = (&pin.revision, self.place());
                    bail!(
                        "`{revision}` of `{place}` is commit {}, but the pin is {}",
                        other.commit,
                        pin.commit
                    )
                }
            },
        };
        self.check_tree(pin, &found)?;
        Ok(found)
    }

    /// The pinned commit if it is in the cache; never uses the network.
    ///
    /// # Errors
    /// When the cache cannot be read, or has another tree than pinned.
    pub fn cached(&self, pin: &Pin) -> anyhow::Result<Option<Fetched>> {
        let repository = self.repository(&pin.commit);
        if !repository.is_dir() {
            return Ok(None);
        }
        let found = self.describe(&Git::new(self.sh, &repository), &pin.commit)?;
        self.check_tree(pin, &found)?;
        Ok(Some(found))
    }

    /// Whatever `revision` (tag, branch or commit id) is now.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub fn current(&self, revision: &str) -> anyhow::Result<Fetched> {
        self.fetch(revision)
    }

    fn place(&self) -> String {
        self.from.map_or_else(|| self.url.to_owned(), |from| from.display().to_string())
    }

    /// The cached clone of one commit.
    fn repository(&self, commit: &str) -> PathBuf {
        self.cache.join("git").join(format!("{}-{commit}.git", self.fork))
    }

    fn describe(&self, git: &Git<'_>, commit: &str) -> anyhow::Result<Fetched> {
        let tree = git.text(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")])?;
        Ok(Fetched { repository: git.folder().to_owned(), commit: commit.to_owned(), tree })
    }

    fn check_tree(&self, pin: &Pin, found: &Fetched) -> anyhow::Result<()> {
        match &pin.tree {
            Some(tree) if *tree != found.tree => {
                bail!(
                    "commit {} of `{}` has tree {}, but the pin is {tree}",
                    pin.commit,
                    self.place(),
                    found.tree
                )
            }
            _ => Ok(()),
        }
    }

    /// Brings one revision, without its history, into a clone of its own. The clone appears in the cache by a rename
    /// when it is complete, so that neither a second process nor a killed one can leave half of it.
    fn fetch(&self, revision: &str) -> anyhow::Result<Fetched> {
        if revision.is_empty() || revision.starts_with('-') || revision.contains([':', ' ', '*']) {
            bail!("`{revision}` is not a tag, branch or commit id");
        }
        let folder = self.cache.join("git");
        let failed = || format!("making a clone in `{}`", folder.display());
        std::fs::create_dir_all(&folder).with_context(failed)?;
        let draft = tempfile::Builder::new().prefix(".fetching-").tempdir_in(&folder).with_context(failed)?;
        let git = Git::new(self.sh, &draft.path().join("clone.git"));
        git.init(true)?;
        let place = self.place();
        let refspec = format!("+{revision}:{CACHED}");
        let ended =
            git.fetch(&["-q", "--depth=1", "--no-tags", "--no-write-fetch-head", "--", &place, &refspec])?;
        if !ended.ok {
            return Err(self.why_not(revision, &ended.stderr));
        }
        let commit = git.text(&["rev-parse", "--verify", &format!("{CACHED}^{{commit}}")])?;
        git.run(&["update-ref", CACHED, &commit])?;
        let repository = self.repository(&commit);
        if let Err(error) = std::fs::rename(git.folder(), &repository)
            && !repository.is_dir()
        {
            return Err(error).with_context(failed);
        }
        self.describe(&Git::new(self.sh, &repository), &commit)
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
