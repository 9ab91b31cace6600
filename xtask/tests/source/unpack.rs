//! Archives that would land outside, and good ones that must give the same files for everybody.
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};
use xtask::source::unpack::tar_gz;

/// An entry: kind, name, and content or target.
type Item<'a> = (EntryType, &'a str, &'a str);

fn archive(path: &Path, items: &[Item<'_>]) {
    let encoder = flate2::write::GzEncoder::new(fs::File::create(path).unwrap(), flate2::Compression::fast());
    let mut builder = Builder::new(encoder);
    for (kind, name, content) in items {
        let mut header = Header::new_gnu();
        // Written by hand, because the builder itself refuses names that lead outside.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(if name.contains("program") { 0o4775 } else { 0o600 });
        let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
        if is_link {
            header.as_gnu_mut().unwrap().linkname[..content.len()].copy_from_slice(content.as_bytes());
        }
        let data = if is_link { "" } else { content };
        header.set_size(data.len() as u64);
        header.set_cksum();
        builder.append(&header, data.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap().flush().unwrap();
}

fn unpack(items: &[Item<'_>]) -> (tempfile::TempDir, PathBuf, anyhow::Result<()>) {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("a.tar.gz"), folder.path().join("out"));
    archive(&file, items);
    let result = tar_gz(&file, &out);
    (folder, out, result)
}

#[test]
fn files_folders_and_links_inside_arrive_with_modes_that_depend_on_the_archive_alone() {
    let (_dir, out, result) = unpack(&[
        (EntryType::Directory, "./", ""),
        (EntryType::Directory, "./lib/", ""),
        (EntryType::Regular, "./lib/file.so.1", "content"),
        (EntryType::Symlink, "./lib/file.so", "file.so.1"),
        (EntryType::Symlink, "./lib/up", "../lib/file.so"),
        (EntryType::Regular, "./deep/down/program", "program"),
        (EntryType::Link, "./lib/hard", "./lib/file.so.1"),
    ]);
    result.unwrap();
    assert_eq!(fs::read_to_string(out.join("lib/up")).unwrap(), "content");
    assert_eq!(fs::read_to_string(out.join("lib/hard")).unwrap(), "content");
    let mode = |name: &str| fs::symlink_metadata(out.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("lib/file.so.1"), 0o644);
    assert_eq!(mode("deep/down/program"), 0o755, "no set-uid bit, no group's write bit");
    assert_eq!((mode("lib"), mode("deep/down")), (0o755, 0o755));
}

#[test]
fn two_archives_share_a_folder_and_a_second_time_changes_nothing() {
    let (folder, out, result) =
        unpack(&[(EntryType::Regular, "lib/one", "1"), (EntryType::Symlink, "lib/l", "one")]);
    result.unwrap();
    let second = folder.path().join("b.tar.gz");
    archive(&second, &[(EntryType::Regular, "lib/two", "2"), (EntryType::Symlink, "lib/l", "two")]);
    for _ in 0..2 {
        tar_gz(&second, &out).unwrap();
    }
    assert_eq!(fs::read_to_string(out.join("lib/one")).unwrap(), "1");
    assert_eq!(fs::read_to_string(out.join("lib/l")).unwrap(), "2");
}

#[test]
fn whatever_would_land_or_lead_outside_is_refused_and_named() {
    let faults: [(&str, &[Item<'_>]); 9] = [
        ("leads outside with `..`", &[(EntryType::Regular, "../evil", "x")]),
        ("leads outside with `..`", &[(EntryType::Regular, "a/../../evil", "x")]),
        ("absolute path", &[(EntryType::Regular, "/tmp/evil", "x")]),
        ("links outside", &[(EntryType::Symlink, "link", "../evil")]),
        ("links to the absolute path", &[(EntryType::Symlink, "link", "/etc")]),
        ("is a link or a file", &[(EntryType::Symlink, "a", "."), (EntryType::Regular, "a/evil", "x")]),
        (
            "leads outside, to",
            &[
                (EntryType::Symlink, "sub/up", ".."),
                (EntryType::Symlink, "a", "sub/up"),
                (EntryType::Symlink, "evil", "a/.."),
            ],
        ),
        ("no file of the archive", &[(EntryType::Link, "hard", "absent")]),
        ("which no input needs", &[(EntryType::Fifo, "pipe", "")]),
    ];
    for (message, items) in faults {
        let (folder, _, result) = unpack(items);
        let text = format!("{:#}", result.unwrap_err());
        assert!(text.contains(message), "{message} is missing in: {text}");
        assert!(!folder.path().join("evil").exists() && !Path::new("/tmp/evil").exists());
    }
}

#[test]
fn what_is_no_archive_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.deb");
    fs::write(&file, b"no package").unwrap();
    let text = format!("{:#}", xtask::source::unpack::deb(&file, &folder.path().join("out")).unwrap_err());
    assert!(text.contains("`dpkg-deb` cannot read") && text.contains("a.deb"), "{text}");
    let text = format!("{:#}", tar_gz(&file, &folder.path().join("out")).unwrap_err());
    assert!(text.contains("a.deb"), "{text}");
}
