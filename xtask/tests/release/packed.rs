//! What pack writes: sound, complete, the same bytes from the same tree, and nothing half.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use xtask::pack::{SdkFacts, pack};

use crate::lab::{TOP, entries, facts, files, release, report, stage};

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
