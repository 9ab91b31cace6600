//! The two descriptions a sysroot is made from: the fork's `recipe.toml` and `sysroots/<triple>.<variant>.toml`.
//!
//! They are read and checked here and nowhere else; what they lead to is in `overlay` and `stage`.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::manifest::Variant;

/// `forks/libc/recipe.toml`: how the patched C library is made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Where upstream's files lie in an installed sysroot; read by the patch series.
    #[serde(rename = "header-map", default)]
    pub header_map: BTreeMap<String, String>,
    /// What all parts share.
    pub overlay: Overlay,
    /// The parts by name.
    #[serde(rename = "part")]
    pub parts: BTreeMap<String, Part>,
    /// The component that answers in the host's place.
    pub fallback: Fallback,
    /// What libc++ gets.
    #[serde(default)]
    pub cxx: Cxx,
    /// How upstream itself is built.
    pub source: Source,
}

/// What all parts share.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// What upstream's definitions are renamed with.
    pub prefix: String,
    /// Compiler flags for our own sources.
    pub flags: Vec<String>,
}

/// One part of the overlay.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The interface of `warpgrid:shim` that the part calls; none when it calls no host.
    #[serde(default)]
    pub interface: Option<String>,
    /// Parts that must be there too.
    #[serde(default)]
    pub needs: Vec<String>,
    /// C files below `overlay/`.
    pub sources: Vec<String>,
    /// Names that upstream defines and this part takes over.
    #[serde(default)]
    pub overrides: Vec<String>,
    /// Names that upstream does not define and this part adds.
    #[serde(default)]
    pub supplies: Vec<String>,
}

/// The component that answers "not handled".
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// Name of its world, and of the file: `<world>.wasm`.
    pub world: String,
    /// Interfaces of `warpgrid:shim` it exports.
    pub interfaces: Vec<String>,
    /// C files below `overlay/`.
    pub sources: Vec<String>,
}

/// What is added to libc++abi.a.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cxx {
    /// C files below `overlay/`.
    pub sources: Vec<String>,
}

/// How upstream's own build is driven.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// CMake definitions besides the target and the tools, `NAME=value`.
    pub definitions: Vec<String>,
    /// Folder of the finished sysroot below the build folder.
    pub sysroot: String,
}

impl Recipe {
    /// Reads `<fork>/recipe.toml`.
    ///
    /// # Errors
    /// When it cannot be read, has an unknown key, a part needs one that does not exist, or a name occurs twice.
    pub fn read(fork: &Path) -> anyhow::Result<Self> {
        let path = fork.join("recipe.toml");
        let recipe: Self = read_toml(&path)?;
        recipe.check().with_context(|| format!("in `{}`", path.display()))?;
        Ok(recipe)
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut names = BTreeSet::new();
        for (part, body) in &self.parts {
            for need in &body.needs {
                if !self.parts.contains_key(need) {
                    bail!("part `{part}` needs `{need}`, which is no part");
                }
            }
            for name in body.overrides.iter().chain(&body.supplies) {
                if !names.insert(name) {
                    bail!("`{name}` is listed twice, the second time by part `{part}`");
                }
            }
        }
        Ok(())
    }

    /// The named parts, each after those it needs, without repetition.
    ///
    /// # Errors
    /// When a name is no part, or a part needs one that was not asked for.
    pub fn select(&self, names: &[String]) -> anyhow::Result<Vec<(&str, &Part)>> {
        let mut selected = Vec::new();
        for name in names {
            let (name, part) = self.parts.get_key_value(name).with_context(|| {
                format!("the recipe has no part `{name}`: it has {:?}", self.parts.keys())
            })?;
            if let Some(missing) = part.needs.iter().find(|need| !names.contains(need)) {
                bail!("part `{name}` needs part `{missing}`, which this sysroot leaves out");
            }
            selected.push((name.as_str(), part));
        }
        selected.sort_unstable_by_key(|(name, _)| *name);
        selected.dedup_by_key(|(name, _)| *name);
        Ok(selected)
    }
}

/// `sysroots/<triple>.<variant>.toml`: what one sysroot has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The wasm target, as clang calls it.
    pub target: String,
    /// Which of the two it is.
    pub variant: Variant,
    /// Parts of the overlay; empty for `stock`.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Whether libc++ is laid in.
    #[serde(default)]
    pub cxx: bool,
    /// Headers that must be there, relative to the target's include folder.
    pub headers: Vec<String>,
    /// Libraries that must be there, relative to the target's library folder.
    pub libraries: Vec<String>,
}

impl Description {
    /// Reads `<sysroots>/<triple>.<variant>.toml`.
    ///
    /// # Errors
    /// When it cannot be read, or says another target or variant than its name.
    pub fn read(sysroots: &Path, triple: &str, variant: Variant) -> anyhow::Result<Self> {
        let path = sysroots.join(format!("{triple}.{}.toml", variant.as_str()));
        let description: Self = read_toml(&path)?;
        if description.target != triple || description.variant != variant {
            bail!("`{}` describes another sysroot than its name says", path.display());
        }
        if variant == Variant::Stock && !description.parts.is_empty() {
            bail!("`{}`: a stock sysroot has no parts", path.display());
        }
        Ok(description)
    }
}

fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    toml::from_str(&text).with_context(|| format!("`{}` is not as expected", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn the_committed_recipe_and_descriptions_are_readable() {
        let recipe = Recipe::read(&root().join("forks/libc")).unwrap();
        for triple in ["wasm32-wasip1", "wasm32-wasip2"] {
            for variant in [Variant::Stock, Variant::Warpgrid] {
                let description = Description::read(&root().join("sysroots"), triple, variant).unwrap();
                recipe.select(&description.parts).unwrap();
            }
        }
    }

    #[test]
    fn a_part_without_what_it_needs_is_refused() {
        let recipe = Recipe::read(&root().join("forks/libc")).unwrap();
        let error = recipe.select(&["tz".to_owned()]).unwrap_err().to_string();
        assert_eq!(error, "part `tz` needs part `fs`, which this sysroot leaves out");
    }
}
