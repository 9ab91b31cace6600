//! What became of a series: applied, conflicting, not tried; knows nothing of how it came about.
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::upstream::Pin;

/// The outcome of putting a series onto a base.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Name of the fork.
    pub fork: String,
    /// Tag or branch of the base, or what the base was made from.
    pub revision: String,
    /// Commit of the base.
    pub base: String,
    /// The patches that became commits, in order.
    pub applied: Vec<String>,
    /// The patch that did not, if any.
    pub conflict: Option<Conflict>,
    /// The patches after it.
    pub untried: Vec<String>,
    /// The checkout that holds the commits.
    pub checkout: PathBuf,
    /// Files of the base that are known only as far as the patches show them: their blob ids are not upstream's.
    pub reconstructed: Vec<String>,
    /// The pin that was written, after an update.
    pub pin: Option<Pin>,
}

/// A patch that did not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// File name of the patch.
    pub patch: String,
    /// What stands in the way, file by file.
    pub files: Vec<ConflictFile>,
    /// What git said.
    pub message: String,
}

/// A file that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictFile {
    /// The path the patch names.
    pub path: String,
    /// What happened to it.
    pub kind: ConflictKind,
    /// Where most of the lines are now that the patch looks for.
    pub now_in: Option<String>,
}

/// What happened to a file that a patch wants to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictKind {
    /// The file is there and so are most of the lines, but lines beside or between them changed.
    ContextDrift,
    /// The file is gone, and so are its lines.
    DeletedFile,
    /// The lines were rewritten, or moved to another file.
    Refactored,
    /// The patch creates a file that upstream has by now.
    ExistsUpstream,
    /// Upstream has the change: the patch is no longer needed.
    AlreadyUpstream,
}

impl ConflictKind {
    /// The kind in words, and what to do about it.
    #[must_use]
    pub fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::ContextDrift => {
                ("context drift", "lines around the hook changed: place it again and continue")
            }
            Self::DeletedFile => {
                ("deleted file", "find what replaced it, or drop the patch with `git am --skip`")
            }
            Self::Refactored => ("refactored", "read how upstream does it now and write the hook anew"),
            Self::ExistsUpstream => {
                ("file exists", "upstream has a file of this name: compare, then choose another")
            }
            Self::AlreadyUpstream => {
                ("already upstream", "the patch is no longer needed: `--export` drops it")
            }
        }
    }
}

impl fmt::Display for ConflictFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, advice) = self.kind.explain();
        write!(formatter, "{}: {kind}", self.path)?;
        if let Some(now_in) = &self.now_in {
            write!(formatter, ", most of its lines are now in `{now_in}`")?;
        }
        write!(formatter, "; {advice}")
    }
}

impl Report {
    /// Whether every patch became a commit.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.conflict.is_none() && self.untried.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.base.get(..12).unwrap_or(&self.base);
        writeln!(formatter, "{} onto {} ({base})", self.fork, self.revision)?;
        for patch in &self.applied {
            writeln!(formatter, "  applied      {patch}")?;
        }
        if let Some(conflict) = &self.conflict {
            writeln!(formatter, "  conflicting  {}", conflict.patch)?;
            for file in &conflict.files {
                writeln!(formatter, "    {file}")?;
            }
            if conflict.files.is_empty() {
                writeln!(formatter, "    {}", conflict.message)?;
            }
        }
        for patch in &self.untried {
            writeln!(formatter, "  not tried    {patch}")?;
        }
        for path in &self.reconstructed {
            writeln!(
                formatter,
                "  note: `{path}` is known only as far as the patches show it; its blob ids are unproven"
            )?;
        }
        let (applied, untried) = (self.applied.len(), self.untried.len());
        let conflicting = usize::from(self.conflict.is_some());
        write!(formatter, "{applied} applied, {conflicting} conflicting, {untried} not tried")
    }
}
