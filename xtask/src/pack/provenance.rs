//! The in-toto statement with SLSA provenance, about the content and about the archive; knows no clock and no host.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::facts::SdkFacts;
use super::tree::{Entry, Tree};

/// Who builds, in SLSA's words: the driver in the source tree, run by anybody.
const BUILDER: &str = "urn:warpgrid:xtask";
/// What is built, in SLSA's words.
const BUILD_TYPE: &str = "urn:warpgrid:build-sdk:v1";

/// An in-toto statement, version 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Statement {
    #[serde(rename = "_type")]
    pub(super) kind: String,
    pub(super) subject: Vec<Subject>,
    pub(super) predicate_type: String,
    pub(super) predicate: serde_json::Value,
}

/// A thing that the statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) digest: BTreeMap<String, String>,
}

/// The digest that in-toto calls `dirHash`: of the lines that `sha256sum` prints for all files, sorted by path.
///
/// Only files count: links have no digest there.
pub(super) fn tree_digest(tree: &Tree) -> String {
    hex::encode(Sha256::digest(sums(tree)))
}

/// The lines that `sha256sum` prints for all files, sorted by path.
pub(super) fn sums(tree: &Tree) -> String {
    tree.iter()
        .filter_map(|(path, entry)| match entry {
            Entry::File(file) => Some(format!("{}  {path}\n", file.sha256)),
            _ => None,
        })
        .collect()
}

/// A statement that `subject`, with one digest, was built as `facts` say.
pub(super) fn make(facts: &SdkFacts, subject: &str, algorithm: &str, digest: &str) -> Statement {
    let dependencies: Vec<_> = facts
        .inputs
        .iter()
        .map(|input| json!({ "name": input.name, "uri": input.uri, "digest": input.digest }))
        .collect();
    let roads: BTreeMap<_, _> = facts.parts.iter().map(|part| (&part.name, &part.road)).collect();
    Statement {
        kind: "https://in-toto.io/Statement/v1".to_owned(),
        subject: vec![Subject {
            name: subject.to_owned(),
            digest: [(algorithm.to_owned(), digest.to_owned())].into(),
        }],
        predicate_type: "https://slsa.dev/provenance/v1".to_owned(),
        predicate: json!({
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "command": "cargo xtask build-sdk",
                    "version": facts.version,
                    "platform": facts.platform,
                    "roads": roads,
                },
                "internalParameters": {},
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": { "id": BUILDER, "version": facts.builder },
            },
        }),
    }
}
