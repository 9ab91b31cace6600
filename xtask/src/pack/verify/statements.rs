//! Compares what the archive says about itself with what it holds; reads nothing but what it is given.
use std::collections::{BTreeMap, BTreeSet};

use super::content::Content;
use super::report::Problems;
use crate::pack::facts::{EPOCH, SCHEMA, SdkFacts, SdkJson};
use crate::pack::names::{ADDED, LICENCES, PROVENANCE, SBOM, SDK, SUMS, top};
use crate::pack::provenance::{self, Statement};
use crate::pack::sbom;
use crate::pack::tree::{Entry, FileEntry, Tree, check_link};

/// Runs every check on the content of an archive. Gives the facts when they could be read.
pub(super) fn check(content: &Content, problems: &mut Problems) -> Option<SdkFacts> {
    for name in ADDED.iter().filter(|name| !content.added.contains_key(**name)) {
        problems.file("files", name, "is missing");
    }
    sums(content, problems);
    for (path, entry) in &content.tree {
        if let Entry::Link(target) = entry
            && let Err(error) = check_link(path, target, |target| content.tree.contains_key(target))
        {
            problems.file("links", path, error);
        }
    }
    for (path, folder) in &content.revealing {
        problems.file("paths", path, format_args!("names the folder `{folder}` of the build machine"));
    }
    let facts = facts(content, problems)?;
    software_bill(content, &facts, problems);
    statement(content, &facts, problems);
    Some(facts)
}

fn files(tree: &Tree) -> impl Iterator<Item = (&String, &FileEntry)> {
    tree.iter().filter_map(|(path, entry)| match entry {
        Entry::File(file) => Some((path, file)),
        _ => None,
    })
}

fn text<'a>(content: &'a Content, name: &'static str, problems: &mut Problems) -> Option<&'a str> {
    let bytes = content.added.get(name)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            problems.file("files", name, error);
            None
        }
    }
}

/// `SHA256SUMS` against the files.
fn sums(content: &Content, problems: &mut Problems) {
    let Some(text) = text(content, SUMS, problems) else { return };
    let mut listed = BTreeMap::new();
    let mut last = "";
    for line in text.lines() {
        let Some((digest, path)) = line.split_once("  ").filter(|(digest, _)| is_sha256(digest)) else {
            problems.file("sums", SUMS, format_args!("has a line that is no digest and path: `{line}`"));
            continue;
        };
        if path <= last && !last.is_empty() {
            problems.file("sums", path, "is listed twice or out of order");
        }
        last = path;
        listed.insert(path, digest);
    }
    for (path, file) in files(&content.tree).filter(|(path, _)| *path != SUMS) {
        match listed.remove(path.as_str()) {
            Some(digest) if digest == file.sha256 => {}
            Some(digest) => problems.file(
                "sums",
                path,
                format_args!("has the digest {}, but {SUMS} says {digest}", file.sha256),
            ),
            None => problems.file("sums", path, format_args!("is an extra file: {SUMS} does not list it")),
        }
    }
    for path in listed.keys() {
        problems.file("sums", path, format_args!("is missing: {SUMS} lists it"));
    }
}

fn is_sha256(digest: &str) -> bool {
    digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// `sdk.json`: its shape, that it agrees with itself, and that what it promises is there.
fn facts(content: &Content, problems: &mut Problems) -> Option<SdkFacts> {
    let text = text(content, SDK, problems)?;
    let sdk: SdkJson = match serde_json::from_str(text) {
        Ok(sdk) => sdk,
        Err(error) => {
            problems.file("sdk", SDK, format_args!("cannot be read: {error}"));
            return None;
        }
    };
    let mut wrong = |message: String| problems.file("sdk", SDK, message);
    if sdk.schema != SCHEMA {
        wrong(format!("has the schema {}, this command knows {SCHEMA}", sdk.schema));
    }
    if sdk.epoch != EPOCH {
        wrong(format!("gives the time {}, the files carry {EPOCH}", sdk.epoch));
    }
    let facts = sdk.facts;
    facts.problems().into_iter().for_each(&mut wrong);
    if sdk.not_built_from_source != facts.not_built_from_source() {
        wrong("`not_built_from_source` does not agree with the parts".to_owned());
    }
    let name = top(&facts.version, &facts.platform);
    if name != content.top {
        wrong(format!("is of `{name}`, but the top folder is `{}`", content.top));
    }
    for target in &facts.targets {
        for variant in &target.variants {
            let sysroot = format!("share/warpgrid/sysroots/{}/{variant}", target.triple);
            if content.tree.get(&sysroot) != Some(&Entry::Folder) {
                wrong(format!("promises the sysroot `{sysroot}`, which is not there"));
            }
        }
    }
    for part in &facts.parts {
        let folder = format!("{LICENCES}/{}/", part.name);
        if !files(&content.tree).any(|(path, file)| path.starts_with(&folder) && file.size > 0) {
            problems.file("licences", &folder, format_args!("holds no text for the part `{}`", part.name));
        }
    }
    for (path, _) in files(&content.tree).filter(|(path, _)| facts.part_of(path).is_none()) {
        problems.file("licences", path, "belongs to no part, so its licence is not known");
    }
    Some(facts)
}

/// The SBOM against the files: all of them, nothing else, with their digests and licences.
fn software_bill(content: &Content, facts: &SdkFacts, problems: &mut Problems) {
    let Some(text) = text(content, SBOM, problems) else { return };
    let document: sbom::Document = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => return problems.file("sbom", SBOM, format_args!("cannot be read: {error}")),
    };
    if document.spdx_version != "SPDX-2.3" {
        problems.file("sbom", SBOM, format_args!("is `{}`, not SPDX-2.3", document.spdx_version));
    }
    let mut listed = match sbom::listed(&document) {
        Ok(listed) => listed,
        Err(error) => return problems.file("sbom", SBOM, error),
    };
    for (path, file) in files(&content.tree).filter(|(path, _)| *path != SBOM && *path != SUMS) {
        match listed.remove(path.as_str()) {
            Some((sha1, sha256)) if sha1 == file.sha1 && sha256 == file.sha256 => {}
            Some(_) => problems.file("sbom", path, "has another digest in the SBOM"),
            None => problems.file("sbom", path, "is not listed in the SBOM"),
        }
    }
    for path in listed.keys() {
        problems.file("sbom", path, "is listed in the SBOM but not there");
    }
    let mut seen = BTreeSet::new();
    for file in &document.files {
        let path = file.file_name.trim_start_matches("./");
        if let Some(part) = facts.part_of(path)
            && part.licence != file.license_concluded
            && seen.insert(path)
        {
            problems.file(
                "sbom",
                path,
                format_args!("has the licence `{}`, its part `{}`", file.license_concluded, part.licence),
            );
        }
    }
}

/// The statement inside the archive against the content and the facts.
fn statement(content: &Content, facts: &SdkFacts, problems: &mut Problems) {
    let Some(text) = text(content, PROVENANCE, problems) else { return };
    let mut covered = content.tree.clone();
    for name in [PROVENANCE, SBOM, SUMS] {
        covered.remove(name);
    }
    let digest = provenance::tree_digest(&covered);
    let wanted = provenance::make(facts, &content.top, "dirHash", &digest);
    compare(text, &wanted, PROVENANCE, problems);
}

/// Does the statement in `text` say exactly what `wanted` says?
pub(super) fn compare(text: &str, wanted: &Statement, name: &str, problems: &mut Problems) {
    let found: Statement = match serde_json::from_str(text) {
        Ok(found) => found,
        Err(error) => return problems.file("provenance", name, format_args!("cannot be read: {error}")),
    };
    if found.kind != wanted.kind || found.predicate_type != wanted.predicate_type {
        problems.file("provenance", name, "is no in-toto statement with SLSA provenance, version 1");
    }
    if found.subject != wanted.subject {
        problems.file("provenance", name, "is about something else: its subject has another name or digest");
    }
    if found.predicate != wanted.predicate {
        problems.file("provenance", name, "does not agree with `sdk.json` about inputs, parts or builder");
    }
}
