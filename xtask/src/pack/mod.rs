//! Turns a staged SDK folder into a release archive and checks such an archive; knows nothing of how parts are built.
//!
//! Inside the archive, `sdk.json` says what was built from what, `provenance.intoto.json` says so in in-toto's form,
//! `sbom.spdx.json` lists every file and licence, and `SHA256SUMS` every file: each one covers those named before it.
mod archive;
mod facts;
mod gzip;
pub mod licences;
mod names;
mod provenance;
mod release;
mod sbom;
mod tree;
mod verify;

pub use facts::{EPOCH, Input, NotRun, Part, SdkFacts, Target};
pub use release::{Packed, pack};
pub use verify::{Problem, Report, Verification, verify};
