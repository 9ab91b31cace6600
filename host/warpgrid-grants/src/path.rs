//! Absolute guest paths in lexical normal form; knows no file system and follows no symbolic link.
//!
//! A path is joined and shortened as text alone: empty parts and `.` vanish, `..` removes the part
//! before it and never leaves the root. A map that is asked only with a [`NormalPath`] cannot be
//! bypassed by another spelling of the same path.

use alloc::string::String;
use core::fmt;

/// The longest path that is looked at, in bytes (`PATH_MAX` of POSIX systems).
pub const MAX_PATH_BYTES: usize = 4096;

/// Why a text is not a path that a map can be asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// The path does not start with a slash.
    NotAbsolute,
    /// The path holds a NUL byte.
    Nul,
    /// The path is longer than [`MAX_PATH_BYTES`].
    TooLong,
}

impl fmt::Display for PathError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathError::NotAbsolute => out.write_str("the path is not absolute"),
            PathError::Nul => out.write_str("the path holds a NUL byte"),
            PathError::TooLong => write!(out, "the path is longer than {MAX_PATH_BYTES} bytes"),
        }
    }
}

impl core::error::Error for PathError {}

/// An absolute path in normal form: `/`, or parts that each follow one slash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NormalPath {
    text: String,
    wants_directory: bool,
}

impl NormalPath {
    /// Brings `path` into normal form.
    ///
    /// # Errors
    /// [`PathError`] when the text is not absolute, holds a NUL, or is too long.
    pub fn new(path: &str) -> Result<Self, PathError> {
        if path.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong);
        }
        if path.bytes().any(|byte| byte == 0) {
            return Err(PathError::Nul);
        }
        let Some(relative) = path.strip_prefix('/') else { return Err(PathError::NotAbsolute) };
        let mut text = String::with_capacity(path.len());
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => text.truncate(text.rfind('/').unwrap_or(0)),
                name => {
                    text.push('/');
                    text.push_str(name);
                }
            }
        }
        let last = relative.rsplit('/').next().unwrap_or("");
        let wants_directory = matches!(last, "" | "." | "..");
        if text.is_empty() {
            text.push('/');
        }
        Ok(Self { text, wants_directory })
    }

    /// The path as text, without a slash at the end (except the root).
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the spelling demands a folder: it ended in `/`, `/.` or `/..`.
    pub fn wants_directory(&self) -> bool {
        self.wants_directory
    }

    /// The folders above, nearest first, each with the rest of the path below it.
    pub fn ancestors(&self) -> impl Iterator<Item = (&str, &str)> {
        let text = self.text.as_str();
        let mut end = if text == "/" { 0 } else { text.len() };
        core::iter::from_fn(move || {
            if end == 0 {
                return None;
            }
            end = text[..end].rfind('/')?;
            let folder = if end == 0 { "/" } else { &text[..end] };
            Some((folder, &text[end + 1..]))
        })
    }

    /// A number for `st_ino`: the same for the same path, and never 0 (64-bit FNV-1a of the text).
    pub fn inode(&self) -> u64 {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in self.text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash.max(1)
    }
}

impl fmt::Display for NormalPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn every_spelling_has_one_normal_form() {
        for (spelling, normal) in [
            ("/", "/"),
            ("//", "/"),
            ("/..", "/"),
            ("/../../etc/hosts", "/etc/hosts"),
            ("/etc/hosts", "/etc/hosts"),
            ("/etc//hosts", "/etc/hosts"),
            ("/etc/./hosts", "/etc/hosts"),
            ("/etc/../etc/hosts", "/etc/hosts"),
            ("/a/b/../../etc/hosts", "/etc/hosts"),
            ("/etc/hosts/", "/etc/hosts"),
            ("/etc/...", "/etc/..."),
            ("/etc/..hosts", "/etc/..hosts"),
            ("/ä/ö", "/ä/ö"),
        ] {
            assert_eq!(NormalPath::new(spelling).unwrap().as_str(), normal, "{spelling}");
        }
    }

    #[test]
    fn a_slash_or_dot_at_the_end_demands_a_folder() {
        for (spelling, wanted) in
            [("/etc/", true), ("/etc/.", true), ("/etc/x/..", true), ("/", true), ("/etc", false)]
        {
            assert_eq!(NormalPath::new(spelling).unwrap().wants_directory(), wanted, "{spelling}");
        }
    }

    #[test]
    fn what_is_no_absolute_path_is_refused() {
        assert_eq!(NormalPath::new(""), Err(PathError::NotAbsolute));
        assert_eq!(NormalPath::new("etc/hosts"), Err(PathError::NotAbsolute));
        assert_eq!(NormalPath::new("../etc/hosts"), Err(PathError::NotAbsolute));
        assert_eq!(NormalPath::new("/etc/\0hosts"), Err(PathError::Nul));
        assert_eq!(NormalPath::new(&"/a".repeat(4096)), Err(PathError::TooLong));
    }

    #[test]
    fn ancestors_run_from_the_nearest_folder_to_the_root() {
        let path = NormalPath::new("/usr/share/zoneinfo/UTC").unwrap();
        let ancestors: Vec<_> = path.ancestors().collect();
        assert_eq!(
            ancestors,
            [
                ("/usr/share/zoneinfo", "UTC"),
                ("/usr/share", "zoneinfo/UTC"),
                ("/usr", "share/zoneinfo/UTC"),
                ("/", "usr/share/zoneinfo/UTC"),
            ]
        );
        assert_eq!(NormalPath::new("/").unwrap().ancestors().count(), 0);
    }

    #[test]
    fn inodes_differ_and_stay() {
        let inode = |path: &str| NormalPath::new(path).unwrap().inode();
        assert_eq!(inode("/etc/hosts"), inode("/etc/../etc/hosts"));
        assert_ne!(inode("/etc/hosts"), inode("/etc/resolv.conf"));
    }
}
