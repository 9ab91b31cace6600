//! Rooms that must agree: forks with the manifest, shims with their documents, cases with what runs them.
use std::path::Path;

use clap::CommandFactory as _;

use super::check::{Finding, SourceFile};
use crate::flags::Flags;
use crate::manifest::{Manifest, Role};
use crate::sysroot::cases::directive;
use crate::tree;

/// The four entries that every fork has.
const FORK_ENTRIES: &[&str] = &["README.md", "patches", "overlay", "recipe.toml"];

pub(super) fn check(root: &Path, files: &[SourceFile], findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    forks(root, findings)?;
    shims(root, files, findings);
    let commands = Flags::command();
    let commands: Vec<&str> = commands.get_subcommands().map(clap::Command::get_name).collect();
    check_commands(&commands, files, findings);
    check_cases(files, findings);
    check_guests(files, findings);
    Ok(())
}

/// A reader who knows a command knows its file, and the reverse.
pub(super) fn check_commands(commands: &[&str], files: &[SourceFile], findings: &mut Vec<Finding>) {
    let file_of = |command: &str| format!("xtask/src/cmd/{}.rs", command.replace('-', "_"));
    for file in files.iter().filter(|file| file.name.starts_with("xtask/src/cmd/")) {
        let known = commands.iter().any(|command| file_of(command) == file.name);
        if !known && !file.name.ends_with("/mod.rs") {
            let text = "no command of that name in `flags.rs`: what commands share belongs to a room";
            findings.push(Finding::new(&file.name, 1, "command-file", text));
        }
    }
    for command in commands {
        let wanted = file_of(command);
        if !files.iter().any(|file| file.name == wanted) {
            let text = format!("the command `{command}` has no file of its name");
            findings.push(Finding::new(&wanted, 1, "command-file", text));
        }
    }
}

/// A case says in its first lines what it shows and how it is run.
pub(super) fn check_cases(files: &[SourceFile], findings: &mut Vec<Finding>) {
    let cases = files.iter().filter(|file| file.name.starts_with("tests/libc/") && file.has_extension("c"));
    for file in cases {
        let mut head = file.content.lines().map_while(directive);
        let says = matches!(head.next(), Some((None, text)) if !text.trim().is_empty());
        if !says || !head.any(|(key, _)| key.is_some()) {
            let text = "a case begins with `//!` and what it shows, then its directives `//! key: value`";
            findings.push(Finding::new(&file.name, 1, "case-head", text));
        }
    }
}

/// A guest that no test or benchmark names is never run.
pub(super) fn check_guests(files: &[SourceFile], findings: &mut Vec<Finding>) {
    const USERS: &[&str] = &[
        "host/warpgrid-host/tests/",
        "host/warpgrid-host/benches/",
        "host/warpgrid-pool/benches/",
        "host/warp/tests/",
        "xtask/src/",
    ];
    let users: Vec<&SourceFile> =
        files.iter().filter(|file| USERS.iter().any(|folder| file.name.starts_with(folder))).collect();
    for file in files {
        let rust =
            file.name.strip_prefix("tests/guests/rust/src/bin/").and_then(|name| name.strip_suffix(".rs"));
        let go = file.name.strip_prefix("tests/guests/go/").and_then(|name| name.strip_suffix("/main.go"));
        let c = file.name.strip_prefix("tests/guests/c/").and_then(|name| name.strip_suffix(".c"));
        let guest = match (rust, go, c) {
            (Some(name), ..) => name.to_owned(),
            (None, Some(name), _) => format!("go_{name}"),
            (None, None, Some(name)) => format!("sdk_{name}"),
            (None, None, None) => continue,
        };
        let named = format!("\"{guest}\"");
        if !users.iter().any(|user| user.content.contains(&named)) {
            let text = format!("no test or benchmark names the guest {named}");
            findings.push(Finding::new(&file.name, 1, "guest-named", text));
        }
    }
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
        // A shim that serves only standard WASI has no interface of ours.
        let own_folder = format!("host/warpgrid-host/src/shims/{shim}/");
        let serves_wasi_alone = files
            .iter()
            .filter(|file| file.name.starts_with(&own_folder))
            .any(|file| file.content.contains("INTERFACES: &'static [&'static str] = &[]"));
        if serves_wasi_alone {
            continue;
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
