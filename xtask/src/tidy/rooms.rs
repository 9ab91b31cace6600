//! Rooms that must agree: forks with the manifest, shims with their documents, cases with what runs them.
use std::path::Path;

use super::check::{Finding, SourceFile};
use crate::manifest::{Manifest, Role};
use crate::tree;

/// The four entries that every fork has.
const FORK_ENTRIES: &[&str] = &["README.md", "patches", "overlay", "recipe.toml"];

pub(super) fn check(root: &Path, files: &[SourceFile], findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    forks(root, findings)?;
    shims(root, files, findings);
    Ok(())
}

fn forks(root: &Path, findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    let manifest = Manifest::load(&root.join("sdk-manifest.toml"))?;
    let upstreams: Vec<&str> = manifest
        .inputs
        .iter()
        .filter(|input| input.role == Role::Upstream)
        .map(|input| input.name.as_str())
        .collect();
    let folder = root.join("forks");
    let names: Vec<String> = tree::entries(&folder)?
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    for name in &names {
        for wanted in FORK_ENTRIES {
            if !folder.join(name).join(wanted).exists() {
                let text = format!("every fork has {}", FORK_ENTRIES.join(", "));
                findings.push(Finding::new(&format!("forks/{name}/{wanted}"), 1, "fork-entries", text));
            }
        }
        if !upstreams.contains(&name.as_str()) {
            let text = format!("no `[upstream.{name}]` in the manifest");
            findings.push(Finding::new(&format!("forks/{name}"), 1, "fork-pin", text));
        }
    }
    for name in upstreams.iter().filter(|name| !names.iter().any(|found| found == *name)) {
        let text = format!("`[upstream.{name}]` has no folder `forks/{name}`");
        findings.push(Finding::new("sdk-manifest.toml", 1, "fork-pin", text));
    }
    Ok(())
}

/// Every shim of the one list is documented, and has its interface.
fn shims(root: &Path, files: &[SourceFile], findings: &mut Vec<Finding>) {
    let folder = root.join("host/warpgrid-host/src/shims");
    let Ok(entries) = std::fs::read_dir(&folder) else { return };
    let content =
        |name: &str| files.iter().find(|file| file.name == name).map_or("", |file| file.content.as_str());
    let places = [
        ("host/warpgrid-host/src/shim.rs", content("host/warpgrid-host/src/shim.rs")),
        ("docs/architecture.md", content("docs/architecture.md")),
    ];
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        let shim = entry.file_name().to_string_lossy().into_owned();
        for (place, text) in places {
            if !text.contains(&shim) {
                findings.push(Finding::new(
                    place,
                    1,
                    "shim-listed",
                    format!("does not name the shim `{shim}`"),
                ));
            }
        }
        let interface = format!("wit/warpgrid/{}.wit", shim.replace('_', "-"));
        if !root.join(&interface).is_file() {
            findings.push(Finding::new(
                &interface,
                1,
                "shim-listed",
                format!("the shim `{shim}` has no interface"),
            ));
        }
    }
}
