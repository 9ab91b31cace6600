//! How a patch file is named after its subject; knows nothing of what is inside a patch.
use std::fmt;

use serde::Serialize;

/// The name of a patch: its place in the series and what it does, `0003-dns-getaddrinfo-asks-the-host`.
///
/// The number may change when a patch is inserted before it; the slug stays as long as the subject does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct PatchName {
    /// Place in the series, from 1.
    pub number: u32,
    /// The subject in lower case, everything but letters, digits, `.` and `_` as one `-`.
    pub slug: String,
}

impl PatchName {
    /// Reads `NNNN-<slug>` or `NNNN-<slug>.patch`; `None` when it has another form.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".patch").unwrap_or(name);
        let (digits, slug) = stem.split_once('-')?;
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if slug.is_empty() || slugify(slug) != slug {
            return None;
        }
        Some(Self { number: digits.parse().ok()?, slug: slug.to_owned() })
    }

    /// The name of the file in `patches/`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{self}.patch")
    }
}

impl fmt::Display for PatchName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{}", self.number, self.slug)
    }
}

impl From<PatchName> for String {
    fn from(name: PatchName) -> Self {
        name.to_string()
    }
}

/// What a subject becomes in a file name: `dns: getaddrinfo asks the host` → `dns-getaddrinfo-asks-the-host`.
#[must_use]
pub fn slugify(subject: &str) -> String {
    let mut slug = String::with_capacity(subject.len());
    for letter in subject.chars() {
        match letter {
            'a'..='z' | '0'..='9' | '_' | '.' => slug.push(letter),
            'A'..='Z' => slug.push(letter.to_ascii_lowercase()),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(slug.trim_end_matches(['-', '.']).len());
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slug_is_the_subject_without_punctuation() {
        assert_eq!(slugify("time: declare tzset(), tzname & co."), "time-declare-tzset-tzname-co");
        assert_eq!(slugify("dns:  Ask  the HOST"), "dns-ask-the-host");
    }

    #[test]
    fn a_name_has_four_digits_and_a_slug() {
        let name = PatchName::parse("0012-fs-open-virtual.patch").unwrap();
        assert_eq!((name.number, name.slug.as_str()), (12, "fs-open-virtual"));
        assert_eq!(name.file_name(), "0012-fs-open-virtual.patch");
        for wrong in ["12-a-b.patch", "0012.patch", "0012-.patch", "0012-A.patch", "0012-a--b.patch"] {
            assert_eq!(PatchName::parse(wrong), None, "{wrong}");
        }
    }
}
