//! `[package]` and `[command]`: what the application is called, and that it runs once.

use crate::config::keys::{Key, key};

pub(in crate::config) const KEYS: &[Key] = &[
    key(&["package"], "table", "", "What the application is called."),
    key(
        &["package", "name"],
        "text",
        "the component's file name",
        "The application's name. The guest sees it in `/proc/self/comm` and as its first argument.",
    ),
    key(&["package", "version"], "text", "none", "The application's version. Kept for packing."),
    key(
        &["package", "language"],
        "text",
        "none",
        "The language the application is written in: `c`, `rust`, `go`, `js` or `bun`. Kept for packing.",
    ),
    key(
        &["command"],
        "empty table",
        "what the component is",
        "The application is a command: it runs once and ends. Excludes `[http]`.",
    ),
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(in crate::config) struct RawPackage {
    pub(in crate::config) name: Option<String>,
    pub(in crate::config) version: Option<String>,
    pub(in crate::config) language: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(in crate::config) struct RawCommand {}
