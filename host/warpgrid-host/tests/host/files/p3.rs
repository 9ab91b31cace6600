//! Virtual files through plain `wasi:filesystem` 0.3.

use super::transparent::limited;
use crate::harness::{guest, load, run_with_folders};
use std::fs;
use tempfile::TempDir;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::refusal::Reason;
use warpgrid_host::instance::Folder;

async fn output(arguments: &[&str], folders: Vec<Folder>) -> String {
    let program = load(&guest("files_p3"), "").unwrap();
    run_with_folders(&program, arguments, folders, &[]).await.ran.text()
}

#[tokio::test]
async fn a_guest_of_wasi_0_3_reads_and_lists_virtual_files() {
    let arguments = [
        "read",
        "/etc/hosts",
        "read",
        "/etc/../etc/resolv.conf",
        "list",
        "/",
        "list",
        "/etc",
        "stat",
        "/etc/hosts",
        "read",
        "/dev/null",
        "read",
        "/etc/passwd",
        "read",
        "/../etc/hosts",
    ];
    assert_eq!(
        output(&arguments, Vec::new()).await,
        "127.0.0.1\tlocalhost\n::1\tlocalhost\nnameserver 127.0.0.1\ndev etc proc usr\nhosts resolv.conf\n34\n\n\
         ErrorCode::NoEntry\nErrorCode::NotPermitted\n"
    );
    assert!(output(&["read", "/usr/share/zoneinfo/UTC"], Vec::new()).await.starts_with("TZif"));
}

#[tokio::test]
async fn a_guest_of_wasi_0_3_cannot_change_them() {
    let arguments = [
        "write",
        "/etc/hosts",
        "create",
        "/etc/new",
        "remove",
        "/etc/hosts",
        "mkdir",
        "/new",
        "rename",
        "/etc",
        "write",
        "/dev/null",
    ];
    let expected = ["ErrorCode::ReadOnly"; 5].join("\n");
    assert_eq!(output(&arguments, Vec::new()).await, format!("{expected}\ndone\n"));
}

#[tokio::test]
async fn real_and_virtual_names_are_merged_and_written_beside_each_other() {
    let tree = TempDir::new().unwrap();
    fs::create_dir(tree.path().join("etc")).unwrap();
    fs::write(tree.path().join("etc/hosts"), "HIDDEN").unwrap();
    fs::write(tree.path().join("etc/passwd"), "root").unwrap();
    std::os::unix::fs::symlink("etc", tree.path().join("link")).unwrap();
    let folder = Folder { host: tree.path().to_owned(), guest: "/".to_owned(), read_only: false };
    let arguments = [
        "list",
        "/etc",
        "list",
        "/",
        "read",
        "/link/../etc/hosts",
        "read",
        "/link/passwd",
        "create",
        "/link/new",
        "write",
        "/link/hosts",
        "read",
        "/etc/new",
    ];
    assert_eq!(
        output(&arguments, vec![folder]).await,
        "hosts passwd resolv.conf\ndev etc link proc usr\n127.0.0.1\tlocalhost\n::1\tlocalhost\nroot\ndone\n\
         ErrorCode::ReadOnly\nnew\n"
    );
    assert_eq!(fs::read_to_string(tree.path().join("etc/new")).unwrap(), "new");
}

#[tokio::test]
async fn limits_hold_in_wasi_0_3() {
    let limits = GuestLimits { open_files: 10, listed_names: 2, ..GuestLimits::default() };
    let program = limited("files_p3", limits);
    let ran = run_with_folders(&program, &["many", "/etc/hosts", "list", "/"], Vec::new(), &[]).await;
    assert_eq!(
        ran.ran.text(),
        "9 ErrorCode::InsufficientMemory\n2 names and then\nErrorCode::InsufficientMemory\n"
    );
}

#[tokio::test]
async fn listings_that_are_held_share_a_budget_in_wasi_0_3() {
    let tree = TempDir::new().unwrap();
    for name in ["a", "b", "c"] {
        fs::write(tree.path().join(name), "").unwrap();
    }
    let folder = Folder { host: tree.path().to_owned(), guest: "/data".to_owned(), read_only: true };
    // Sixteen names in all: five times three.
    let program = limited("files_p3", GuestLimits { listed_names: 4, ..GuestLimits::default() });
    let ran = run_with_folders(&program, &["listings", "/data"], vec![folder], &[]).await;
    assert_eq!(ran.ran.text(), "5 Err(ErrorCode::InsufficientMemory)\n");
    assert_eq!(ran.refusals, [("a folder".to_owned(), Reason::Limit)]);
}
