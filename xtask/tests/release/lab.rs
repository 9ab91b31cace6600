//! A small SDK, its release, and tools to tamper with one.
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use xtask::pack::{Input, NotRun, Part, Report, SdkFacts, Target, Verification, pack, verify};

pub(crate) const TOP: &str = "warpgrid-sdk-0.1.0-x86_64-linux";

pub(crate) fn facts() -> SdkFacts {
    let part = |name: &str, paths: &[&str]| Part {
        name: name.to_owned(),
        version: "1".to_owned(),
        licence: "Apache-2.0 WITH LLVM-exception".to_owned(),
        road: "binary".to_owned(),
        built_from_source: name == "warpgrid",
        inputs: vec!["blob".to_owned()],
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    };
    SdkFacts {
        version: "0.1.0".to_owned(),
        platform: "x86_64-linux".to_owned(),
        glibc: "2.36".to_owned(),
        targets: vec![Target {
            triple: "wasm32-wasip2".to_owned(),
            variants: vec!["stock".to_owned()],
            default: true,
        }],
        parts: vec![part("warpgrid", &[""]), part("llvm", &["bin"])],
        inputs: vec![Input {
            name: "blob".to_owned(),
            version: "1".to_owned(),
            kind: "debian".to_owned(),
            uri: "pkg:deb/debian/blob@1".to_owned(),
            licence: "MIT".to_owned(),
            digest: [("sha256".to_owned(), "0a".repeat(32))].into(),
        }],
        not_run: vec![NotRun { road: "libc: git".to_owned(), why: "not reachable".to_owned() }],
        builder: [("rustc".to_owned(), "1.95.0".to_owned())].into(),
    }
}

/// Files of a small SDK, in the order in which they are made.
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>)> {
    let mut big = Vec::new();
    for index in 0..700_000u32 {
        big.extend_from_slice(&(index.wrapping_mul(2_654_435_761)).to_le_bytes());
    }
    vec![
        ("bin/clang", big),
        ("env.sh", b"echo hello\n".to_vec()),
        ("share/licenses/llvm/LICENSE", b"licence of llvm\n".to_vec()),
        ("share/licenses/warpgrid/LICENSE", b"licence of ours\n".to_vec()),
        ("share/warpgrid/sysroots/wasm32-wasip2/stock/include/empty.h", Vec::new()),
        (
            "share/warpgrid/sysroots/wasm32-wasip2/stock/include/stdio.h",
            b"int puts(const char *);\n".to_vec(),
        ),
    ]
}

pub(crate) fn stage(
    root: &Path,
    files: impl Iterator<Item = (&'static str, Vec<u8>)>,
    mode: u32,
    mtime: u64,
) {
    for (name, content) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let executable = if name.starts_with("bin/") { 0o100 } else { 0 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode | executable)).unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(mtime);
        fs::File::open(&path).unwrap().set_modified(time).unwrap();
    }
    std::os::unix::fs::symlink("clang", root.join("bin/clang++")).unwrap();
}

pub(crate) fn release(folder: &Path) -> PathBuf {
    let staged = folder.join("staged");
    stage(&staged, files().into_iter(), 0o644, 1_000_000_000);
    pack(&staged, &facts(), &folder.join("dist")).unwrap().archive
}

pub(crate) fn report(archive: &Path) -> Report {
    verify(&Verification { archive, forbidden: &["/srv/checkout/".to_owned()] }).unwrap()
}

/// The uncompressed archive as a list of entries, each with header, content and padding.
pub(crate) fn entries(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(archive).unwrap()).read_to_end(&mut tar).unwrap();
    let mut entries = Vec::new();
    let mut at = 0;
    while tar[at..at + 512].iter().any(|byte| *byte != 0) {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes().copy_from_slice(&tar[at..at + 512]);
        let length = 512 + usize::try_from(header.entry_size().unwrap().div_ceil(512) * 512).unwrap();
        entries.push((header.path().unwrap().display().to_string(), tar[at..at + length].to_vec()));
        at += length;
    }
    entries
}

/// Writes entries as an archive whose `.sha256` fits, as somebody would who tampers with a release.
pub(crate) fn write(archive: &Path, entries: &[(String, Vec<u8>)], after: &[u8]) {
    let mut tar: Vec<u8> = entries.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    tar.extend_from_slice(&[0; 1024]);
    tar.extend_from_slice(after);
    let mut gzip =
        flate2::GzBuilder::new().operating_system(255).write(Vec::new(), flate2::Compression::new(6));
    gzip.write_all(&tar).unwrap();
    write_compressed(archive, &gzip.finish().unwrap());
}

pub(crate) fn write_compressed(archive: &Path, bytes: &[u8]) {
    fs::write(archive, bytes).unwrap();
    let name = archive.file_name().unwrap().to_str().unwrap();
    let digest = hex::encode(Sha256::digest(bytes));
    fs::write(archive.with_file_name(format!("{name}.sha256")), format!("{digest}  {name}\n")).unwrap();
    let _ = fs::remove_file(archive.with_file_name(format!("{name}.intoto.json")));
}

pub(crate) fn entry(path: &str, kind: tar::EntryType, content: &[u8], link: &str) -> (String, Vec<u8>) {
    let mut header = tar::Header::new_ustar();
    let name = &mut header.as_old_mut().name;
    name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    if !link.is_empty() {
        header.set_link_name_literal(link).unwrap();
    }
    let mode = match kind {
        tar::EntryType::Directory => 0o755,
        tar::EntryType::Symlink => 0o777,
        _ => 0o644,
    };
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(xtask::pack::EPOCH);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    (path.to_owned(), bytes)
}

pub(crate) fn insert_sorted(entries: &mut Vec<(String, Vec<u8>)>, new: (String, Vec<u8>)) {
    let at = entries.iter().skip(1).position(|(path, _)| *path > new.0).map_or(entries.len(), |at| at + 1);
    entries.insert(at, new);
}
