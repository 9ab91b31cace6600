//! The nearest known name to a mistyped one; knows no list of names by itself.

/// The candidate most like `name`, if one is like enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// What to say after an unknown name: the nearest one, else all of them.
#[must_use]
pub fn did_you_mean(name: &str, candidates: &[&str]) -> String {
    match nearest(name, candidates.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if candidates.is_empty() => "there is none yet".to_owned(),
        None => format!("known are: {}", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_finds_none() {
        assert_eq!(nearest("revison", ["revision", "licence"]), Some("revision"));
        assert_eq!(nearest("lvm", ["libc", "llvm"]), Some("llvm"));
        assert_eq!(nearest("quux", ["libc", "llvm"]), None);
        assert_eq!(did_you_mean("quux", &["libc", "llvm"]), "known are: libc, llvm");
    }
}
