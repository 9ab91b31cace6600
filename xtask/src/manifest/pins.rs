//! The part of the manifest below the divider, which only commands write; changes nothing above it.
use std::fmt::Write as _;

use super::model::{Kind, Manifest, Pin, Pinned};
use crate::file;

/// The line that separates the part for people from the part for commands.
pub const DIVIDER: &str = "# ---- below this line written by `cargo xtask pin` and `cargo xtask rebase` ----";

impl Manifest {
    /// Replaces the pins of one source kind of an input.
    pub fn replace_pins(&mut self, input: &str, kind: Kind, pins: Vec<Pin>) {
        self.pins.retain(|pin| !(pin.input == input && pin.kind == kind));
        self.pins.extend(pins);
    }

    /// The file's text with the part below the divider written anew from these pins, and the part above untouched.
    /// Rows stand in the order of inputs, sources and packages; pins that belong to no source are left out.
    /// The result is equal to `text` when the pins say the same.
    #[must_use]
    pub fn render(&self, text: &str) -> String {
        let above = match text.find(DIVIDER) {
            Some(offset) => text[..offset].to_owned(),
            None => format!("{}\n\n", text.trim_end()),
        };
        let mut out = format!("{above}{DIVIDER}\n");
        for input in &self.inputs {
            for source in &input.sources {
                for pin in self.pins_of(input, source) {
                    write_row(&mut out, pin);
                }
            }
        }
        out
    }

    /// Validates `text` and writes it over `path` by rename, so that a reader sees the old or the new file.
    ///
    /// # Errors
    /// When the text is not a valid manifest, or cannot be written.
    pub fn store(path: &std::path::Path, text: &str) -> anyhow::Result<()> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self::parse(&name, text)?;
        file::replace(path, text.as_bytes())
    }
}

fn write_row(out: &mut String, pin: &Pin) {
    let mut rows = vec![
        ("input", pin.input.as_str()),
        ("kind", pin.kind.as_str()),
        ("name", pin.name.as_str()),
        ("version", pin.version.as_str()),
    ];
    let mut bytes = None;
    match &pin.pinned {
        Pinned::File { file, sha256, size } => {
            rows.extend([("file", file.as_str()), ("sha256", sha256.as_str())]);
            bytes = *size;
        }
        Pinned::Commit { commit, tree, note } => {
            rows.push(("commit", commit.as_str()));
            rows.extend(tree.as_deref().map(|tree| ("tree", tree)));
            rows.extend(note.as_deref().map(|note| ("note", note)));
        }
    }
    out.push_str("\n[[pin]]\n");
    for (key, value) in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{key} = {}", toml::Value::String(value.to_owned()));
    }
    if let Some(bytes) = bytes {
        let _ = writeln!(out, "size = {bytes}");
    }
}
