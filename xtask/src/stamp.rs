//! Decides "up to date": a finished step leaves its inputs as text and a listing of its output; knows no step.
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest as _, Sha256};

use crate::digest::{sha256_hex, sha256_of_file};
use crate::{file, tree};

/// Everything a step's result depends on, as lines `label value`: equal text means equal result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    text: String,
}

impl Inputs {
    /// Adds one value.
    pub fn value(&mut self, label: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{label} {value}");
    }

    /// Adds the content of a file, or of every file below a folder, by path relative to `root`.
    ///
    /// # Errors
    /// When something cannot be read; the message names it.
    pub fn files(&mut self, root: &Path, relative: &str) -> anyhow::Result<()> {
        let top = root.join(relative);
        for file in files_at(&top)? {
            let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
            self.value(&format!("file {name}"), sha256_of_file(&file)?);
        }
        Ok(())
    }

    /// One digest for all of it, to be an input of the next step or a key in the cache.
    #[must_use]
    pub fn digest(&self) -> String {
        sha256_hex(self.text.as_bytes())
    }

    /// The lines themselves.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The file at `path`, or every file below that folder, sorted.
fn files_at(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let metadata =
        std::fs::symlink_metadata(path).with_context(|| format!("looking at `{}`", path.display()))?;
    if metadata.is_dir() { tree::files(path) } else { Ok(vec![path.to_owned()]) }
}

/// The folder of stamps, one file a step.
#[derive(Debug, Clone)]
pub struct Stamps {
    folder: PathBuf,
}

impl Stamps {
    /// Stamps in `folder`, which is made when the first one is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn path(&self, step: &str) -> PathBuf {
        self.folder.join(format!("{}.stamp", step.replace([' ', '/'], "-")))
    }

    /// Is `output` still what the step named `step` made from exactly these inputs?
    #[must_use]
    pub fn matches(&self, step: &str, inputs: &Inputs, output: &Path) -> bool {
        let Ok(recorded) = std::fs::read_to_string(self.path(step)) else { return false };
        let Ok(listing) = listing(output) else { return false };
        recorded == Self::content(inputs, &listing)
    }

    /// Records that `step` made `output` from these inputs.
    ///
    /// # Errors
    /// When the output cannot be listed or the stamp not be written.
    pub fn write(&self, step: &str, inputs: &Inputs, output: &Path) -> anyhow::Result<()> {
        let content = Self::content(inputs, &listing(output)?);
        file::replace(&self.path(step), content.as_bytes())
    }

    /// Forgets `step`, so that an interrupted run of it is never taken for a finished one.
    ///
    /// # Errors
    /// When the stamp is there and cannot be removed.
    pub fn remove(&self, step: &str) -> anyhow::Result<()> {
        file::remove(&self.path(step))
    }

    fn content(inputs: &Inputs, listing: &str) -> String {
        format!("{}output {listing}\n", inputs.text)
    }
}

/// A digest of names, sizes, modes and modification times below `output`: enough to see an edit by hand.
fn listing(output: &Path) -> anyhow::Result<String> {
    let mut hasher = Sha256::new();
    for file in files_at(output)? {
        let metadata =
            std::fs::symlink_metadata(&file).with_context(|| format!("looking at `{}`", file.display()))?;
        let name = file.strip_prefix(output).unwrap_or(&file);
        hasher.update(format!(
            "{} {} {} {}.{}\n",
            name.display(),
            metadata.len(),
            metadata.mode(),
            metadata.mtime(),
            metadata.mtime_nsec()
        ));
    }
    Ok(hex::encode(hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_input_or_output_is_no_longer_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("in");
        std::fs::create_dir(&source).unwrap();
        std::fs::write(source.join("a.c"), "one").unwrap();
        let output = folder.path().join("out");
        std::fs::write(&output, "made").unwrap();
        let stamps = Stamps::new(folder.path().join("stamps"));
        let inputs = |extra: &str| {
            let mut inputs = Inputs::default();
            inputs.files(folder.path(), "in").unwrap();
            inputs.value("extra", extra);
            inputs
        };
        assert!(!stamps.matches("step", &inputs("x"), &output));
        stamps.write("step", &inputs("x"), &output).unwrap();
        assert!(stamps.matches("step", &inputs("x"), &output));
        assert!(!stamps.matches("step", &inputs("y"), &output));
        std::fs::write(source.join("a.c"), "two").unwrap();
        assert!(!stamps.matches("step", &inputs("x"), &output));
        std::fs::write(source.join("a.c"), "one").unwrap();
        assert!(stamps.matches("step", &inputs("x"), &output));
        std::fs::write(&output, "edited").unwrap();
        assert!(!stamps.matches("step", &inputs("x"), &output));
        stamps.write("step", &inputs("x"), &output).unwrap();
        std::fs::remove_file(&output).unwrap();
        assert!(!stamps.matches("step", &inputs("x"), &output));
    }
}
