//! The filesystem shim, seen by a guest.

use crate::harness::{load, module, run, run_with};

async fn output(toml: &str, call: &str, path: &str) -> String {
    run("files", toml, &[call, path]).await.text()
}

#[tokio::test]
async fn a_guest_reads_the_system_files_that_the_host_makes_up() {
    let toml = "
        [package]
        name = 'users'
        [registry]
        'db.warp.local' = ['10.0.0.5', 'fd00::5']
        [hosts]
        'printer' = '192.0.2.7'
    ";
    assert_eq!(
        output(toml, "r", "/etc/hosts").await,
        "127.0.0.1\tlocalhost\n::1\tlocalhost\n192.0.2.7\tprinter\n10.0.0.5\tdb.warp.local\nfd00::5\tdb.warp.local\n"
    );
    assert_eq!(output(toml, "r", "/etc/../etc/resolv.conf").await, "nameserver 127.0.0.1\n");
    assert_eq!(output(toml, "r", "/dev/null").await, "");
    assert!(output(toml, "r", "/proc/self/status").await.starts_with("Name:\tusers\n"));
    assert_eq!(output(toml, "r", "/proc/self/cmdline").await, "guest\0r\0/proc/self/cmdline\0");
    assert!(run("files", toml, &["r", "/usr/share/zoneinfo/US/Eastern"]).await.output.starts_with(b"TZif"));
    assert_eq!(output(toml, "r", "/etc/localtime").await, "error 0\n");
}

#[tokio::test]
async fn the_configuration_decides_what_is_virtual() {
    let toml = "
        [shims.filesystem]
        nameservers = ['192.0.2.53', '::1']
        time-zones = false
        local-time-zone = 'Europe/London'
        extra-virtual-paths = { '/etc/motd' = 'hello' }
    ";
    assert_eq!(output(toml, "r", "/etc/resolv.conf").await, "nameserver 192.0.2.53\nnameserver ::1\n");
    assert_eq!(output(toml, "r", "/usr/share/zoneinfo/UTC").await, "error 0\n");
    assert_eq!(output(toml, "r", "/etc/motd").await, "hello");
    assert!(run("files", toml, &["r", "/etc/localtime"]).await.output.starts_with(b"TZif"));
}

#[tokio::test]
async fn a_path_that_is_not_virtual_says_so() {
    for (call, path, expected) in [
        ("v", "/etc/hosts", "1\n"),
        ("v", "/etc/passwd", "0\n"),
        ("v", "relative", "0\n"),
        ("r", "/etc/passwd", "error 0\n"),
        ("r", "/usr/share/zoneinfo/Nowhere", "error 1\n"),
        ("r", "/etc", "error 2\n"),
        ("r", "/etc/hosts/x", "error 3\n"),
        ("l", "/etc/hosts", "error 3\n"),
        ("w", "/etc/hosts", "error 4\n"),
        ("r", "etc/hosts", "error 5\n"),
    ] {
        assert_eq!(output("", call, path).await, expected, "{call} {path}");
    }
}

#[tokio::test]
async fn folders_are_listed_and_stat_tells_kinds_apart() {
    assert_eq!(output("", "l", "/").await, "1 dev\n1 etc\n1 proc\n1 usr\n");
    assert_eq!(output("", "l", "/dev").await, "2 null\n2 urandom\n");
    assert!(output("", "l", "/usr/share/zoneinfo/US").await.contains("0 Eastern\n"));
    assert_eq!(output("", "s", "/etc/resolv.conf").await, "0 21 0\n");
    assert_eq!(output("", "s", "/etc").await, "1 0 0\n");
    assert_eq!(output("", "s", "/dev/null").await, "2 0 1\n");
}

#[tokio::test]
async fn random_bytes_differ_at_each_read_and_between_instances() {
    let application = load(&module("files"), "").unwrap();
    let mut reads = Vec::new();
    for _ in 0..2 {
        let ran = run_with(&application, &["o", "/dev/urandom"], &[]).await;
        assert_eq!(ran.output.len(), 64);
        reads.extend(ran.output.chunks(32).map(<[u8]>::to_vec));
    }
    for (n, read) in reads.iter().enumerate() {
        assert!(read.iter().any(|byte| *byte != 0));
        assert!(!reads[..n].contains(read), "read {n} came twice");
    }
    assert_eq!(run_with(&application, &["r", "/dev/urandom"], &[]).await.output.len(), 256);
}

#[tokio::test]
async fn an_open_file_is_read_in_pieces_and_only_the_null_device_is_written() {
    assert_eq!(output("", "o", "/etc/resolv.conf").await, "nameserver 127.0.0.1\n");
    assert_eq!(output("", "w", "/dev/null").await, "3\n");
    assert_eq!(output("", "o", "/nowhere").await, "error 0\n");
}

#[tokio::test]
async fn open_files_are_limited_and_closing_gives_room_again() {
    assert_eq!(output("", "k", "/etc/hosts").await, "1024\nerror 8\n");
    assert_eq!(output("", "c", "/etc/hosts").await, "3000\n");
}

#[tokio::test]
async fn a_guest_sees_its_own_environment_and_never_that_of_the_host() {
    let application = load(&module("files"), "").unwrap();
    let ran = run_with(&application, &["r", "/proc/self/environ"], &[("A", "1")]).await;
    assert_eq!(ran.text(), "A=1\0");
    let application = load(&module("environment"), "").unwrap();
    assert_eq!(run_with(&application, &[], &[("A", "1"), ("B", "")]).await.text(), "A=1\nB=\n");
    assert_eq!(run_with(&application, &[], &[]).await.text(), "");
}
