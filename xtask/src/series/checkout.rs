//! The working repository of a fork, in which patches are commits that a developer can edit; knows nothing of patch
//! files.
//!
//! What it was made from is in `.git/warpgrid.json`. A folder without that file is never touched. Work that is not
//! exported is never thrown away unless asked: the tip that was last applied or exported is recorded, and a different
//! one means that there is such work.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use xshell::Shell;

use super::git::Git;
use super::upstream::{CACHED, Fetched};
use crate::hint::Hint;
use crate::{file, tree};

/// What a checkout was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Name of the fork.
    pub fork: String,
    /// Tag or branch of the base, or a description when it is none.
    pub revision: String,
    /// Commit under the first patch.
    pub base: String,
    /// Where the base comes from.
    pub origin: Origin,
    /// The features that were applied; empty means all.
    pub features: Vec<String>,
    /// HEAD after the last clean apply or export; `None` while patches are missing.
    pub tip: Option<String>,
}

/// Where a base comes from, and so what an export of it may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Origin {
    /// The pin: an export writes patch files.
    Pin,
    /// The revision of an update: an export writes patch files and the pin.
    Update,
    /// Some other revision, for a look: nothing is exported from it.
    Onto,
    /// The files that the patches touch, without upstream: the export writes patch files, and for the listed paths
    /// keeps the blob ids that the present files have.
    Preimages {
        /// Paths of which only the lines shown in patches are known.
        reconstructed: Vec<String>,
    },
}

impl Origin {
    /// The paths of which only the lines shown in patches are known.
    #[must_use]
    pub fn reconstructed(&self) -> &[String] {
        match self {
            Self::Preimages { reconstructed } => reconstructed,
            Self::Pin | Self::Update | Self::Onto => &[],
        }
    }
}

/// A checkout below `target/`.
pub struct Checkout<'a> {
    /// Git in the checkout.
    pub git: Git<'a>,
    folder: PathBuf,
}

impl<'a> Checkout<'a> {
    /// The checkout at `folder`, whether or not it exists.
    #[must_use]
    pub fn at(sh: &'a Shell, folder: &Path) -> Self {
        Self { git: Git::new(sh, folder), folder: folder.to_owned() }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it was made from, `None` when there is no checkout.
    ///
    /// # Errors
    /// When its record cannot be read.
    pub fn state(&self) -> anyhow::Result<Option<State>> {
        let path = self.state_path();
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
        let state =
            serde_json::from_str(&text).with_context(|| format!("`{}` is damaged", path.display()))?;
        Ok(Some(state))
    }

    /// Records what it was made from.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn record(&self, state: &State) -> anyhow::Result<()> {
        let path = self.state_path();
        let text = serde_json::to_string_pretty(state).context("writing the state as JSON")?;
        file::replace(&path, text.as_bytes())
    }

    /// An empty repository for `state` in place of whatever was there. The record is written first and an old
    /// checkout is renamed before it is removed, so that a run that was killed is never in the way of the next.
    ///
    /// # Errors
    /// When the folder is not a checkout of ours, or holds work that is not exported and `discard` is off.
    pub fn renew(&self, state: &State, discard: bool) -> anyhow::Result<()> {
        let folder = self.folder.display();
        if self.folder.exists() && !is_empty(&self.folder)? {
            let Some(present) = self.state()? else {
                let message = format!("`{folder}` was not made by `cargo xtask rebase`");
                return Err(Hint::new(message, "name another folder with `--checkout`, or remove it").into());
            };
            if !discard {
                self.refuse_to_lose(&present)?;
            }
            let mut old = self.folder.clone().into_os_string();
            old.push(".discarded");
            tree::remove(Path::new(&old))?;
            std::fs::rename(&self.folder, &old)
                .and_then(|()| std::fs::remove_dir_all(&old))
                .with_context(|| format!("removing `{folder}`"))?;
        }
        std::fs::create_dir_all(self.folder.join(".git")).with_context(|| format!("creating `{folder}`"))?;
        self.record(state)?;
        self.git.init(false)
    }

    /// Puts the base into the work tree.
    ///
    /// # Errors
    /// When git fails.
    pub fn start(&self, base: &str) -> anyhow::Result<()> {
        self.git.run(&["checkout", "-q", "-f", "-B", "series", base])
    }

    /// Copies a commit from its cached clone.
    ///
    /// # Errors
    /// When git fails.
    pub fn take(&self, fetched: &Fetched) -> anyhow::Result<()> {
        let repository = fetched.repository.to_string_lossy();
        let refspec = format!("+{CACHED}:refs/warpgrid/{}", fetched.commit);
        self.git.run(&[
            "fetch",
            "-q",
            "--depth=1",
            "--no-tags",
            "--no-write-fetch-head",
            &repository,
            &refspec,
        ])
    }

    /// Whether a `git am` waits for the developer.
    #[must_use]
    pub fn is_applying(&self) -> bool {
        self.folder.join(".git/rebase-apply").exists()
    }

    /// Whether a tracked file differs from HEAD.
    ///
    /// # Errors
    /// When git fails.
    pub fn is_dirty(&self) -> anyhow::Result<bool> {
        let status =
            self.git.text(&["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=none"])?;
        Ok(!status.is_empty())
    }

    /// The commit at HEAD.
    ///
    /// # Errors
    /// When git fails.
    pub fn head(&self) -> anyhow::Result<String> {
        self.git.text(&["rev-parse", "--verify", "HEAD^{commit}"])
    }

    fn refuse_to_lose(&self, state: &State) -> anyhow::Result<()> {
        let folder = self.folder.display();
        let hint = "run `--export` to keep the work, or add `--discard` to start over";
        let head = self.git.resolve("HEAD")?;
        let why = if self.is_applying() {
            "has a `git am` under way"
        } else if self.is_dirty()? {
            "has changes that are not committed"
        } else if head != state.tip && head.as_ref().is_some_and(|head| *head != state.base) {
            "has commits that are not exported"
        } else {
            return Ok(());
        };
        bail!(Hint::new(format!("the checkout `{folder}` {why}"), hint))
    }

    fn state_path(&self) -> PathBuf {
        self.folder.join(".git/warpgrid.json")
    }
}

fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    Ok(tree::entries(folder)?.is_empty())
}
