//! Names of the files that pack writes and verify looks for; knows nothing of their content.

/// Facts about the SDK: versions, parts, inputs.
pub(super) const SDK: &str = "sdk.json";
/// The in-toto statement about the content.
pub(super) const PROVENANCE: &str = "provenance.intoto.json";
/// The list of files and licences.
pub(super) const SBOM: &str = "sbom.spdx.json";
/// The list of digests, in the format of `sha256sum`.
pub(super) const SUMS: &str = "SHA256SUMS";
/// Licence texts, one folder a part.
pub(super) const LICENCES: &str = "share/licenses";

/// Files that pack adds, in the order in which each covers the ones before it.
pub(super) const ADDED: [&str; 4] = [SDK, PROVENANCE, SBOM, SUMS];

/// Name of the top folder, and of the archive without its ending.
pub(super) fn top(version: &str, platform: &str) -> String {
    format!("warpgrid-sdk-{version}-{platform}")
}
