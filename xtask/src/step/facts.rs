//! What `sdk.json` says of this build, gathered from the manifest and the records of the steps; decides nothing.
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use super::{StepContext, fetch, libc_is_source};
use crate::manifest::{Input as ManifestInput, Kind, Pinned};
use crate::pack::{Input, NotRun, Part, SdkFacts, Target};
use crate::rust_std::{self, Origin, Road};
use crate::toolchain;

/// The target that `bin/clang` compiles for without being told.
const DEFAULT_TARGET: &str = "wasm32-wasip2";
/// Name of the part with Rust's standard library, and of its input in the manifest.
const RUST: &str = "rust";

/// Everything for `sdk.json`.
///
/// # Errors
/// When a record of an earlier step cannot be read.
pub(super) fn gather(context: &StepContext<'_>, glibc: String) -> anyhow::Result<SdkFacts> {
    let records = fetch::records(context)?;
    let rust = Origin::read(&context.part("rust").join(rust_std::SDK_FOLDER).join("standard-library.json"))?;
    let mut inputs = Vec::new();
    let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    // The packages of Rust may have been fetched for an earlier build by that road.
    for record in records.iter().filter(|record| record.input != RUST || rust.road == Road::Packages) {
        let input = context.manifest.input(&record.input)?;
        let made = input_facts(context, input, &record.kind)?;
        names.insert(&record.input, made.iter().map(|input| input.name.clone()).collect());
        inputs.extend(made);
    }
    if let Some(input) = rustup_component(&rust, context)? {
        names.insert(RUST, vec![input.name.clone()]);
        inputs.push(input);
    }
    let libc_from_source = libc_is_source(context)?;
    let version = context.manifest.sdk.version.to_string();
    let revision = |name: &str| context.manifest.input(name).map(|input| input.revision.clone());
    let of = |name: &str| names.get(name).cloned().unwrap_or_default();
    let part =
        |name: &str, version: &str, licence: &str, road: &str, inputs: Vec<String>, paths: &[&str]| Part {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: licence.to_owned(),
            road: road.to_owned(),
            built_from_source: road == "source",
            inputs,
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        };
    let libc = &context.manifest.input("libc")?.licence;
    let own = "Apache-2.0 WITH LLVM-exception";
    let road = if libc_from_source { "source" } else { "overlay" };
    let mut parts = vec![
        part("warpgrid", &version, own, "source", vec![], &[""]),
        part("warp", &version, own, "source", vec![], &["bin/warp"]),
        part("libc", &revision("libc")?, libc, road, of("libc"), &["share/warpgrid/sysroots"]),
        libcxx(context, &inputs)?,
    ];
    let road = if rust.road == Road::Packages { "source" } else { "binary" };
    let paths = [format!("{}/lib", rust_std::SDK_FOLDER)];
    parts.push(part(RUST, rust.version(), rust_std::LICENCE, road, of(RUST), &[&paths[0]]));
    for shipped in toolchain::PARTS {
        let (version, road, inputs) = match shipped.packages.first() {
            None => (revision(shipped.name)?, "source", of(shipped.name)),
            Some(package) => {
                let wanted = |input: &&Input| {
                    shipped.packages.iter().any(|name| input.name == format!("llvm: {name}"))
                };
                let used: Vec<&Input> = inputs.iter().filter(wanted).collect();
                let version = used.first().map(|input| input.version.clone());
                let version = version.with_context(|| format!("`{package}` is not among the inputs"))?;
                (version, "binary", used.iter().map(|input| input.name.clone()).collect())
            }
        };
        parts.push(part(shipped.name, &version, shipped.licence, road, inputs, shipped.paths));
    }
    let targets = context.manifest.targets.iter().map(|target| Target {
        triple: target.triple.clone(),
        variants: target.variants.iter().map(ToString::to_string).collect(),
        default: target.triple == DEFAULT_TARGET,
    });
    Ok(SdkFacts {
        version,
        platform: "x86_64-linux".to_owned(),
        glibc,
        targets: targets.collect(),
        parts,
        inputs,
        not_run: not_run(libc_from_source),
        builder: [("rustc".to_owned(), rust_version(&context.paths.root)?)].into(),
    })
}

/// Rust's own build of the standard library, as rustup got it; none when it was built from packages.
fn rustup_component(rust: &Origin, context: &StepContext<'_>) -> anyhow::Result<Option<Input>> {
    let Some(sha256) = &rust.component_sha256 else { return Ok(None) };
    Ok(Some(Input {
        name: RUST.to_owned(),
        version: rust.version().to_owned(),
        kind: "rustup".to_owned(),
        uri: format!("{}@{}", context.manifest.input(RUST)?.project, rust.version()),
        licence: rust_std::LICENCE.to_owned(),
        digest: [("sha256".to_owned(), sha256.clone())].into(),
    }))
}

/// libc++ lies inside every sysroot, as headers and two archives.
fn libcxx(context: &StepContext<'_>, inputs: &[Input]) -> anyhow::Result<Part> {
    let used: Vec<&Input> = inputs.iter().filter(|input| input.name.starts_with("llvm: libc++")).collect();
    let mut paths = Vec::new();
    for target in &context.manifest.targets {
        for variant in &target.variants {
            let triple = &target.triple;
            let sysroot = format!("share/warpgrid/sysroots/{triple}/{variant}");
            paths.push(format!("{sysroot}/include/{triple}/c++"));
            paths.push(format!("{sysroot}/lib/{triple}/libc++*"));
        }
    }
    Ok(Part {
        name: "libcxx".to_owned(),
        version: used.first().context("no package of libc++ was fetched")?.version.clone(),
        licence: "Apache-2.0 WITH LLVM-exception".to_owned(),
        road: "binary".to_owned(),
        built_from_source: false,
        inputs: used.iter().map(|input| input.name.clone()).collect(),
        paths,
    })
}

fn not_run(libc_from_source: bool) -> Vec<NotRun> {
    let mut roads = vec![NotRun {
        road: "libc: archive".into(),
        why: "the release asset of wasi-sdk has not been fetched and built from".into(),
    }];
    if !libc_from_source {
        roads.push(NotRun {
            road: "libc: source".into(),
            why: "the road from upstream's git tree is tested against a made-up upstream only, not against the real one".into(),
        });
    }
    roads
}

/// The pinned Rust, as `rust-toolchain.toml` says it.
pub(super) fn rust_version(root: &Path) -> anyhow::Result<String> {
    let path = root.join("rust-toolchain.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
    let table: toml::Table = text.parse().with_context(|| format!("reading `{}`", path.display()))?;
    let channel = table.get("toolchain").and_then(|toolchain| toolchain.get("channel"));
    Ok(channel.and_then(toml::Value::as_str).context("`rust-toolchain.toml` pins no channel")?.to_owned())
}

/// One entry a pinned artifact of the source that was used.
fn input_facts(context: &StepContext<'_>, input: &ManifestInput, kind: &str) -> anyhow::Result<Vec<Input>> {
    let source = input
        .sources
        .iter()
        .find(|source| source.kind().as_str() == kind)
        .with_context(|| format!("`{}` has no source of kind `{kind}`", input.name))?;
    let pins = context.manifest.pins_of(input, source);
    Ok(pins
        .iter()
        .map(|pin| {
            let mut digest = BTreeMap::new();
            match &pin.pinned {
                Pinned::File { sha256, .. } => {
                    digest.insert("sha256".to_owned(), sha256.clone());
                }
                Pinned::Commit { commit, tree, .. } => {
                    digest.insert("gitCommit".to_owned(), commit.clone());
                    digest.extend(tree.iter().map(|tree| ("gitTree".to_owned(), tree.clone())));
                }
            }
            Input {
                name: if pins.len() == 1 {
                    input.name.clone()
                } else {
                    format!("{}: {}", input.name, pin.name)
                },
                version: pin.version.clone(),
                kind: kind.to_owned(),
                uri: address(pin.kind, &pin.name, &pin.version, &input.project),
                licence: input.licence.clone(),
                digest,
            }
        })
        .collect())
}

/// A package URL of the thing itself; for git and archives, the project.
fn address(kind: Kind, name: &str, version: &str, project: &str) -> String {
    let version = version.replace(':', "%3A").replace('+', "%2B");
    match kind {
        Kind::Debian => format!("pkg:deb/debian/{name}@{version}"),
        Kind::Crate => format!("pkg:cargo/{name}@{version}"),
        Kind::Npm => format!("pkg:npm/{name}@{version}"),
        Kind::Pypi => format!("pkg:pypi/{name}@{version}"),
        Kind::Go => format!("pkg:golang/{name}@{version}"),
        Kind::Git | Kind::Archive => format!("{project}@{version}"),
    }
}
