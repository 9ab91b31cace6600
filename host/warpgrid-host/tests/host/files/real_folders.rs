//! Virtual files beside and inside real folders: shadowing, links, renames, read-only and scratch folders.

use super::transparent::{limited, program};
use crate::harness::{RanWithFolders, run_with_folders};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::refusal::Reason;
use warpgrid_host::instance::Folder;

/// A folder with files of which some have the names of virtual ones.
fn tree() -> TempDir {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    for name in ["etc/ssl", "home/user", "usr/share/zoneinfo", "usr/bin"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    for (name, text) in [
        ("etc/hosts", "HIDDEN"),
        ("etc/passwd", "root:x:0:0"),
        ("etc/ssl/cert", "certificate"),
        ("home/user/notes", "notes"),
        ("usr/share/zoneinfo/UTC", "HIDDEN"),
        ("usr/share/zoneinfo/Real", "HIDDEN"),
    ] {
        fs::write(root.join(name), text).unwrap();
    }
    symlink("etc", root.join("to-etc")).unwrap();
    symlink("../../etc/hosts", root.join("home/user/hosts")).unwrap();
    symlink("../usr/share", root.join("home/share")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink("/etc/passwd", root.join("absolute")).unwrap();
    symlink("../outside", root.join("outside")).unwrap();
    symlink("home/user", root.join("deep")).unwrap();
    symlink("etc/nowhere", root.join("dangling")).unwrap();
    folder
}

fn at(host: &Path, guest: &str, read_only: bool) -> Folder {
    Folder { host: host.to_owned(), guest: guest.to_owned(), read_only }
}

async fn run(folders: Vec<Folder>, arguments: &[&str]) -> RanWithFolders {
    run_with_folders(program(), arguments, folders, &[]).await
}

/// What the program prints with the tree as its root.
async fn line(root: &TempDir, arguments: &[&str]) -> String {
    let ran = run(vec![at(root.path(), "/", false)], arguments).await.ran;
    ran.text().trim_end_matches('\n').to_owned()
}

const HOSTS: &str = "127.0.0.1\tlocalhost\n::1\tlocalhost\n10.0.0.5\tdb.warp.local";

#[tokio::test]
async fn a_virtual_file_hides_a_real_one_and_leaves_its_neighbours() {
    let tree = tree();
    assert_eq!(line(&tree, &["read", "/etc/hosts"]).await, HOSTS);
    assert_eq!(line(&tree, &["read", "/etc/passwd"]).await, "root:x:0:0");
    assert_eq!(line(&tree, &["read", "/etc/ssl/cert"]).await, "certificate");
    assert!(line(&tree, &["read", "/usr/share/zoneinfo/UTC"]).await.starts_with("TZif"));
    assert_eq!(line(&tree, &["read", "/usr/share/zoneinfo/Real"]).await, "NotFound");
}

#[tokio::test]
async fn listings_show_virtual_and_real_names_once() {
    let tree = tree();
    assert_eq!(line(&tree, &["list", "/etc"]).await, "hosts passwd resolv.conf ssl/");
    assert_eq!(
        line(&tree, &["list", "/"]).await,
        "absolute dangling deep dev/ etc/ home/ loop outside proc/ to-etc usr/"
    );
    assert_eq!(line(&tree, &["list", "/home/user"]).await, "hosts notes");
    assert_eq!(line(&tree, &["list", "/dev"]).await, "null urandom");
}

#[tokio::test]
async fn links_lead_to_virtual_files_and_never_around_them() {
    let tree = tree();
    for path in [
        "/to-etc/hosts",
        "/home/user/hosts",
        "/deep/hosts",
        "/deep/../../etc/hosts",
        "/to-etc/../etc/hosts",
        "/to-etc/ssl/../hosts",
        "/home/share/../../etc/hosts",
        "/home/user/../../to-etc/hosts",
        "/etc/../etc/hosts",
        "/usr/share/zoneinfo/../../../etc/hosts",
    ] {
        assert_eq!(line(&tree, &["read", path]).await, HOSTS, "{path}");
    }
    assert!(line(&tree, &["read", "/home/share/zoneinfo/UTC"]).await.starts_with("TZif"));
    assert_eq!(line(&tree, &["read", "/deep/notes"]).await, "notes");
    assert_eq!(line(&tree, &["list", "/to-etc"]).await, "hosts passwd resolv.conf ssl/");
    assert_eq!(line(&tree, &["lstat", "/home/user/hosts"]).await, "link 15");
    assert_eq!(line(&tree, &["readlink", "/home/user/hosts"]).await, "../../etc/hosts");
    assert_eq!(line(&tree, &["stat", "/home/user/hosts"]).await, "file 57");
}

#[tokio::test]
async fn links_that_leave_the_folder_are_refused() {
    let tree = tree();
    fs::write(tree.path().parent().unwrap().join("outside"), "").ok();
    for path in ["/absolute", "/outside", "/home/../../x", "/to-etc/../../x"] {
        let ran = run(vec![at(tree.path(), "/", false)], &["read", path]).await;
        assert_eq!(ran.ran.text(), "PermissionDenied\n", "{path}");
        assert!(ran.refusals.iter().any(|(_, reason)| *reason == Reason::NotGranted), "{path}");
    }
    assert_eq!(line(&tree, &["read", "/loop"]).await, "FilesystemLoop");
    assert_eq!(line(&tree, &["read", "/dangling"]).await, "NotFound");
    assert_eq!(line(&tree, &["read", "/etc/passwd/"]).await, "NotADirectory");
    assert_eq!(line(&tree, &["read", "/to-etc/"]).await, "IsADirectory");
}

#[tokio::test]
async fn a_guest_writes_next_to_virtual_files_and_not_over_them() {
    let tree = tree();
    for (arguments, expected) in [
        (&["create", "/etc/new"][..], "done"),
        (&["create", "/dangling"], "done"),
        (&["append", "/to-etc/new"], "done"),
        (&["mkdir", "/etc/folder"], "done"),
        (&["rename", "/etc/new", "/home/new"], "done"),
        (&["link", "/home/new", "/etc/linked"], "done"),
        (&["rmdir", "/etc/folder"], "done"),
        (&["remove", "/etc/passwd"], "done"),
        (&["create", "/to-etc/hosts"], "ReadOnlyFilesystem"),
        (&["remove", "/to-etc/hosts"], "ReadOnlyFilesystem"),
        (&["rename", "/home/new", "/etc/hosts"], "ReadOnlyFilesystem"),
        (&["rename", "/home/new", "/to-etc/resolv.conf"], "ReadOnlyFilesystem"),
        (&["link", "/to-etc/hosts", "/home/stolen"], "ReadOnlyFilesystem"),
        (&["rename", "/etc", "/home/etc"], "ReadOnlyFilesystem"),
        (&["rename", "/usr", "/home/usr"], "ReadOnlyFilesystem"),
        (&["rename", "/home", "/dev"], "ReadOnlyFilesystem"),
        (&["rename", "/to-etc", "/proc"], "ReadOnlyFilesystem"),
        (&["rmdir", "/usr/share"], "ReadOnlyFilesystem"),
        (&["mkdir", "/dev"], "AlreadyExists"),
        (&["create", "/dev/new"], "ReadOnlyFilesystem"),
        (&["create", "/usr/share/zoneinfo/New"], "ReadOnlyFilesystem"),
        (&["rename", "/to-etc", "/other"], "done"),
        (&["read", "/other/hosts"], HOSTS),
    ] {
        assert_eq!(line(&tree, arguments).await, expected, "{arguments:?}");
    }
    let read = |name: &str| fs::read_to_string(tree.path().join(name)).unwrap();
    assert_eq!((read("home/new").as_str(), read("etc/linked").as_str()), ("newnew", "newnew"));
    assert_eq!((read("etc/hosts").as_str(), read("etc/nowhere").as_str()), ("HIDDEN", "new"));
    assert!(!tree.path().join("etc/passwd").exists() && tree.path().join("other").is_symlink());
}

#[tokio::test]
async fn a_folder_that_is_renamed_while_it_is_open_shows_no_hidden_file() {
    // The program opens by whole paths; the guest of the fuzz suite holds descriptors. Here: a folder that
    // takes the place of another keeps its own files, and the names above virtual files stay.
    let tree = tree();
    let steps = ["rename", "/home/user", "/etc/user", "read", "/etc/user/hosts", "read", "/etc/user/notes"];
    assert_eq!(line(&tree, &steps).await, format!("done\n{HOSTS}\nnotes"));
    let steps = ["rename", "/etc/user", "/home/user", "read", "/home/user/hosts"];
    assert_eq!(line(&tree, &steps).await, format!("done\n{HOSTS}"));
}

#[tokio::test]
async fn folders_elsewhere_are_reached_by_path_and_through_the_root() {
    let (data, etc) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::create_dir(data.path().join("sub")).unwrap();
    fs::write(data.path().join("sub/file"), "data").unwrap();
    fs::write(data.path().join("hosts"), "mine").unwrap();
    fs::write(etc.path().join("app.conf"), "conf").unwrap();
    let folders = || vec![at(data.path(), "/srv/data", false), at(etc.path(), "/etc", true)];
    let expected = [
        (&["list", "/"][..], "dev/ etc/ proc/ srv/ usr/"),
        (&["list", "/srv"], "data/"),
        (&["list", "/srv/data"], "hosts sub/"),
        (&["list", "/etc"], "app.conf hosts resolv.conf"),
        (&["read", "/srv/data/sub/file"], "data"),
        (&["read", "/srv/data/hosts"], "mine"),
        (&["read", "/srv/../srv/data/sub/../../../etc/hosts"], HOSTS),
        (&["read", "/etc/app.conf"], "conf"),
        (&["read", "/usr/../etc/app.conf"], "conf"),
        (&["read", "/etc/hosts"], HOSTS),
        (&["create", "/srv/new"], "ReadOnlyFilesystem"),
        (&["rename", "/srv/data", "/srv/other"], "ReadOnlyFilesystem"),
        (&["create", "/etc/new"], "PermissionDenied"),
        (&["remove", "/etc/app.conf"], "PermissionDenied"),
        (&["create", "/srv/data/new"], "done"),
        (&["read", "/srv/data/new"], "new"),
    ];
    for (arguments, expected) in expected {
        let ran = run(folders(), arguments).await;
        assert_eq!(ran.ran.text().trim_end_matches('\n'), expected, "{arguments:?}");
        if expected == "PermissionDenied" {
            assert!(ran.refusals.iter().any(|(_, reason)| *reason == Reason::ReadOnly), "{arguments:?}");
        }
    }
}

#[tokio::test]
async fn the_folder_named_by_a_dot_is_the_root() {
    let tree = tree();
    for name in [".", "./", "/"] {
        let ran =
            run(vec![at(tree.path(), name, false)], &["read", "/etc/hosts", "read", "etc/passwd"]).await;
        assert_eq!(ran.ran.text(), format!("{HOSTS}\nroot:x:0:0\n"), "{name}");
    }
}

#[tokio::test]
async fn a_scratch_folder_is_empty_writable_and_gone_at_the_end() {
    let program = program();
    for _ in 0..2 {
        let steps = [
            "list", "/tmp", "create", "/tmp/a", "mkdir", "/tmp/b", "rename", "/tmp/a", "/tmp/b/c", "read",
            "/tmp/b/c",
        ];
        let ran = run_with_folders(program, &steps, Vec::new(), &["/tmp"]).await;
        assert_eq!(ran.ran.text(), "\ndone\ndone\ndone\nnew\n");
    }
    let parent = TempDir::new().unwrap();
    let options = || warpgrid_host::InstanceOptions {
        arguments: ["guest", "create", "/tmp/a"].map(str::to_owned).to_vec(),
        scratch: vec!["/tmp".to_owned(), "/var/cache".to_owned()],
        scratch_parent: Some(parent.path().to_owned()),
        ..warpgrid_host::InstanceOptions::default()
    };
    program.instantiate(options()).run().await.unwrap();
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "scratch folders are removed");
    let nowhere = warpgrid_host::InstanceOptions { scratch_parent: Some("/nowhere".into()), ..options() };
    let error = program.instantiate(nowhere).run().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot make the scratch folder `/tmp` for the guest in `/nowhere`");
}

#[tokio::test]
async fn limits_hold_in_real_folders_too() {
    let folder = TempDir::new().unwrap();
    for number in 0..20 {
        fs::write(folder.path().join(format!("{number:02}")), "x").unwrap();
    }
    let limits = GuestLimits { open_files: 12, listed_names: 10, ..GuestLimits::default() };
    let program = limited("files_std", limits);
    let arguments = ["many", "/data/01", "list", "/data"];
    let ran = run_with_folders(&program, &arguments, vec![at(folder.path(), "/data", true)], &[]).await;
    // Two of the twelve are the folders that the guest started with.
    assert_eq!(ran.ran.text(), "10 OutOfMemory\nOutOfMemory\n");
}
