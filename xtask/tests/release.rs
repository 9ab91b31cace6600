//! A release from the user's side: packing the same tree gives the same bytes, and verify names what is wrong.
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use xtask::pack::{Input, NotRun, Part, Report, SdkFacts, Target, Verification, pack, verify};

const TOP: &str = "warpgrid-sdk-0.1.0-x86_64-linux";

fn facts() -> SdkFacts {
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
fn files() -> Vec<(&'static str, Vec<u8>)> {
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

fn stage(root: &Path, files: impl Iterator<Item = (&'static str, Vec<u8>)>, mode: u32, mtime: u64) {
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

fn release(folder: &Path) -> PathBuf {
    let staged = folder.join("staged");
    stage(&staged, files().into_iter(), 0o644, 1_000_000_000);
    pack(&staged, &facts(), &folder.join("dist")).unwrap().archive
}

fn report(archive: &Path) -> Report {
    verify(&Verification { archive, forbidden: &["/srv/checkout/".to_owned()] }).unwrap()
}

/// The uncompressed archive as a list of entries, each with header, content and padding.
fn entries(archive: &Path) -> Vec<(String, Vec<u8>)> {
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
fn write(archive: &Path, entries: &[(String, Vec<u8>)], after: &[u8]) {
    let mut tar: Vec<u8> = entries.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    tar.extend_from_slice(&[0; 1024]);
    tar.extend_from_slice(after);
    let mut gzip =
        flate2::GzBuilder::new().operating_system(255).write(Vec::new(), flate2::Compression::new(6));
    gzip.write_all(&tar).unwrap();
    write_compressed(archive, &gzip.finish().unwrap());
}

fn write_compressed(archive: &Path, bytes: &[u8]) {
    fs::write(archive, bytes).unwrap();
    let name = archive.file_name().unwrap().to_str().unwrap();
    let digest = hex::encode(Sha256::digest(bytes));
    fs::write(archive.with_file_name(format!("{name}.sha256")), format!("{digest}  {name}\n")).unwrap();
    let _ = fs::remove_file(archive.with_file_name(format!("{name}.intoto.json")));
}

fn entry(path: &str, kind: tar::EntryType, content: &[u8], link: &str) -> (String, Vec<u8>) {
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

fn insert_sorted(entries: &mut Vec<(String, Vec<u8>)>, new: (String, Vec<u8>)) {
    let at = entries.iter().skip(1).position(|(path, _)| *path > new.0).map_or(entries.len(), |at| at + 1);
    entries.insert(at, new);
}

#[test]
fn a_fresh_release_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let archive = release(folder.path());
    let report = report(&archive);
    assert!(report.sound(), "{:#?}", report.problems);
    assert!(report.compared);
    assert_eq!(report.files, files().len() + 4);
}

#[test]
fn the_same_tree_gives_the_same_bytes_whatever_times_modes_and_order() {
    let folder = tempfile::tempdir().unwrap();
    let one = folder.path().join("one");
    let two = folder.path().join("a second place");
    stage(&one, files().into_iter(), 0o644, 1_000_000_000);
    stage(&two, files().into_iter().rev(), 0o600, 2_000_000_000);
    let first = pack(&one, &facts(), &folder.path().join("dist1")).unwrap();
    let second = pack(&two, &facts(), &folder.path().join("dist2")).unwrap();
    assert_eq!(first.sha256, second.sha256);
    assert!(fs::read(first.archive).unwrap() == fs::read(second.archive).unwrap());
    let statement =
        |dist: &str| fs::read(folder.path().join(dist).join(format!("{TOP}.tar.gz.intoto.json"))).unwrap();
    assert!(statement("dist1") == statement("dist2"));
}

#[test]
fn other_tar_programs_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let archive = release(folder.path());
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(&archive).unwrap()));
    tar.unpack(folder.path()).unwrap();
    for (name, content) in files() {
        assert!(fs::read(folder.path().join(TOP).join(name)).unwrap() == content, "{name}");
    }
    let mode =
        |name: &str| fs::metadata(folder.path().join(TOP).join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("bin/clang"), mode("env.sh")), (0o755, 0o644));
}

#[test]
fn one_flipped_byte_anywhere_in_the_archive_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let archive = release(folder.path());
    let bytes = fs::read(&archive).unwrap();
    for at in [3, 11, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        fs::write(&archive, &changed).unwrap();
        let report = report(&archive);
        let digest = report.problems.iter().find(|problem| problem.check == "digest").unwrap();
        assert_eq!(digest.file.as_deref(), Some(format!("{TOP}.tar.gz").as_str()));
        // Without the digest beside it, the archive gives itself away too.
        write_compressed(&archive, &changed);
        assert!(!self::report(&archive).sound(), "byte {at}");
    }
}

#[test]
fn a_changed_missing_or_extra_file_is_named() {
    type Change = fn(&mut Vec<(String, Vec<u8>)>);
    let stdio = "share/warpgrid/sysroots/wasm32-wasip2/stock/include/stdio.h";
    let table: [(&str, Change, &str, &[&str]); 5] = [
        (
            "flipped byte",
            |entries| {
                let found = entries.iter_mut().find(|(path, _)| path.ends_with("stdio.h")).unwrap();
                found.1[512] ^= 1;
            },
            stdio,
            &["sums", "sbom"],
        ),
        (
            "missing file",
            |entries| entries.retain(|(path, _)| !path.ends_with("stdio.h")),
            stdio,
            &["sums", "sbom"],
        ),
        (
            "extra file",
            |entries| {
                let path = format!("{TOP}/bin/evil");
                insert_sorted(entries, entry(&path, tar::EntryType::Regular, b"x", ""));
            },
            "bin/evil",
            &["sums", "sbom"],
        ),
        (
            "no sums",
            |entries| entries.retain(|(path, _)| !path.ends_with("SHA256SUMS")),
            "SHA256SUMS",
            &["files"],
        ),
        (
            "no licence",
            |entries| entries.retain(|(path, _)| !path.ends_with("licenses/llvm/LICENSE")),
            "share/licenses/llvm/",
            &["licences"],
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let archive = release(folder.path());
    let original = entries(&archive);
    for (name, change, file, checks) in table {
        let mut changed = original.clone();
        change(&mut changed);
        write(&archive, &changed, &[]);
        let problems = report(&archive).problems;
        for check in checks {
            assert!(
                problems
                    .iter()
                    .any(|problem| problem.check == *check && problem.file.as_deref() == Some(file)),
                "{name}, {check}: {problems:#?}"
            );
        }
        assert!(problems.iter().any(|problem| problem.check == "provenance") || name == "no sums", "{name}");
    }
}

#[test]
fn malicious_archives_are_refused() {
    use tar::EntryType as Kind;
    let folder = tempfile::tempdir().unwrap();
    let archive = release(folder.path());
    let original = entries(&archive);
    let path = |name: &str| format!("{TOP}/{name}");
    let with = |new: (String, Vec<u8>)| {
        let mut entries = original.clone();
        insert_sorted(&mut entries, new);
        entries
    };
    let edited = |edit: fn(&mut tar::Header)| {
        let mut entries = original.clone();
        let found = entries.iter_mut().find(|(path, _)| path.ends_with("env.sh")).unwrap();
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes().copy_from_slice(&found.1[..512]);
        edit(&mut header);
        header.set_cksum();
        found.1[..512].copy_from_slice(header.as_bytes());
        entries
    };
    let twice = {
        let mut entries = original.clone();
        let again = entries[3].clone();
        entries.insert(4, again);
        entries
    };
    let unsorted = {
        let mut entries = original.clone();
        let last = entries.len() - 1;
        entries.swap(last, last - 1);
        entries
    };
    let table = [
        ("absolute path", with(entry("/etc/passwd", Kind::Regular, b"x", "")), "plain path"),
        ("path that leads out", with(entry(&path("../x"), Kind::Regular, b"x", "")), "plain path"),
        ("path with a dot", with(entry(&path("bin/./x"), Kind::Regular, b"x", "")), "plain path"),
        ("path outside the top", with(entry("zzz", Kind::Regular, b"x", "")), "outside"),
        (
            "line break in a path",
            with(entry(&path("bin/a\nb"), Kind::Regular, b"x", "")),
            "control character",
        ),
        ("backslash in a path", with(entry(&path("bin/a\\b"), Kind::Regular, b"x", "")), "control character"),
        ("absolute link", with(entry(&path("bin/x"), Kind::Symlink, b"", "/etc/passwd")), "absolute path"),
        ("link that leads out", with(entry(&path("bin/x"), Kind::Symlink, b"", "../../x")), "out of the SDK"),
        ("link to nothing", with(entry(&path("bin/x"), Kind::Symlink, b"", "gone")), "leads to nothing"),
        ("hard link", with(entry(&path("bin/x"), Kind::Link, b"", "/etc/passwd")), "kind"),
        ("device", with(entry(&path("bin/x"), Kind::Char, b"", "")), "kind"),
        ("fifo", with(entry(&path("bin/x"), Kind::Fifo, b"", "")), "kind"),
        ("extended header", with(entry(&path("bin/x"), Kind::XHeader, b"20 path=/etc/passwd\n", "")), "kind"),
        ("global header", with(entry(&path("bin/x"), Kind::XGlobalHeader, b"9 size=1\n", "")), "kind"),
        ("long name", with(entry(&path("bin/x"), Kind::GNULongName, b"/etc/passwd", "")), "kind"),
        ("sparse file", with(entry(&path("bin/x"), Kind::GNUSparse, b"", "")), "kind"),
        (
            "file in a link",
            with(entry(&path("bin/clang++/x"), Kind::Regular, b"x", "")),
            "folder that is not there",
        ),
        (
            "file in a file",
            with(entry(&path("env.sh/x"), Kind::Regular, b"x", "")),
            "folder that is not there",
        ),
        ("set-user-id", edited(|header| header.set_mode(0o4755)), "mode is 4755"),
        ("writable by all", edited(|header| header.set_mode(0o666)), "mode is 666"),
        ("another owner", edited(|header| header.set_uid(1000)), "owner is 1000"),
        ("an owner's name", edited(|header| header.set_username("me").unwrap()), "canonical form"),
        ("another time", edited(|header| header.set_mtime(1)), "time is 1"),
        ("a length too large", edited(|header| header.set_size(1 << 60)), "longer than"),
        ("a length too small", edited(|header| header.set_size(1)), "not zero"),
        ("the same path twice", twice, "there twice"),
        ("wrong order", unsorted, "not sorted"),
        ("nothing at all", Vec::new(), "empty"),
        ("no top folder", original[1..].to_vec(), "top folder"),
    ];
    for (name, entries, message) in table {
        write(&archive, &entries, &[]);
        let problems = report(&archive).problems;
        assert!(
            problems.iter().any(|problem| problem.to_string().contains(message)),
            "{name}: {problems:#?}"
        );
    }
    write(&archive, &original, b"more");
    assert!(report(&archive).problems[0].message.contains("after the end"));
}

#[test]
fn a_cut_doubled_or_renamed_stream_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = release(folder.path());
    let bytes = fs::read(&archive).unwrap();
    for length in [0, 5, 300, bytes.len() / 2, bytes.len() - 4] {
        write_compressed(&archive, &bytes[..length]);
        assert!(!report(&archive).sound(), "cut at {length}");
    }
    write_compressed(&archive, &[bytes.clone(), bytes.clone()].concat());
    assert!(report(&archive).problems[0].message.contains("after the end of the gzip stream"));
    let mut named = flate2::GzBuilder::new().filename("x").write(Vec::new(), flate2::Compression::new(6));
    named.write_all(b"x").unwrap();
    write_compressed(&archive, &named.finish().unwrap());
    assert!(report(&archive).problems[0].message.contains("gzip header"));
}

#[test]
fn a_bomb_is_refused_at_its_header() {
    let folder = tempfile::tempdir().unwrap();
    let archive = release(folder.path());
    // A header that promises 7 GiB in an archive of a few kB: refused before anything is allocated for it.
    let mut bomb = entries(&archive)[..1].to_vec();
    let (path, mut bytes) = entry(&format!("{TOP}/bomb"), tar::EntryType::Regular, b"", "");
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes().copy_from_slice(&bytes[..512]);
    header.set_size(7 << 30);
    header.set_cksum();
    bytes[..512].copy_from_slice(header.as_bytes());
    bomb.push((path, bytes));
    write(&archive, &bomb, &[]);
    assert!(report(&archive).problems[0].message.contains("longer than"));
}

#[test]
fn a_folder_of_the_build_machine_is_named_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let staged = folder.path().join("staged");
    stage(&staged, files().into_iter(), 0o644, 1);
    fs::write(staged.join("bin/tool"), b"\0\0/srv/checkout/src/main.c\0").unwrap();
    fs::write(staged.join("note.txt"), "made in /home/somebody/sdk").unwrap();
    let archive = pack(&staged, &facts(), &folder.path().join("dist")).unwrap().archive;
    let problems = report(&archive).problems;
    let named: Vec<_> = problems.iter().filter_map(|problem| problem.file.as_deref()).collect();
    assert_eq!(named, ["bin/tool", "note.txt"]);
}

#[test]
fn a_statement_about_another_archive_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = release(folder.path());
    let side = archive.with_file_name(format!("{TOP}.tar.gz.intoto.json"));
    let text = fs::read_to_string(&side).unwrap();
    let report_before = report(&archive);
    fs::write(&side, text.replace(&report_before.sha256, &"0".repeat(64))).unwrap();
    let problems = report(&archive).problems;
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].check, "provenance");
}

#[test]
fn the_sbom_lists_every_file_with_digest_and_licence() {
    let folder = tempfile::tempdir().unwrap();
    let archive = release(folder.path());
    let all = entries(&archive);
    let (_, bytes) = all.iter().find(|(path, _)| path.ends_with("sbom.spdx.json")).unwrap();
    let text = String::from_utf8_lossy(&bytes[512..]).into_owned();
    let sbom: serde_json::Value = serde_json::from_str(text.trim_end_matches('\0')).unwrap();
    let listed: Vec<&str> =
        sbom["files"].as_array().unwrap().iter().map(|file| file["fileName"].as_str().unwrap()).collect();
    let mut wanted: Vec<String> = files().iter().map(|(name, _)| format!("./{name}")).collect();
    wanted.extend(["./sdk.json", "./provenance.intoto.json"].map(str::to_owned));
    wanted.sort();
    assert_eq!(listed, wanted);
    assert!(
        sbom["files"]
            .as_array()
            .unwrap()
            .iter()
            .all(|file| !file["licenseConcluded"].as_str().unwrap().is_empty())
    );
    assert_eq!(sbom["packages"].as_array().unwrap().len(), 1 + 2 + 1, "the SDK, two parts, one input");
}

#[test]
fn pack_refuses_what_verify_would_refuse() {
    type Spoil = fn(&Path, &mut SdkFacts);
    let table: [(&str, Spoil, &str); 5] = [
        (
            "absolute link",
            |root, _| std::os::unix::fs::symlink("/etc/passwd", root.join("x")).unwrap(),
            "absolute",
        ),
        (
            "no licence text",
            |root, _| fs::remove_file(root.join("share/licenses/llvm/LICENSE")).unwrap(),
            "`llvm`",
        ),
        ("file of nobody", |_, facts| facts.parts[0].paths.clear(), "belongs to no part"),
        ("unknown input", |_, facts| facts.parts[1].inputs = vec!["gone".to_owned()], "`gone`"),
        ("our own name", |root, _| fs::write(root.join("sdk.json"), "{}").unwrap(), "must not be staged"),
    ];
    for (name, spoil, message) in table {
        let folder = tempfile::tempdir().unwrap();
        let staged = folder.path().join("staged");
        stage(&staged, files().into_iter(), 0o644, 1);
        let mut facts = facts();
        spoil(&staged, &mut facts);
        let error = pack(&staged, &facts, &folder.path().join("dist")).unwrap_err();
        assert!(format!("{error:#}").contains(message), "{name}: {error:#}");
        let left = fs::read_dir(folder.path().join("dist")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{name}: nothing is left behind");
    }
}

#[test]
fn an_interrupted_pack_leaves_no_archive_and_the_next_one_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("dist");
    fs::create_dir(&dist).unwrap();
    fs::write(dist.join(".packing-abc"), "half").unwrap();
    release(folder.path());
    let mut names: Vec<_> =
        fs::read_dir(&dist).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["", ".intoto.json", ".sha256"].map(|ending| format!("{TOP}.tar.gz{ending}")));
}
