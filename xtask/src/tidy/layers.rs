//! Which room may name which: the import rules of `docs/architecture.md` as a table.
use super::check::{Finding, SourceFile};

/// Files whose path begins with the first text must not contain the second; the third says why.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    ("xtask/src/manifest/", "crate::source", "the manifest is read before anything is fetched"),
    ("xtask/src/manifest/", "crate::cache", "the manifest is read before anything is fetched"),
    ("xtask/src/cache/", "crate::source", "the cache knows no source kind"),
    ("xtask/src/source/", "crate::step", "a source knows no step"),
    ("xtask/src/series/", "crate::source", "a series knows nothing of how its upstream arrived"),
    ("xtask/src/sysroot/", "crate::source", "a sysroot is built from unpacked folders"),
    ("xtask/src/toolchain/", "crate::source", "a toolchain is laid out from unpacked folders"),
    ("xtask/src/rust_std/", "crate::source", "a standard library is laid out from unpacked folders"),
    ("xtask/src/guests/", "crate::source", "a guest is built with what a step fetched"),
    ("xtask/src/services/", "crate::source", "services are unpacked from what a step fetched"),
    ("tests/services/", "warpgrid_pool", "the servers know nothing of what is tested with them"),
    ("xtask/src/pack/", "crate::step", "packing knows not how its parts were built"),
    ("xtask/src/plan.rs", "crate::source", "a plan is pure data"),
    ("xtask/src/plan.rs", "crate::exec", "a plan is pure data"),
    ("xtask/src/plan.rs", "std::fs", "a plan is pure data"),
    ("xtask/src/", "use warpgrid_", "the build driver runs our programs, it does not link them"),
    ("host/warpgrid-grants/src/", "use std::", "grants is `no_std`: data and pure functions"),
    ("host/warpgrid-grants/src/", "wasmtime", "grants knows no engine"),
    ("host/warpgrid-grants/src/", "tokio", "grants does no I/O"),
    ("host/warpgrid-grants/src/", concat!("println", "!("), "grants does no I/O"),
    ("host/warpgrid-pool/src/", "wasmtime", "the pool knows no engine"),
    ("host/warpgrid-pool/src/", "warpgrid_grants", "any server can use the pool"),
    ("host/warpgrid-pool/src/", "std::env", "the pool reads no environment"),
    ("host/warpgrid-pool/src/protocol/", "crate::pool", "a wire protocol knows nothing of pooling"),
    ("host/warpgrid-pool/src/protocol/", "crate::guest", "a wire protocol knows no door"),
    ("host/warpgrid-pool/src/net/", "crate::protocol", "the network knows no wire protocol"),
    ("host/warpgrid-pool/src/", concat!("println", "!("), "a library logs through `tracing`"),
    ("host/warpgrid-host/src/", "process::Command", "the host starts no program"),
    ("host/warpgrid-host/src/", "clap::", "what a platform embeds parses no command line"),
    ("host/warpgrid-host/src/", concat!("println", "!("), "a library logs through `tracing`"),
];

/// What one room of the build driver does for all: the word, the beginnings of the files that may hold it, the rule.
const ONLY: &[(&str, &[&str], &str)] = &[
    ("process::Command", &["xtask/src/exec.rs"], "only `exec` starts programs"),
    (concat!("Command::", "new("), &["xtask/src/exec.rs"], "only `exec` starts programs"),
    ("duct::", &["xtask/src/exec.rs"], "only `exec` starts programs"),
    ("reqwest::", &["xtask/src/source/"], "only `source` uses the network"),
];

/// Every room of the build driver below the commands: none of them may reach up.
const BELOW_COMMANDS: &[&str] = &[
    "cache",
    "digest",
    "exec",
    "file",
    "hint",
    "manifest",
    "pack",
    "parallel",
    "rust_std",
    "series",
    "source",
    "stamp",
    "step",
    "sysroot",
    "toolchain",
    "tree",
];

/// Checks the code above a file's unit tests.
pub(super) fn check(file: &SourceFile, findings: &mut Vec<Finding>) {
    if !file.has_extension("rs") {
        return;
    }
    let below = file
        .name
        .strip_prefix("xtask/src/")
        .and_then(|rest| rest.split(['/', '.']).next())
        .is_some_and(|room| BELOW_COMMANDS.contains(&room));
    for (index, line) in file.content.lines().enumerate() {
        let code = line.trim_start();
        if code == "#[cfg(test)]" || code == "#![cfg(test)]" {
            break;
        }
        if code.starts_with("//") {
            continue;
        }
        for (place, word, reason) in FORBIDDEN {
            if file.name.starts_with(place)
                && code.contains(word)
                && !file.name.starts_with("xtask/src/tidy/")
            {
                findings.push(Finding::new(
                    &file.name,
                    index + 1,
                    "layers",
                    format!("`{word}` here: {reason}"),
                ));
            }
        }
        for (word, homes, reason) in ONLY {
            let allowed = ["xtask/src/tidy/"].iter().chain(*homes).any(|home| file.name.starts_with(home));
            if file.name.starts_with("xtask/src/") && !allowed && contains_path(code, word) {
                findings.push(Finding::new(&file.name, index + 1, "layers", format!("`{word}`: {reason}")));
            }
        }
        let reaches_up = ["crate::cmd", "crate::run", "crate::suite"].iter().any(|room| code.contains(room));
        if below && reaches_up {
            let text = "a command, the runner and the suites use this room, not the reverse";
            findings.push(Finding::new(&file.name, index + 1, "layers", text));
        }
    }
}

/// Whether `word` stands in `code` and is not the end of a longer name.
fn contains_path(code: &str, word: &str) -> bool {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).any(|(at, _)| !code[..at].ends_with(is_name))
}
