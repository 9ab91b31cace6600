//! Paths and listings with which a guest could use up descriptors and memory of the host.

use super::transparent::limited;
use crate::harness::{RanWithFolders, run_with_folders};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::refusal::Reason;
use warpgrid_host::instance::Folder;

async fn run(name: &str, limits: GuestLimits, arguments: &[&str], folder: Folder) -> RanWithFolders {
    run_with_folders(&limited(name, limits), arguments, vec![folder], &[]).await
}

fn at(host: &Path, guest: &str) -> Folder {
    Folder { host: host.to_owned(), guest: guest.to_owned(), read_only: true }
}

#[tokio::test]
async fn a_path_leads_through_255_folders_and_not_through_more() {
    let tree = TempDir::new().unwrap();
    let down = |count: usize| vec!["d"; count].join("/");
    fs::create_dir_all(tree.path().join(down(300))).unwrap();
    for depth in [255, 256, 300] {
        fs::write(tree.path().join(down(depth)).join("f"), "found").unwrap();
    }
    // A link in the last folder of a link: no text has many parts.
    symlink(down(200), tree.path().join("half")).unwrap();
    symlink(down(100), tree.path().join(down(200)).join("rest")).unwrap();
    let back = format!("/{}{}/f", "d/../".repeat(300), down(255));
    let arguments = [
        "read",
        &format!("/{}/f", down(255)),
        "read",
        &format!("/{}/f", down(256)),
        "read",
        "/half/rest/f",
        "stat",
        "/half/rest",
        "read",
        &back,
    ];
    let ran = run("files_std", GuestLimits::default(), &arguments, at(tree.path(), "/")).await;
    assert_eq!(ran.ran.text(), "found\nInvalidFilename\nInvalidFilename\nInvalidFilename\nfound\n");
}

#[tokio::test]
async fn links_lead_to_no_path_that_is_longer_than_one_may_be() {
    let tree = TempDir::new().unwrap();
    let name = "n".repeat(250);
    // Longer than the system takes in one call, so it is made a folder at a time.
    let mut folders = vec![File::open(tree.path()).unwrap()];
    let below =
        |folder: &File, name: &str| PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()));
    for _ in 0..20 {
        let path = below(folders.last().unwrap(), &name);
        fs::create_dir(&path).unwrap();
        folders.push(File::open(path).unwrap());
    }
    let ten = [name.as_str(); 10].join("/");
    symlink(&ten, below(&folders[0], "half")).unwrap();
    symlink(&ten, below(&folders[10], "rest")).unwrap();
    fs::write(below(&folders[10], "f"), "found").unwrap();
    fs::write(below(&folders[20], "f"), "found").unwrap();
    let arguments = ["read", "/half/f", "read", "/half/rest/f"];
    let ran = run("files_std", GuestLimits::default(), &arguments, at(tree.path(), "/")).await;
    assert_eq!(ran.ran.text(), "found\nInvalidFilename\n");
}

#[tokio::test]
async fn a_very_long_path_is_refused_below_every_folder_and_not_repeated() {
    let tree = TempDir::new().unwrap();
    let long = format!("/data/{}", "a/../".repeat(20_000));
    fs::create_dir(tree.path().join("a")).unwrap();
    let ran = run("files_std", GuestLimits::default(), &["stat", &long], at(tree.path(), "/data")).await;
    assert_eq!(ran.ran.text(), "InvalidFilename\n");
    // The two folders that the guest starts with are all that may be open.
    let limits = GuestLimits { open_files: 2, ..GuestLimits::default() };
    let ran = run("files_std", limits, &["read", &long], at(tree.path(), "/data")).await;
    assert_eq!(ran.ran.text(), "OutOfMemory\n");
    let [(path, Reason::Limit)] = &ran.refusals[..] else { panic!("{} refusals", ran.refusals.len()) };
    assert_eq!(path.len(), 256);
}

#[tokio::test]
async fn listings_that_are_held_share_a_budget() {
    let tree = TempDir::new().unwrap();
    for name in ["a", "b", "c"] {
        fs::write(tree.path().join(name), "").unwrap();
    }
    // Sixteen names in all: five times three.
    let limits = GuestLimits { listed_names: 4, ..GuestLimits::default() };
    for arguments in [&["/data"][..], &["/data", "given"]] {
        let ran = run("files_listings", limits, arguments, at(tree.path(), "/data")).await;
        assert_eq!(ran.ran.text(), "5 insufficient-memory\n3 names, 0 errors, then the end\n");
        assert_eq!(ran.refusals, [("a folder".to_owned(), Reason::Limit)]);
    }
}

#[tokio::test]
async fn names_that_are_no_text_count_too() {
    let tree = TempDir::new().unwrap();
    for number in 0..30 {
        fs::write(tree.path().join(OsStr::from_bytes(&[0xff, b'a' + number])), "").unwrap();
    }
    let limits = GuestLimits { listed_names: 4, ..GuestLimits::default() };
    let ran = run("files_listings", limits, &["/data"], at(tree.path(), "/data")).await;
    // Each holds four and the one that says that there are more.
    assert_eq!(ran.ran.text(), "3 insufficient-memory\n0 names, 5 errors, then insufficient-memory\n");
}
