//! The list of what a library defines, and its comparison with the committed one; knows nothing of how it was made.
use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;

use super::archive::Member;
use super::object;
use crate::hint::Hint;

/// How many names an error lists of each sort.
const SHOWN: usize = 12;

/// Every name that the members define for others.
///
/// # Errors
/// When a member cannot be read.
pub fn defined(members: &[Member]) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for member in members {
        let found = object::definitions(&member.data);
        names.extend(found.with_context(|| format!("in the archive member `{}`", member.name))?);
    }
    Ok(names)
}

/// Compares `names` with the list at `path`, one name a line; with `bless` the list is rewritten instead.
///
/// # Errors
/// When the list cannot be read or differs: the message names what is missing and what is new.
pub fn compare(names: &BTreeSet<String>, path: &Path, bless: bool) -> anyhow::Result<()> {
    if bless {
        let text: String = names.iter().map(|name| format!("{name}\n")).collect();
        return std::fs::write(path, text).with_context(|| format!("writing `{}`", path.display()));
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    let expected: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    if expected == *names {
        return Ok(());
    }
    let missing: Vec<&String> = expected.difference(names).collect();
    let new: Vec<&String> = names.difference(&expected).collect();
    let message = format!(
        "the library does not define what `{}` says: missing {}; new {}",
        path.display(),
        some_of(&missing),
        some_of(&new)
    );
    Err(Hint::new(
        message,
        "run `BLESS=1 cargo xtask ci --only sysroot` if the change is meant, and review the list",
    )
    .into())
}

/// The first few of `names` and how many there are.
pub(super) fn some_of(names: &[&String]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(|name| name.as_str()).collect();
    match (names.len(), names.len().saturating_sub(SHOWN)) {
        (0, _) => "nothing".to_owned(),
        (_, 0) => shown.join(" "),
        (_, more) => format!("{} and {more} more", shown.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_named_and_can_be_blessed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.symbols");
        let names: BTreeSet<String> = ["open", "read"].map(str::to_owned).into();
        compare(&names, &path, true).unwrap();
        compare(&names, &path, false).unwrap();
        let changed: BTreeSet<String> = ["open", "write"].map(str::to_owned).into();
        let error = compare(&changed, &path, false).unwrap_err().to_string();
        assert!(error.ends_with("missing read; new write"), "{error}");
    }
}
