//! Archives that somebody changed, cut off or made with bad intent: each is refused, and the reason is named.
use std::fs;
use std::io::Write as _;

use crate::lab::{TOP, entries, entry, insert_sorted, release, report, write, write_compressed};

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
