//! What `sdk.json` says: versions, parts, the inputs they were made from; decides nothing.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the shape of `sdk.json`; a reader refuses a newer one.
pub(super) const SCHEMA: u32 = 1;

/// The time that every file of the archive carries: 1980-01-01T00:00:00Z, in seconds since 1970.
///
/// A constant rather than the time of a commit: the same inputs give the same bytes from a tarball of the source,
/// a shallow clone or a fork. It is the first time that zip files can hold, so nothing that repacks it trips.
pub const EPOCH: u64 = 315_532_800;

/// Everything that `sdk.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SdkFacts {
    /// Version of the SDK, such as `0.1.0`.
    pub version: String,
    /// Machine that the programs run on, such as `x86_64-linux`.
    pub platform: String,
    /// Oldest glibc that the programs run on.
    pub glibc: String,
    /// Targets that the SDK makes programs for.
    pub targets: Vec<Target>,
    /// Parts that the SDK consists of; every file belongs to one.
    pub parts: Vec<Part>,
    /// Inputs that were used, each pinned by digest.
    pub inputs: Vec<Input>,
    /// Roads that exist but were not taken for this build, and were not run against their real upstream.
    pub not_run: Vec<NotRun>,
    /// Versions of the tools that built it and are not shipped, such as `rustc`.
    pub builder: BTreeMap<String, String>,
}

/// A target and the variants of its C library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Such as `wasm32-wasip2`.
    pub triple: String,
    /// Such as `stock` and `warpgrid`.
    pub variants: Vec<String>,
    /// Is it the target of `bin/clang` without `--target`?
    pub default: bool,
}

/// A part of the SDK with a licence of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Such as `llvm`; also its folder below `share/licenses`.
    pub name: String,
    /// Upstream's version, or the SDK's for parts of our own.
    pub version: String,
    /// SPDX expression.
    pub licence: String,
    /// How it was made, such as `source`, `overlay` or `binary`.
    pub road: String,
    /// Was every byte of it compiled in this build?
    pub built_from_source: bool,
    /// Names of the inputs it was made from.
    pub inputs: Vec<String>,
    /// Files that belong to it: a file, a folder (everything below), or a start that ends in `*`. The longest wins;
    /// an empty string takes what nobody else does.
    pub paths: Vec<String>,
}

/// An input that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Name that parts refer to.
    pub name: String,
    /// Upstream's version.
    pub version: String,
    /// Kind of source, such as `debian`, `crate`, `git`, `archive` or `local`.
    pub kind: String,
    /// Package URL or another address of the thing itself, never of a mirror.
    pub uri: String,
    /// SPDX expression.
    pub licence: String,
    /// Digests by algorithm, in hex; `sha256` for files, `gitCommit` and `gitTree` for git.
    pub digest: BTreeMap<String, String>,
}

/// A road that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotRun {
    /// Such as `libc: git`.
    pub road: String,
    /// Why, in a sentence.
    pub why: String,
}

/// `sdk.json` as it lies in the archive: the facts, and what follows from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SdkJson {
    /// [`SCHEMA`].
    pub(super) schema: u32,
    /// [`EPOCH`].
    pub(super) epoch: u64,
    /// Names of the parts that were not built from source.
    pub(super) not_built_from_source: Vec<String>,
    /// The rest.
    pub(super) facts: SdkFacts,
}

impl SdkJson {
    /// The facts with what follows from them.
    pub(super) fn new(facts: &SdkFacts) -> Self {
        Self {
            schema: SCHEMA,
            epoch: EPOCH,
            not_built_from_source: facts.not_built_from_source(),
            facts: facts.clone(),
        }
    }
}

impl SdkFacts {
    /// The part that a file belongs to.
    #[must_use]
    pub fn part_of(&self, path: &str) -> Option<&Part> {
        let licence_folder =
            path.strip_prefix(super::names::LICENCES).and_then(|rest| rest.strip_prefix('/'));
        if let Some((part, _)) = licence_folder.and_then(|rest| rest.split_once('/')) {
            return self.parts.iter().find(|candidate| candidate.name == part);
        }
        self.parts
            .iter()
            .flat_map(|part| part.paths.iter().map(move |pattern| (pattern, part)))
            .filter(|(pattern, _)| matches(pattern, path))
            .max_by_key(|(pattern, part)| (pattern.len(), std::cmp::Reverse(&part.name)))
            .map(|(_, part)| part)
    }

    /// Names of the parts that were not built from source, in order.
    #[must_use]
    pub fn not_built_from_source(&self) -> Vec<String> {
        self.parts.iter().filter(|part| !part.built_from_source).map(|part| part.name.clone()).collect()
    }

    /// What is wrong with the facts themselves, each as a sentence: doubled names, unknown inputs, licences that are
    /// no SPDX expression, digests that are no hex.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut doubled = |kind: &str, names: Vec<&String>| {
            for (index, name) in names.iter().enumerate() {
                if names[..index].contains(name) {
                    problems.push(format!("the {kind} `{name}` is listed twice"));
                }
            }
        };
        doubled("part", self.parts.iter().map(|part| &part.name).collect());
        doubled("input", self.inputs.iter().map(|input| &input.name).collect());
        doubled("target", self.targets.iter().map(|target| &target.triple).collect());
        for part in &self.parts {
            for input in
                part.inputs.iter().filter(|name| self.inputs.iter().all(|input| input.name != **name))
            {
                problems.push(format!("the part `{}` names the unknown input `{input}`", part.name));
            }
        }
        let licences = self.parts.iter().map(|part| (&part.name, &part.licence));
        for (name, licence) in licences.chain(self.inputs.iter().map(|input| (&input.name, &input.licence))) {
            if spdx::Expression::parse(licence).is_err() {
                problems.push(format!("the licence `{licence}` of `{name}` is no SPDX expression"));
            }
        }
        for input in &self.inputs {
            if input.digest.is_empty() {
                problems.push(format!("the input `{}` has no digest", input.name));
            }
            for (algorithm, digest) in &input.digest {
                if digest.is_empty() || hex::decode(digest).is_err() {
                    problems.push(format!("the {algorithm} of `{}` is no hex: `{digest}`", input.name));
                }
            }
        }
        if self.targets.iter().filter(|target| target.default).count() != 1 {
            problems.push("not exactly one target is the default".to_owned());
        }
        problems
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => {
            pattern.is_empty()
                || path.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Small but complete facts for tests of this room.
    pub(in crate::pack) fn sample() -> SdkFacts {
        let part = |name: &str, paths: &[&str]| Part {
            name: name.to_owned(),
            version: "1".to_owned(),
            licence: "Apache-2.0 WITH LLVM-exception".to_owned(),
            road: "binary".to_owned(),
            built_from_source: name == "warpgrid",
            inputs: if name == "warpgrid" { vec![] } else { vec!["blob".to_owned()] },
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        };
        SdkFacts {
            version: "0.1.0".to_owned(),
            platform: "x86_64-linux".to_owned(),
            glibc: "2.36".to_owned(),
            targets: vec![Target {
                triple: "wasm32-wasip2".to_owned(),
                variants: vec!["stock".to_owned()],
                default: true,
            }],
            parts: vec![part("warpgrid", &[""]), part("llvm", &["bin/clang", "lib/libLLVM*"])],
            inputs: vec![Input {
                name: "blob".to_owned(),
                version: "1".to_owned(),
                kind: "debian".to_owned(),
                uri: "pkg:deb/debian/blob@1".to_owned(),
                licence: "MIT".to_owned(),
                digest: [("sha256".to_owned(), "00".repeat(32))].into(),
            }],
            not_run: vec![NotRun { road: "libc: git".to_owned(), why: "not reachable".to_owned() }],
            builder: BTreeMap::new(),
        }
    }

    #[test]
    fn the_longest_path_decides_whose_a_file_is() {
        let facts = sample();
        let part = |path: &str| facts.part_of(path).unwrap().name.clone();
        assert_eq!(part("bin/clang"), "llvm");
        assert_eq!(part("bin/clang.cfg"), "warpgrid");
        assert_eq!(part("lib/libLLVM.so.22.1"), "llvm");
        assert_eq!(part("share/licenses/llvm/copyright"), "llvm");
        assert!(facts.part_of("share/licenses/other/copyright").is_none());
    }

    #[test]
    fn mistakes_in_the_facts_are_named() {
        assert!(sample().problems().is_empty());
        let mut facts = sample();
        facts.parts[1].inputs = vec!["gone".to_owned()];
        facts.parts[0].licence = "free".to_owned();
        facts.inputs[0].digest.insert("sha256".to_owned(), "xyz".to_owned());
        facts.targets[0].default = false;
        let problems = facts.problems().join("\n");
        for word in ["`gone`", "`free`", "`xyz`", "default"] {
            assert!(problems.contains(word), "{word} in {problems}");
        }
    }
}
