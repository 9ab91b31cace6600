//! The descriptor audit: which ways into a file descriptor the overlay leaves to upstream.
//!
//! Every function that takes a descriptor ends, in upstream's archive, in a member that needs one of a few names: the
//! Preview 1 calls, or the descriptor table. What of these members is not overridden does not know virtual
//! descriptors. That remainder is a reviewed file: a name and a reason on each line.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail};

use super::archive::Member;
use super::object;
use super::symbols::some_of;
use crate::hint::Hint;

fn is_entry(name: &str) -> bool {
    name.starts_with("__wasi_fd_") || name == "__wasi_poll_oneoff" || name == "descriptor_table_get_ref"
}

/// Functions that upstream still defines in members that reach descriptors, sorted.
///
/// # Errors
/// When a member cannot be read.
pub fn remainder(members: &[Member], prefix: &str) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for member in members {
        let symbols = object::symbols(&member.data)
            .with_context(|| format!("in the archive member `{}`", member.name))?;
        if !symbols.iter().any(|symbol| !symbol.defined && is_entry(&symbol.name)) {
            continue;
        }
        names.extend(
            symbols
                .into_iter()
                .filter(|symbol| symbol.defined && !symbol.name.starts_with(prefix))
                .map(|symbol| symbol.name),
        );
    }
    Ok(names)
}

/// Compares the remainder with the reviewed list at `path`: `<name>  <reason>` a line, `#` for notes.
///
/// # Errors
/// When the list cannot be read, a line has no reason, or the names differ.
pub fn compare(names: &BTreeSet<String>, path: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    let reviewed = parse(&text).with_context(|| format!("in `{}`", path.display()))?;
    let known: BTreeSet<String> = reviewed.into_keys().collect();
    if known == *names {
        return Ok(());
    }
    let gone: Vec<&String> = known.difference(names).collect();
    let new: Vec<&String> = names.difference(&known).collect();
    let message = format!(
        "ways into a descriptor differ from `{}`: not reviewed {}; no longer there {}",
        path.display(),
        some_of(&new),
        some_of(&gone)
    );
    Err(Hint::new(
        message,
        "override the new ones in `forks/libc/recipe.toml`, or add them to the list with a reason",
    )
    .into())
}

fn parse(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut reviewed = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, reason)) = line.split_once(char::is_whitespace) else {
            bail!("line {number}: `{line}` has no reason");
        };
        if reviewed.insert(name.to_owned(), reason.trim().to_owned()).is_some() {
            bail!("line {number}: `{name}` is listed twice");
        }
    }
    Ok(reviewed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reviewed_name_needs_a_reason() {
        assert_eq!(parse("# note\nioctl  answers EBADF\n").unwrap().len(), 1);
        assert_eq!(parse("ioctl\n").unwrap_err().to_string(), "line 1: `ioctl` has no reason");
    }

    #[test]
    fn an_unreviewed_way_in_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.audit");
        std::fs::write(&path, "ioctl  answers EBADF\n").unwrap();
        let error = compare(&["futimens".to_owned()].into(), &path).unwrap_err().to_string();
        assert!(error.contains("not reviewed futimens; no longer there ioctl"), "{error}");
    }
}
