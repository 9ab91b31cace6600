//! `warp.toml`: what it means, what is wrong with it, and the reference page.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod bindings;
mod listeners;
mod network;
mod package;
mod reference;
mod shims;
mod values;
mod whole;

use std::path::Path;
use warpgrid_host::WarpConfig;
use warpgrid_host::config::ConfigError;

/// A file, and its warnings as text.
fn parse(text: &str) -> Result<(WarpConfig, Vec<String>), ConfigError> {
    WarpConfig::parse(text, Path::new("warp.toml"))
        .map(|(config, warnings)| (config, warnings.iter().map(ToString::to_string).collect()))
}

/// A file without a warning.
fn read(text: &str) -> WarpConfig {
    let (config, warnings) = parse(text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    config
}

/// What is said to each of the wrong files. Every message has a line.
fn wrong(files: &[&str]) -> String {
    let mut page = String::new();
    for text in files {
        let Err(error) = parse(text) else { panic!("accepted: {text:?}") };
        assert!(error.line.is_some(), "{text:?}: {error}");
        let hint = error.hint.clone().map(|hint| format!("\n    hint: {hint}")).unwrap_or_default();
        page.push_str(&format!("{text:?}\n    {error}{hint}\n"));
    }
    page
}
