//! What a key of `warp.toml` is, and the one list of them: the check, the suggestions and the reference page
//! use it.

use super::sections;

/// One key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The names from the top of the file; `*` stands for a name that the user chooses.
    pub(super) path: &'static [&'static str],
    /// What stands behind it.
    pub(super) shape: &'static str,
    /// What holds when it is absent.
    pub(super) default: &'static str,
    /// What it does.
    pub(super) meaning: &'static str,
}

pub(super) const fn key(
    path: &'static [&'static str],
    shape: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key { path, shape, default, meaning }
}

/// The list, in the order of the reference page.
pub(super) fn all() -> impl Iterator<Item = &'static Key> {
    let sections: [&'static [Key]; 11] = [
        sections::package::KEYS,
        sections::http::KEYS,
        sections::env::KEYS,
        sections::files::KEYS,
        sections::names::KEYS,
        sections::network::KEYS,
        sections::limits::KEYS,
        sections::shims::KEYS,
        sections::bindings::KEYS,
        sections::listeners::KEYS,
        sections::services::KEYS,
    ];
    sections.into_iter().flatten()
}

/// The key at a path, the user's own names matching `*`.
pub(super) fn find(path: &[&str]) -> Option<&'static Key> {
    let fits = |key: &&Key| {
        key.path.len() == path.len()
            && key.path.iter().zip(path).all(|(known, name)| *known == "*" || known == name)
    };
    all().find(fits)
}

/// The names that may stand below a path, without those that the user chooses.
pub(super) fn names_below(path: &[&str]) -> Vec<&'static str> {
    let below = |key: &&Key| {
        key.path.len() == path.len() + 1
            && key.path.iter().zip(path).all(|(known, name)| *known == "*" || known == name)
    };
    all().filter(below).map(|key| key.path[path.len()]).filter(|name| *name != "*").collect()
}

/// The known name that is nearest to a misspelled one, if any is near.
pub(super) fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let distance = |known: &&str| strsim::damerau_levenshtein(&name.to_ascii_lowercase(), known);
    let nearest = known.iter().min_by_key(|known| distance(known))?;
    let near = distance(nearest) <= 1.max(nearest.len() / 3);
    near.then_some(*nearest)
}
