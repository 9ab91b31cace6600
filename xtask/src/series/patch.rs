//! One `git format-patch` file as data; knows nothing of its neighbours in the series or of the tree it is for.
use std::path::Path;

use anyhow::Context;

use super::diff::{self, FileChange, LineKind, Problem};
use super::message::{self, Message};
use super::name::{PatchName, slugify};

/// A patch as it was read. What could not be read is in `problems`; a patch without any was read completely.
#[derive(Debug, Clone)]
pub struct Patch {
    /// Name of the file in `patches/`.
    pub file_name: String,
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// Subject, body and trailers.
    pub message: Message,
    /// The files it changes.
    pub files: Vec<FileChange>,
    /// What is not as `git format-patch` writes it, in line order.
    pub problems: Vec<Problem>,
}

impl Patch {
    /// Reads a patch from the bytes of its file.
    #[must_use]
    pub fn parse(file_name: &str, bytes: Vec<u8>) -> Self {
        let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
        let diff = lines.iter().position(|line| line.starts_with(b"diff --git ")).unwrap_or(lines.len());
        let end = lines[..diff].iter().position(|line| *line == b"---\n").unwrap_or(diff);
        let (message, mut problems) = message::parse(&lines[..end]);
        let (files, more) = diff::parse(&lines[diff..], diff + 1);
        problems.extend(more);
        if files.is_empty() {
            problems.push((lines.len(), "there is no diff: the patch changes nothing".into()));
        }
        problems.sort();
        Self { file_name: file_name.to_owned(), bytes, message, files, problems }
    }

    /// Reads the patch file at `path`.
    ///
    /// # Errors
    /// When the file cannot be read; what is wrong inside it is in [`Patch::problems`].
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("reading patch `{}`", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self::parse(&name, bytes))
    }

    /// Number and slug of the file name, if it has that form.
    #[must_use]
    pub fn name(&self) -> Option<PatchName> {
        PatchName::parse(&self.file_name)
    }

    /// What the subject becomes in a file name: how a patch and its commit find each other.
    #[must_use]
    pub fn slug(&self) -> String {
        slugify(&self.message.subject.value)
    }

    /// The value of the `Feature:` trailer: the subset this patch belongs to.
    #[must_use]
    pub fn feature(&self) -> Option<&str> {
        self.message.trailer("Feature").map(|trailer| trailer.value.as_str())
    }

    /// The names in the `Depends-on:` trailers that have the right form; `none` gives nothing.
    pub fn depends_on(&self) -> impl Iterator<Item = PatchName> + '_ {
        self.message.trailers("Depends-on").filter_map(|trailer| PatchName::parse(&trailer.value))
    }

    /// Whether a line or a file goes away.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.files.iter().any(|file| {
            file.new.is_none()
                || file.hunks.iter().flat_map(|hunk| &hunk.lines).any(|line| line.kind == LineKind::Removed)
        })
    }
}
