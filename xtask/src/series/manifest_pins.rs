//! The pin table of a rebase, kept in `sdk-manifest.toml`; knows nothing of patches.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::upstream::{Pin, PinTable};
use crate::hint::Hint;
use crate::manifest::{self, Kind, Manifest, Pinned, Source};

/// The git pins of a manifest.
#[derive(Debug, Clone)]
pub struct ManifestPins {
    path: PathBuf,
}

impl ManifestPins {
    /// The pins in the manifest at `path`.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }
}

impl PinTable for ManifestPins {
    fn pin(&self, fork: &str) -> anyhow::Result<Pin> {
        let manifest = Manifest::load(&self.path)?;
        let input = manifest.input(fork)?;
        for source in &input.sources {
            if let Source::Git { url, .. } = source
                && let [pin] = manifest.pins_of(input, source)[..]
                && let Pinned::Commit { commit, tree, .. } = &pin.pinned
            {
                let (url, revision) = (url.clone(), pin.version.clone());
                return Ok(Pin { url, revision, commit: commit.clone(), tree: tree.clone() });
            }
        }
        let message = format!("`{fork}` has no source of kind `git` in `{}`", self.path.display());
        Err(Hint::new(message, "a fork is rebased on git: add such a source, or use the overlay alone")
            .into())
    }

    /// Writes the row below the divider, and the one line above it that must agree: `ref` of the git source.
    fn write(&mut self, fork: &str, pin: &Pin) -> anyhow::Result<()> {
        let path = self.path.display();
        let text = std::fs::read_to_string(&self.path).with_context(|| format!("reading `{path}`"))?;
        let Some(text) = with_ref(&text, fork, &pin.revision) else {
            bail!("`{path}` has no `[[upstream.{fork}.source]]` of kind `git`");
        };
        let (mut manifest, _) = Manifest::load_for_pinning(&self.path)?;
        let Some(row) = manifest.pins.iter_mut().find(|row| row.input == fork && row.kind == Kind::Git)
        else {
            bail!("`{path}` has no git pin of `{fork}`");
        };
        row.version = pin.revision.clone();
        row.pinned = Pinned::Commit { commit: pin.commit.clone(), tree: pin.tree.clone(), note: None };
        let row: manifest::Pin = row.clone();
        manifest.replace_pins(fork, Kind::Git, vec![row]);
        Manifest::store(&self.path, &manifest.render(&text))
    }
}

/// The text with `ref = "<revision>"` in the first git source of `upstream.<fork>`; everything else stays as it is.
fn with_ref(text: &str, fork: &str, revision: &str) -> Option<String> {
    let header = format!("[[upstream.{fork}.source]]");
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let key = |line: &str| line.split_once('=').map(|(key, _)| key.trim().to_owned());
    let mut start = 0;
    loop {
        start += lines[start..].iter().position(|line| line.trim_start().starts_with(&header))? + 1;
        let rest = lines[start..].iter().position(|line| line.trim_start().starts_with('['));
        let block = start..rest.map_or(lines.len(), |length| start + length);
        let find = |wanted: &str| block.clone().find(|&index| key(&lines[index]).as_deref() == Some(wanted));
        let Some(kind) = find("kind").filter(|&index| lines[index].contains("\"git\"")) else { continue };
        let line = format!("ref = {}\n", toml::Value::String(revision.to_owned()));
        match find("ref") {
            Some(index) => lines[index] = line,
            None => lines.insert(find("url").unwrap_or(kind) + 1, line),
        }
        return Some(lines.concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOVE: &str = "\
# for people
[sdk]
version = \"0.1.0\"

[upstream.libc]
project = \"https://example.org/libc\"
revision = \"v1\" # known as
licence = \"MIT\"

[[upstream.libc.source]] # from source
kind = \"git\"
url = \"https://example.org/libc\"

[target.wasm32-wasip2]
variants = [\"stock\"]

";

    fn manifest(above: &str) -> String {
        let (divider, ones) = (manifest::DIVIDER, "1".repeat(40));
        format!(
            "{above}{divider}\n\n[[pin]]\ninput = \"libc\"\nkind = \"git\"\nname = \"libc\"\nversion = \"v1\"\n\
             commit = \"{ones}\"\nnote = \"tree not recorded\"\n"
        )
    }

    #[test]
    fn a_written_pin_is_read_back_and_nothing_else_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sdk-manifest.toml");
        std::fs::write(&path, manifest(ABOVE)).unwrap();
        let mut pins = ManifestPins::new(&path);
        let old = pins.pin("libc").unwrap();
        assert_eq!((old.revision.as_str(), &old.tree), ("v1", &None));
        for revision in ["v2", "v3"] {
            let new = Pin {
                revision: revision.into(),
                commit: "2".repeat(40),
                tree: Some("3".repeat(40)),
                url: old.url.clone(),
            };
            pins.write("libc", &new).unwrap();
            assert_eq!(pins.pin("libc").unwrap(), new);
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text.split_once("# ---- below").unwrap().0,
            ABOVE.replace("libc\"\n\n[target", "libc\"\nref = \"v3\"\n\n[target")
        );
        assert!(!text.contains("note"), "{text}");
    }

    #[test]
    fn a_fork_without_a_git_source_is_named() {
        assert_eq!(with_ref("[[upstream.libc.source]]\nkind = \"debian\"\n", "libc", "v2"), None);
        assert_eq!(with_ref(ABOVE, "go", "v2"), None);
    }
}
