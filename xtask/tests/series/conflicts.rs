//! The three ways in which a rebase fails, and what is reported for each.
use xtask::series::report::{ConflictFile, ConflictKind};

use crate::lab::{Lab, NETDB, numbers};

/// Applies the series onto a changed upstream; the conflict, after checking what every conflict has in common.
fn conflict(lab: &Lab, tag: &str) -> Vec<ConflictFile> {
    let before = lab.patch_files();
    let report = lab.try_apply(Some(tag), &[]).unwrap();
    assert!(!report.is_clean(), "{report}");
    let conflict = report.conflict.clone().unwrap();
    assert_eq!(conflict.patch, "0002-dns-reverse-asks-the-host.patch", "{report}");
    assert_eq!(numbers(&report.applied), ["0001"]);
    assert_eq!(numbers(&report.untried), ["0003", "0004"]);
    assert!(lab.checkout().join(".git/rebase-apply").exists(), "the checkout is left for the developer");
    assert_eq!(lab.patch_files(), before);
    conflict.files
}

fn file(path: &str, kind: ConflictKind, now_in: Option<&str>) -> ConflictFile {
    ConflictFile { path: path.into(), kind, now_in: now_in.map(str::to_owned) }
}

#[test]
fn context_drift_is_told_from_a_rewrite() {
    let lab = Lab::with_series();
    let drifted = NETDB.replace("\treturn copy_name(host);\n", "\treturn copy_of_name(host, address);\n");
    lab.upstream_commit("v2", &[("src/netdb.c", Some(&drifted))]);
    assert_eq!(conflict(&lab, "v2"), [file("src/netdb.c", ConflictKind::ContextDrift, None)]);
}

#[test]
fn a_rewritten_function_is_a_refactoring() {
    let lab = Lab::with_series();
    let (head, _) = NETDB.split_once("\tconst char *host").unwrap();
    let rewritten = format!("{head}\tstruct entry *e = next(address);\n\treturn e ? give(e) : -1;\n}}\n");
    lab.upstream_commit("v2", &[("src/netdb.c", Some(&rewritten))]);
    assert_eq!(conflict(&lab, "v2"), [file("src/netdb.c", ConflictKind::Refactored, None)]);
}

#[test]
fn a_function_that_moved_to_another_file_is_found_there() {
    let lab = Lab::with_series();
    let (head, reverse) = NETDB.split_once("int reverse(int address)").unwrap();
    let moved = format!("int reverse_lookup(long address)\n{}", reverse.split_once('\n').unwrap().1);
    lab.upstream_commit("v2", &[("src/netdb.c", Some(head)), ("src/reverse.c", Some(&moved))]);
    assert_eq!(conflict(&lab, "v2"), [file("src/netdb.c", ConflictKind::Refactored, Some("src/reverse.c"))]);
}

#[test]
fn a_deleted_file_is_named() {
    let lab = Lab::new();
    let mut lab = lab;
    lab.apply(&[]);
    lab.add_dns();
    lab.hook("src/open.c", "\treturn open_at(folder, path);\n", "\tvirtual(path);\n");
    lab.commit(&crate::lab::Message::new("fs: open is virtual", "fs", &[]));
    lab.export().unwrap();
    lab.upstream_commit("v2", &[("src/open.c", None)]);
    let report = lab.try_apply(Some("v2"), &[]).unwrap();
    let conflict = report.conflict.clone().unwrap();
    assert_eq!(conflict.patch, "0002-fs-open-is-virtual.patch");
    assert_eq!(conflict.files, [file("src/open.c", ConflictKind::DeletedFile, None)]);
    let text = report.to_string();
    assert!(
        text.contains("  conflicting  0002-fs-open-is-virtual.patch\n    src/open.c: deleted file; "),
        "{text}"
    );
    assert!(text.ends_with("1 applied, 1 conflicting, 0 not tried"), "{text}");
}

#[test]
fn a_file_that_only_moved_still_gets_its_hook() {
    let lab = Lab::with_series();
    lab.upstream_commit("v2", &[("src/netdb.c", None), ("net/names.c", Some(NETDB))]);
    let report = lab.try_apply(Some("v2"), &[]).unwrap();
    assert!(report.is_clean(), "{report}");
    let text = std::fs::read_to_string(lab.checkout().join("net/names.c")).unwrap();
    assert!(text.contains("ask_host(name)"));
}

#[test]
fn a_change_that_upstream_took_is_told_from_a_conflict() {
    let lab = Lab::with_series();
    let taken =
        NETDB.replace("\treturn copy_name(host);\n", "\tname_was_found(host);\n\treturn copy_name(host);\n");
    lab.upstream_commit("v2", &[("src/netdb.c", Some(&taken))]);
    let report = lab.try_apply(Some("v2"), &[]).unwrap();
    let conflict = report.conflict.clone().unwrap();
    assert_eq!(conflict.patch, "0002-dns-reverse-asks-the-host.patch");
    assert_eq!(conflict.files, [file("src/netdb.c", ConflictKind::AlreadyUpstream, None)]);
    assert_eq!(numbers(&report.applied), ["0001", "0003", "0004"]);
}

#[test]
fn the_same_conflict_is_found_without_the_old_base() {
    let mut lab = Lab::with_series();
    let drifted = NETDB.replace("\treturn copy_name(host);\n", "\treturn copy_of_name(host, address);\n");
    lab.upstream_commit("v2", &[("src/netdb.c", Some(&drifted))]);
    std::fs::remove_dir_all(lab.cache()).unwrap();
    lab.pins.pin.commit = "1".repeat(40);
    lab.pins.pin.revision = "v0".into();
    assert_eq!(conflict(&lab, "v2"), [file("src/netdb.c", ConflictKind::ContextDrift, None)]);
}
