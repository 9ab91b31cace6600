//! Proves that the programs and libraries of the SDK find everything they load inside the SDK or in glibc; starts nothing.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::elf::{self, Dynamic, Wanted};
use super::layout::GLIBC;
use crate::tree;

/// The ELF files of `bin` and `lib`, read once.
#[derive(Debug)]
pub(super) struct Closure {
    files: BTreeMap<PathBuf, Dynamic>,
}

impl Closure {
    /// Reads every ELF file directly in `<sdk>/bin` and `<sdk>/lib`.
    ///
    /// # Errors
    /// When a folder or file cannot be read.
    pub(super) fn read(sdk: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for folder in ["bin", "lib"] {
            let folder = sdk.join(folder);
            for path in tree::entries(&folder)? {
                let metadata = std::fs::symlink_metadata(&path)
                    .with_context(|| format!("looking at `{}`", path.display()))?;
                if metadata.is_file() && starts_as_elf(&path)? {
                    files.insert(path.clone(), elf::read(&path)?);
                }
            }
        }
        Ok(Self { files })
    }

    /// Names of libraries that are loaded but neither in `lib` nor part of glibc, with the symbols wanted from each.
    ///
    /// A symbol without a version belongs to no library by itself: `owner` says whose it is.
    ///
    /// # Errors
    /// When a symbol is defined nowhere and `owner` does not know it.
    pub(super) fn missing(
        &self,
        owner: impl Fn(&str) -> Option<&'static str>,
    ) -> anyhow::Result<BTreeMap<String, BTreeSet<Wanted>>> {
        let present = self.present();
        let mut missing: BTreeMap<String, BTreeSet<Wanted>> = BTreeMap::new();
        for file in self.files.values() {
            for library in &file.needed {
                if !present.contains(library.as_str()) && !GLIBC.contains(&library.as_str()) {
                    missing.entry(library.clone()).or_default();
                }
            }
        }
        let defined: BTreeSet<&str> =
            self.files.values().flat_map(|file| &file.defined).map(String::as_str).collect();
        for (path, file) in &self.files {
            for wanted in &file.wanted {
                let library = match &wanted.version {
                    Some((_, library)) => library.as_str(),
                    None if wanted.weak || defined.contains(wanted.name.as_str()) => continue,
                    None => owner(&wanted.name).with_context(|| {
                        format!(
                            "`{}` wants `{}`, which nothing in the SDK defines",
                            path.display(),
                            wanted.name
                        )
                    })?,
                };
                if let Some(symbols) = missing.get_mut(library) {
                    symbols.insert(wanted.clone());
                }
            }
        }
        Ok(missing)
    }

    /// Checks that nothing is missing and that every program and library that loads one of ours says where it lies.
    ///
    /// # Errors
    /// Names the first file whose libraries would not be found, or whose search path leads out of the SDK.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let present = self.present();
        let from_programs: BTreeSet<&str> = self
            .files
            .iter()
            .filter(|(path, _)| path.parent().is_some_and(|folder| folder.ends_with("bin")))
            .flat_map(|(_, file)| &file.needed)
            .map(String::as_str)
            .collect();
        for (path, file) in &self.files {
            for run_path in &file.run_path {
                anyhow::ensure!(
                    run_path == "$ORIGIN/../lib" || run_path == "$ORIGIN",
                    "`{}` looks for libraries in `{run_path}`, outside the SDK",
                    path.display()
                );
            }
            for library in &file.needed {
                if GLIBC.contains(&library.as_str()) {
                    continue;
                }
                anyhow::ensure!(
                    present.contains(library.as_str()),
                    "`{}` loads `{library}`, which is neither in the SDK nor part of glibc",
                    path.display()
                );
                let program = path.parent().is_some_and(|folder| folder.ends_with("bin"));
                // A library without a search path is served by the program that loaded the same name before.
                anyhow::ensure!(
                    !file.run_path.is_empty() || (!program && from_programs.contains(library.as_str())),
                    "`{}` loads `{library}` but has no search path to find it by",
                    path.display()
                );
            }
        }
        Ok(())
    }

    /// The newest version of glibc that any file asks for, such as `2.36`.
    pub(super) fn glibc(&self) -> String {
        let newest = self
            .files
            .values()
            .flat_map(|file| &file.wanted)
            .filter_map(|wanted| wanted.version.as_ref())
            .filter_map(|(version, _)| version.strip_prefix("GLIBC_"))
            .filter_map(|version| {
                version.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()
            })
            .max()
            .unwrap_or_default();
        newest.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
    }

    fn present(&self) -> BTreeSet<&str> {
        self.files.values().filter_map(|file| file.soname.as_deref()).collect()
    }
}

/// Checks that every program and library in `<sdk>/bin` and `<sdk>/lib` finds what it loads inside the SDK or in
/// glibc, whichever step put it there.
///
/// # Errors
/// Names the first file that would not start on a machine with only glibc, and the library it would miss.
pub fn check_libraries(sdk: &Path) -> anyhow::Result<()> {
    Closure::read(sdk)?.check()
}

/// Oldest glibc that every program and library in `<sdk>/bin` and `<sdk>/lib` runs on, such as `2.36`.
///
/// # Errors
/// When one of them cannot be read.
pub fn oldest_glibc(sdk: &Path) -> anyhow::Result<String> {
    Ok(Closure::read(sdk)?.glibc())
}

fn starts_as_elf(path: &Path) -> anyhow::Result<bool> {
    use std::io::Read as _;
    let mut start = [0; 4];
    let mut file = std::fs::File::open(path).with_context(|| format!("opening `{}`", path.display()))?;
    let length = file.read(&mut start).with_context(|| format!("reading `{}`", path.display()))?;
    Ok(elf::is_elf(&start[..length]))
}
