//! The manifest as TOML gives it, every value with its span; knows shapes, not rules.
use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// Text with its place in the file.
pub(super) type Text = Spanned<String>;

/// A table of named entries, each name and entry with its place.
pub(super) type Named<T> = BTreeMap<Text, Spanned<T>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawManifest {
    pub(super) sdk: RawSdk,
    #[serde(default)]
    pub(super) upstream: Named<RawInput>,
    #[serde(default)]
    pub(super) tool: Named<RawInput>,
    #[serde(default)]
    pub(super) fixture: Named<RawInput>,
    #[serde(default)]
    pub(super) service: Named<RawInput>,
    #[serde(default)]
    pub(super) target: Named<RawTarget>,
    #[serde(default)]
    pub(super) pin: Vec<Spanned<RawPin>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSdk {
    pub(super) version: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInput {
    pub(super) project: Text,
    pub(super) revision: Text,
    pub(super) licence: Text,
    #[serde(default)]
    pub(super) source: Vec<Spanned<RawSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    pub(super) kind: Text,
    pub(super) url: Option<Text>,
    pub(super) r#ref: Option<Text>,
    pub(super) suite: Option<Text>,
    pub(super) package: Option<Text>,
    pub(super) packages: Option<Spanned<Vec<Text>>>,
    pub(super) version: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    pub(super) variants: Spanned<Vec<Text>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPin {
    pub(super) input: Text,
    pub(super) kind: Text,
    pub(super) name: Text,
    pub(super) version: Text,
    pub(super) file: Option<Text>,
    pub(super) sha256: Option<Text>,
    pub(super) size: Option<u64>,
    pub(super) commit: Option<Text>,
    pub(super) tree: Option<Text>,
    pub(super) note: Option<Text>,
}
