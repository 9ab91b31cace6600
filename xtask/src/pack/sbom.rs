//! The software bill of materials as SPDX 2.3 in JSON; knows the facts and the file list, nothing of the archive.
//!
//! The few shapes of SPDX that we write are structs here: the one crate for them brings a parser, dates and random
//! identifiers along, and random identifiers are what a reproducible file must not hold.
use std::collections::BTreeMap;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};

use super::facts::SdkFacts;
use super::names::{LICENCES, SBOM, SUMS};
use super::tree::{Entry, FileEntry, Tree};
use crate::hint::Hint;

/// The document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    #[serde(rename = "SPDXID")]
    id: String,
    pub(super) spdx_version: String,
    data_license: String,
    name: String,
    document_namespace: String,
    creation_info: CreationInfo,
    packages: Vec<Package>,
    pub(super) files: Vec<File>,
    relationships: Vec<Relationship>,
}

#[derive(Debug, Serialize, Deserialize)]
struct CreationInfo {
    created: String,
    creators: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(rename = "SPDXID")]
    id: String,
    name: String,
    version_info: String,
    download_location: String,
    files_analyzed: bool,
    license_concluded: String,
    license_declared: String,
    copyright_text: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    license_info_from_files: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    package_verification_code: Option<VerificationCode>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    checksums: Vec<Checksum>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    external_refs: Vec<ExternalRef>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    comment: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerificationCode {
    package_verification_code_value: String,
    package_verification_code_excluded_files: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_category: String,
    reference_type: String,
    reference_locator: String,
}

/// A digest of a file or package.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checksum {
    pub(super) algorithm: String,
    pub(super) checksum_value: String,
}

/// A file with its digests and licence.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    #[serde(rename = "SPDXID")]
    id: String,
    pub(super) file_name: String,
    pub(super) checksums: Vec<Checksum>,
    pub(super) license_concluded: String,
    license_info_in_files: Vec<String>,
    copyright_text: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: String,
    related_spdx_element: String,
}

/// Makes the document for every file of `tree`, which is all but the document itself and the list of digests.
///
/// `tree_digest` names this content, so that two different SDKs never share a document namespace.
///
/// # Errors
/// Names the first file that belongs to no part.
pub(super) fn make(facts: &SdkFacts, top: &str, tree: &Tree, tree_digest: &str) -> anyhow::Result<Document> {
    let files: Vec<(&String, &FileEntry)> = tree
        .iter()
        .filter_map(|(path, entry)| match entry {
            Entry::File(file) => Some((path, file)),
            _ => None,
        })
        .collect();
    let sdk_id = "SPDXRef-Sdk".to_owned();
    let mut document = Document {
        id: "SPDXRef-DOCUMENT".to_owned(),
        spdx_version: "SPDX-2.3".to_owned(),
        data_license: "CC0-1.0".to_owned(),
        name: top.to_owned(),
        document_namespace: format!("urn:warpgrid:sbom:{top}:{tree_digest}"),
        creation_info: CreationInfo {
            // The archive's own fixed time, see `facts::EPOCH`.
            created: "1980-01-01T00:00:00Z".to_owned(),
            creators: vec![format!("Tool: warpgrid-xtask-{}", facts.version)],
        },
        packages: vec![sdk_package(facts, top, &sdk_id, &files)?],
        files: Vec::new(),
        relationships: vec![relationship("SPDXRef-DOCUMENT", "DESCRIBES", &sdk_id)],
    };
    for part in &facts.parts {
        let id = format!("SPDXRef-Part-{}", identifier(&part.name));
        document.relationships.push(relationship(&sdk_id, "CONTAINS", &id));
        for input in &part.inputs {
            let input = format!("SPDXRef-Input-{}", identifier(input));
            document.relationships.push(relationship(&id, "GENERATED_FROM", &input));
        }
        document.packages.push(Package {
            comment: Some(format!("road: {}; licence texts in {LICENCES}/{}", part.road, part.name)),
            ..package(id, &part.name, &part.version, &part.licence)
        });
    }
    for input in &facts.inputs {
        let id = format!("SPDXRef-Input-{}", identifier(&input.name));
        let mut package = package(id, &input.name, &input.version, &input.licence);
        package.checksums = input
            .digest
            .iter()
            .filter(|(algorithm, _)| algorithm.as_str() == "sha256")
            .map(|(_, digest)| checksum("SHA256", digest))
            .collect();
        if input.uri.starts_with("pkg:") {
            package.external_refs.push(ExternalRef {
                reference_category: "PACKAGE-MANAGER".to_owned(),
                reference_type: "purl".to_owned(),
                reference_locator: input.uri.clone(),
            });
        }
        document.packages.push(package);
    }
    for (index, (path, file)) in files.iter().enumerate() {
        let part = part_of(facts, path)?;
        let id = format!("SPDXRef-File-{index}");
        document.relationships.push(relationship(
            &format!("SPDXRef-Part-{}", identifier(&part.name)),
            "CONTAINS",
            &id,
        ));
        document.files.push(File {
            id,
            file_name: format!("./{path}"),
            checksums: vec![checksum("SHA1", &file.sha1), checksum("SHA256", &file.sha256)],
            license_concluded: part.licence.clone(),
            license_info_in_files: vec!["NOASSERTION".to_owned()],
            copyright_text: "NOASSERTION".to_owned(),
        });
    }
    Ok(document)
}

fn part_of<'a>(facts: &'a SdkFacts, path: &str) -> anyhow::Result<&'a super::facts::Part> {
    facts.part_of(path).ok_or_else(|| {
        let message = format!("`{path}` belongs to no part of the SDK");
        Hint::new(message, "name it in the `paths` of a part, so that its licence is known").into()
    })
}

fn sdk_package(
    facts: &SdkFacts,
    top: &str,
    id: &str,
    files: &[(&String, &FileEntry)],
) -> anyhow::Result<Package> {
    // SPDX 2.3, 7.9: the SHA-1 of all SHA-1s in order.
    let mut sums: Vec<&str> = files.iter().map(|(_, file)| file.sha1.as_str()).collect();
    sums.sort_unstable();
    let licence = part_of(facts, "sdk.json")?.licence.clone();
    Ok(Package {
        files_analyzed: true,
        license_info_from_files: vec!["NOASSERTION".to_owned()],
        package_verification_code: Some(VerificationCode {
            package_verification_code_value: hex::encode(Sha1::digest(sums.concat())),
            package_verification_code_excluded_files: vec![format!("./{SUMS}"), format!("./{SBOM}")],
        }),
        comment: Some("SHA256SUMS lists this file too".to_owned()),
        license_concluded: "NOASSERTION".to_owned(),
        ..package(id.to_owned(), top, &facts.version, &licence)
    })
}

fn package(id: String, name: &str, version: &str, licence: &str) -> Package {
    Package {
        id,
        name: name.to_owned(),
        version_info: version.to_owned(),
        download_location: "NOASSERTION".to_owned(),
        files_analyzed: false,
        license_concluded: licence.to_owned(),
        license_declared: licence.to_owned(),
        copyright_text: "NOASSERTION".to_owned(),
        license_info_from_files: Vec::new(),
        package_verification_code: None,
        checksums: Vec::new(),
        external_refs: Vec::new(),
        comment: None,
    }
}

fn checksum(algorithm: &str, value: &str) -> Checksum {
    Checksum { algorithm: algorithm.to_owned(), checksum_value: value.to_owned() }
}

fn relationship(from: &str, kind: &str, to: &str) -> Relationship {
    Relationship {
        spdx_element_id: from.to_owned(),
        relationship_type: kind.to_owned(),
        related_spdx_element: to.to_owned(),
    }
}

/// SPDX identifiers hold letters, digits, `.` and `-`.
fn identifier(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' })
        .collect()
}

/// What the document says of each file: path to SHA-1 and SHA-256.
///
/// # Errors
/// When a file is listed twice, without a digest, or not below the top folder.
pub(super) fn listed(document: &Document) -> anyhow::Result<BTreeMap<&str, (&str, &str)>> {
    let mut listed = BTreeMap::new();
    for file in &document.files {
        let path = file
            .file_name
            .strip_prefix("./")
            .with_context(|| format!("`{}` does not start with `./`", file.file_name))?;
        let digest = |algorithm: &str| {
            let mut found = file.checksums.iter().filter(|checksum| checksum.algorithm == algorithm);
            match (found.next(), found.next()) {
                (Some(checksum), None) => Ok(checksum.checksum_value.as_str()),
                _ => Err(anyhow::anyhow!("`{path}` has not exactly one {algorithm}")),
            }
        };
        let digests = (digest("SHA1")?, digest("SHA256")?);
        anyhow::ensure!(listed.insert(path, digests).is_none(), "`{path}` is listed twice");
    }
    Ok(listed)
}
