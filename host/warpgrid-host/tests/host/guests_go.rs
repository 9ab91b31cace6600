//! Programs in Go, built with the stock toolchain for `wasip1`.

use crate::guests_rust::Setup;
use crate::harness::is_built;
use warpgrid_host::instance::{Folder, Outcome, RunError};

async fn files(arguments: &[&str]) -> String {
    let toml = "[registry]\n'db.warp.local' = ['10.0.0.5']";
    // Go for `wasip1` looks for time zones only where this variable says.
    let environment = &[("ZONEINFO", "/usr/share/zoneinfo")];
    Setup { toml, arguments, environment, ..Setup::default() }.run("go_files").await.text()
}

#[tokio::test]
async fn the_system_files_are_there_without_a_granted_folder() {
    if !is_built("go") {
        return;
    }
    assert!(files(&["read", "/etc/hosts"]).await.contains("10.0.0.5\tdb.warp.local\n"));
    assert_eq!(files(&["read", "/etc/resolv.conf"]).await, "nameserver 127.0.0.1\n");
    assert_eq!(files(&["random"]).await, "32 true\n");
    assert!(files(&["list", "/etc"]).await.contains("hosts false\n"));
}

#[tokio::test]
async fn a_time_zone_is_loaded_by_name() {
    if !is_built("go") {
        return;
    }
    assert_eq!(files(&["zone", "Europe/London"]).await, "13:00 BST\n");
    assert_eq!(files(&["zone", "Asia/Tokyo"]).await, "21:00 JST\n");
    assert_eq!(files(&["zone", "Nowhere/Land"]).await, "error: unknown time zone Nowhere/Land\n");
}

#[tokio::test]
async fn a_granted_folder_is_listed_and_written() {
    if !is_built("go") {
        return;
    }
    let host = tempfile::tempdir().unwrap();
    std::fs::create_dir(host.path().join("sub")).unwrap();
    let run = async |arguments: &[&str], read_only| {
        let folders = vec![Folder { host: host.path().to_owned(), guest: "/data".to_owned(), read_only }];
        Setup { arguments, folders, ..Setup::default() }.run("go_files").await.text()
    };
    assert_eq!(run(&["write", "/data/note"], false).await, "error: <nil>\n");
    assert_eq!(run(&["list", "/data"], true).await, "note false\nsub true\n");
    assert_eq!(run(&["read", "/data/note"], true).await, "from go\n");
    assert!(run(&["write", "/data/other"], true).await.starts_with("error: open /data/other: "));
    assert!(!host.path().join("other").exists());
}

#[tokio::test]
async fn arguments_environment_goroutines_and_exit_codes_come_through() {
    if !is_built("go") {
        return;
    }
    let run = async |arguments: &[&str]| {
        let environment = &[("GREETING", "good day")];
        Setup { arguments, environment, ..Setup::default() }.run("go_environment").await
    };
    assert_eq!(run(&["print", "a", "b"]).await.text(), "[a b] good day 1\n");
    assert_eq!(run(&["goroutines"]).await.text(), "10\n");
    for code in [0, 1, 7, 255] {
        assert_eq!(run(&["exit", &code.to_string()]).await.outcome.unwrap(), Outcome::Exited(code));
    }
    let ended = run(&["panic"]).await;
    let failed = matches!(ended.outcome, Ok(Outcome::Exited(2)) | Err(RunError::Trap { .. }));
    assert!(failed && ended.error.contains("panic: as the test asked"), "{ended:?}");
}
