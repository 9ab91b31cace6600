//! Where an upstream file lies once it is installed; knows nothing of patches or of what is in the files.
use std::collections::BTreeMap;

use anyhow::{Context, bail};

/// The word that marks files which only a build from source has.
const SOURCE_ROAD_ONLY: &str = "source-road-only";

/// The table `[header-map]` of a recipe: upstream paths to paths in an installed sysroot.
///
/// A key that ends in `/` stands for everything below it; another key for that one file. The longest key that fits
/// wins. A value is a path in the sysroot, in which `<triple>` stands for the target, or the word
/// `source-road-only`.
///
/// ```toml
/// [header-map]
/// "libc-top-half/musl/include/" = "include/<triple>/"
/// "CMakeLists.txt" = "source-road-only"
/// ```
#[derive(Debug, Clone, Default)]
pub struct PathMap {
    rules: BTreeMap<String, String>,
}

/// Where a file of upstream is in an installed sysroot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At this path, relative to the root of the sysroot.
    Installed(String),
    /// Nowhere: it takes part in a build from source only.
    SourceRoadOnly,
}

impl PathMap {
    /// Reads the table from the text of a recipe.
    ///
    /// # Errors
    /// When the text is not TOML, or a row is not as documented.
    pub fn parse(recipe: &str) -> anyhow::Result<Self> {
        let recipe: toml::Table = recipe.parse().context("not valid TOML")?;
        let mut map = Self::default();
        let Some(table) = recipe.get("header-map") else { return Ok(map) };
        let table = table.as_table().context("`header-map` must be a table")?;
        for (from, to) in table {
            let Some(to) = to.as_str() else { bail!("`header-map.\"{from}\"` must be a path in quotes") };
            if !is_inside(from) || !is_inside(to) {
                bail!("`header-map.\"{from}\"` must map a relative path without `..` to another");
            }
            if to != SOURCE_ROAD_ONLY && from.ends_with('/') != to.ends_with('/') {
                bail!(
                    "`header-map.\"{from}\"` must map a folder (ending in `/`) to a folder, or a file to a file"
                );
            }
            map.rules.insert(from.clone(), to.to_owned());
        }
        Ok(map)
    }

    /// Where `path` is for `triple`; `None` when no row fits.
    #[must_use]
    pub fn place(&self, path: &str, triple: &str) -> Option<Place> {
        let fits = |key: &str| if key.ends_with('/') { path.starts_with(key) } else { path == key };
        let (key, value) = self.rules.iter().filter(|(key, _)| fits(key)).max_by_key(|(key, _)| key.len())?;
        if value == SOURCE_ROAD_ONLY {
            return Some(Place::SourceRoadOnly);
        }
        let rest = if key.ends_with('/') { &path[key.len()..] } else { "" };
        Some(Place::Installed(format!("{}{rest}", value.replace("<triple>", triple))))
    }
}

fn is_inside(path: &str) -> bool {
    !path.is_empty() && !path.starts_with('/') && path.split('/').all(|part| part != ".." && part != ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = r#"
        [header-map]
        "musl/include/" = "include/<triple>/"
        "musl/include/private/" = "source-road-only"
        "bottom/headers/wasi.h" = "include/<triple>/wasi/wasi.h"
        "CMakeLists.txt" = "source-road-only"
    "#;

    #[test]
    fn the_longest_key_wins_and_the_triple_is_filled_in() {
        let map = PathMap::parse(RECIPE).unwrap();
        let place = |path| map.place(path, "wasm32-wasip2");
        let installed = |path: &str| Some(Place::Installed(path.to_owned()));
        assert_eq!(place("musl/include/sys/time.h"), installed("include/wasm32-wasip2/sys/time.h"));
        assert_eq!(place("musl/include/private/x.h"), Some(Place::SourceRoadOnly));
        assert_eq!(place("bottom/headers/wasi.h"), installed("include/wasm32-wasip2/wasi/wasi.h"));
        assert_eq!(place("CMakeLists.txt"), Some(Place::SourceRoadOnly));
        assert_eq!(place("musl/src/time.c"), None);
    }

    #[test]
    fn a_row_that_leaves_the_sysroot_is_refused() {
        for row in ["\"a/\" = \"../b/\"", "\"a/\" = \"/b/\"", "\"a/\" = \"b\"", "\"a\" = 1"] {
            assert!(PathMap::parse(&format!("[header-map]\n{row}\n")).is_err(), "{row}");
        }
    }
}
