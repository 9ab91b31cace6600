//! Virtual files through plain `wasi:filesystem` 0.2: an unmodified program in Rust, without any real folder.

use crate::harness::{config, guest, load, run_with, run_with_folders};
use std::sync::LazyLock;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::refusal::Reason;
use warpgrid_host::{AppConfig, Application};

/// The program, compiled once for all cases.
pub(super) fn program() -> &'static Application {
    static PROGRAM: LazyLock<Application> = LazyLock::new(|| {
        let toml = "[package]\nname = 'users'\n[registry]\n'db.warp.local' = '10.0.0.5'\n";
        load(&guest("files_std"), toml).unwrap()
    });
    &PROGRAM
}

/// The lines that the program prints for its arguments.
async fn lines(arguments: &[&str]) -> Vec<String> {
    run_with(program(), arguments, &[]).await.text().lines().map(str::to_owned).collect()
}

async fn line(arguments: &[&str]) -> String {
    lines(arguments).await.join("\n")
}

#[tokio::test]
async fn a_guest_reads_the_hosts_file_with_the_registered_services() {
    assert_eq!(
        line(&["read", "/etc/hosts"]).await,
        "127.0.0.1\tlocalhost\n::1\tlocalhost\n10.0.0.5\tdb.warp.local"
    );
}

#[tokio::test]
async fn a_guest_reads_the_other_system_files() {
    assert!(line(&["read", "/etc/resolv.conf"]).await.contains("nameserver 127.0.0.1"));
    assert_eq!(line(&["read", "/dev/null"]).await, "");
    assert!(line(&["read", "/proc/self/status"]).await.starts_with("Name:\tusers"));
    assert_eq!(line(&["read", "/proc/self/cmdline"]).await, "guest\0read\0/proc/self/cmdline\0");
    assert!(line(&["read", "/usr/share/zoneinfo/US/Eastern"]).await.starts_with("TZif"));
}

#[tokio::test]
async fn random_bytes_are_32_and_never_the_same() {
    let text = lines(&["bytes", "/dev/urandom", "bytes", "/dev/urandom"]).await.join(" ");
    let mut reads: Vec<_> = text.split_whitespace().collect();
    assert!(
        reads.iter().all(|read| read.len() == 64 && read.bytes().any(|digit| digit != b'0')),
        "{reads:?}"
    );
    reads.sort_unstable();
    reads.dedup();
    assert_eq!(reads.len(), 4);
}

#[tokio::test]
async fn a_guest_seeks_in_a_virtual_file_and_each_descriptor_has_its_own_position() {
    assert_eq!(
        lines(&["middle", "/etc/hosts", "middle", "/etc/hosts"]).await,
        [".0.0 cal 57", ".0.0 cal 57"]
    );
}

#[tokio::test]
async fn every_spelling_of_a_path_means_the_same_file() {
    for spelling in [
        "/etc/../etc/hosts",
        "//etc//hosts",
        "/etc/./hosts",
        "/usr/../etc/hosts",
        "/usr/share/zoneinfo/US/../../../../etc/hosts",
        "etc/hosts",
        "./etc/hosts",
    ] {
        assert_eq!(line(&["same", "/etc/hosts", spelling]).await, "true", "{spelling}");
    }
}

#[tokio::test]
async fn what_is_not_there_says_so_and_two_dots_never_leave_the_root() {
    for (path, expected) in [
        ("/etc/passwd", "NotFound"),
        ("/home/users/x", "NotFound"),
        ("/usr/share/zoneinfo/Nowhere", "NotFound"),
        ("/nowhere/../etc/hosts", "NotFound"),
        ("/etc/hosts/", "NotADirectory"),
        ("/etc/hosts/x", "NotADirectory"),
        ("/etc/hosts/..", "NotADirectory"),
        ("/etc/hosts\0x", "InvalidInput"),
        ("/../etc/passwd", "PermissionDenied"),
        ("/..", "PermissionDenied"),
        ("/etc/../../etc/hosts", "PermissionDenied"),
    ] {
        assert_eq!(line(&["read", path]).await, expected, "{path}");
    }
    assert_eq!(line(&["read", &format!("/{}", "a/".repeat(4000))]).await, "InvalidFilename");
    assert_eq!(line(&["read", &format!("/{}", "a".repeat(300))]).await, "InvalidFilename");
}

#[tokio::test]
async fn folders_are_listed_and_walked() {
    let listed = lines(&["list", "/", "list", "/etc/", "list", "/dev", "list", "/usr/share"]).await;
    assert_eq!(listed, ["dev/ etc/ proc/ usr/", "hosts resolv.conf", "null urandom", "zoneinfo/"]);
    assert_eq!(line(&["list", "/etc/hosts"]).await, "NotADirectory");
    assert_eq!(line(&["list", "/home"]).await, "NotFound");
    let walked = line(&["walk", "/usr"]).await;
    let (folders, files) = walked.split_once(' ').unwrap();
    assert!(folders.parse::<u32>().unwrap() > 15 && files.parse::<u32>().unwrap() > 550, "{walked}");
}

#[tokio::test]
async fn kinds_and_sizes_are_told() {
    let told = lines(&[
        "stat",
        "/etc/hosts",
        "lstat",
        "/etc/hosts",
        "stat",
        "/etc",
        "stat",
        "/",
        "stat",
        "/dev/null",
        "stat",
        "/usr/share/zoneinfo",
        "exists",
        "/etc/hosts",
        "exists",
        "/etc/passwd",
        "readlink",
        "/etc/hosts",
    ]);
    let expected = [
        "file 57",
        "file 57",
        "folder 0",
        "folder 0",
        "device 0",
        "folder 0",
        "true",
        "false",
        "InvalidInput",
    ];
    assert_eq!(told.await, expected);
}

#[tokio::test]
async fn what_is_virtual_cannot_be_changed() {
    for (arguments, expected) in [
        (&["write", "/etc/hosts"][..], "ReadOnlyFilesystem"),
        (&["append", "/etc/hosts"], "ReadOnlyFilesystem"),
        (&["create", "/etc/hosts"], "ReadOnlyFilesystem"),
        (&["create-new", "/etc/hosts"], "AlreadyExists"),
        (&["create", "/etc/new"], "ReadOnlyFilesystem"),
        (&["create", "/usr/share/zoneinfo/New"], "ReadOnlyFilesystem"),
        (&["create", "/new"], "ReadOnlyFilesystem"),
        (&["write", "/dev/urandom"], "ReadOnlyFilesystem"),
        (&["write", "/etc"], "IsADirectory"),
        (&["mkdir", "/etc"], "AlreadyExists"),
        (&["mkdir", "/new"], "ReadOnlyFilesystem"),
        (&["rmdir", "/etc"], "ReadOnlyFilesystem"),
        (&["remove", "/etc/hosts"], "ReadOnlyFilesystem"),
        (&["rename", "/etc/hosts", "/etc/guests"], "ReadOnlyFilesystem"),
        (&["rename", "/etc", "/old"], "ReadOnlyFilesystem"),
        (&["link", "/etc/hosts", "/etc/guests"], "ReadOnlyFilesystem"),
    ] {
        let ran = run_with_folders(program(), arguments, Vec::new(), &[]).await;
        assert_eq!(ran.ran.text().trim_end(), expected, "{arguments:?}");
        if expected == "ReadOnlyFilesystem" {
            assert!(ran.refusals.iter().any(|(_, reason)| *reason == Reason::ReadOnly), "{arguments:?}");
        }
    }
    assert_eq!(
        lines(&["write", "/dev/null", "append", "/dev/null", "create", "/dev/null"]).await,
        ["done"; 3]
    );
}

#[tokio::test]
async fn leaving_the_root_is_recorded_as_a_refusal() {
    let ran = run_with_folders(program(), &["read", "/../etc/passwd"], Vec::new(), &[]).await;
    assert_eq!(ran.refusals, [("/../etc/passwd".to_owned(), Reason::NotGranted)]);
}

#[tokio::test]
async fn open_files_are_limited_and_closing_gives_room_again() {
    let program = limited("files_std", GuestLimits { open_files: 10, ..GuestLimits::default() });
    let ran = run_with_folders(&program, &["many", "/etc/hosts"], Vec::new(), &[]).await;
    // The root is one of the ten.
    assert_eq!(ran.ran.text(), "9 OutOfMemory\n");
    assert_eq!(ran.refusals, [("etc/hosts".to_owned(), Reason::Limit)]);
}

#[tokio::test]
async fn small_reads_and_short_lists_are_what_small_limits_give() {
    let limits = GuestLimits { read_bytes: 7, listed_names: 3, ..GuestLimits::default() };
    let program = limited("files_std", limits);
    let ran = run_with_folders(&program, &["read", "/etc/resolv.conf", "list", "/"], Vec::new(), &[]).await;
    assert_eq!(ran.ran.text(), "nameserver 127.0.0.1\nOutOfMemory\n");
}

pub(super) fn limited(name: &str, limits: GuestLimits) -> Application {
    let (shims, app) = config("");
    let app = AppConfig { limits, ..app };
    crate::harness::engine(shims).unwrap().load_module(&guest(name), app).unwrap()
}

#[tokio::test]
async fn a_switched_off_shim_leaves_upstream_alone() {
    let program = load(&guest("files_std"), "[shims]\nfilesystem = false").unwrap();
    let ran = run_with(&program, &["read", "/etc/hosts", "list", "/"], &[]).await;
    assert!(!ran.text().contains("localhost") && !ran.text().contains("etc"), "{}", ran.text());
}
