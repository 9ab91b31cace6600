//! Commands without a network.

use super::Setup;
use std::path::Path;
use warpgrid_host::instance::{Folder, Outcome, RunError};

fn folder(host: &Path, read_only: bool) -> Vec<Folder> {
    vec![Folder { host: host.to_owned(), guest: "/data".to_owned(), read_only }]
}

async fn environment(arguments: &[&str]) -> super::setup::Ended {
    Setup { arguments, ..Setup::default() }.run("guests_environment").await
}

#[tokio::test]
async fn std_fs_makes_changes_moves_and_removes_in_a_granted_folder() {
    let host = tempfile::tempdir().unwrap();
    let setup =
        Setup { arguments: &["tour", "/data"], folders: folder(host.path(), false), ..Setup::default() };
    let said = setup.run("guests_files").await.text();
    assert_eq!(said, "end r89 length 10\nmoved true 0123four89!\ncopied 11\nleft 1\n");
    assert_eq!(std::fs::read_to_string(host.path().join("first")).unwrap(), "0123four89!");
}

#[tokio::test]
async fn a_folder_granted_for_reading_is_not_written_and_what_is_outside_is_not_seen() {
    let host = tempfile::tempdir().unwrap();
    let granted = host.path().join("granted");
    std::fs::create_dir_all(granted.join("sub")).unwrap();
    std::fs::write(granted.join("note"), "a note\n").unwrap();
    std::fs::write(host.path().join("secret"), "a secret\n").unwrap();
    for (arguments, expected) in [
        (["read", "/data/note"], "a note\n"),
        (["list", "/data"], "note sub/\n"),
        (["write", "/data/new"], "PermissionDenied\n"),
        (["write", "/data/note"], "PermissionDenied\n"),
        (["read", "/data/missing"], "NotFound\n"),
    ] {
        let setup = Setup { arguments: &arguments, folders: folder(&granted, true), ..Setup::default() };
        assert_eq!(setup.run("guests_files").await.text(), expected, "{arguments:?}");
    }
    assert_eq!(std::fs::read_to_string(granted.join("note")).unwrap(), "a note\n");
    for path in ["/data/../secret", "/secret", &format!("{}/secret", host.path().display())] {
        let setup = Setup { arguments: &["read", path], folders: folder(&granted, true), ..Setup::default() };
        let said = setup.run("guests_files").await.text();
        assert!(said == "PermissionDenied\n" || said == "NotFound\n", "{path}: {said}");
    }
}

#[tokio::test]
async fn std_fs_reads_the_system_files_that_the_host_makes_up() {
    let toml = "[registry]\n'db.warp.local' = ['10.0.0.5']";
    let setup = Setup { toml, arguments: &["read", "/etc/hosts"], ..Setup::default() };
    assert!(setup.run("guests_files").await.text().contains("10.0.0.5\tdb.warp.local\n"));
    let said = Setup { toml, ..Setup::default() }.run("files_hosts").await.text();
    assert!(said.contains("10.0.0.5\tdb.warp.local\n"), "{said}");
}

#[tokio::test]
async fn arguments_and_environment_are_what_was_given_and_nothing_else() {
    let setup = Setup {
        arguments: &["print", "a b", "ü", ""],
        environment: &[("GREETING", "good day"), ("EMPTY", "")],
        ..Setup::default()
    };
    let said = setup.run("guests_environment").await.text();
    assert_eq!(said, "arguments [\"a b\", \"ü\", \"\"]\nenvironment [\"EMPTY=\", \"GREETING=good day\"]\n");
    let said = environment(&["print"]).await.text();
    assert_eq!(said, "arguments []\nenvironment []\n", "the host's own environment stays its own");
}

#[tokio::test]
async fn standard_input_and_both_clocks_work() {
    let setup = Setup { arguments: &["input"], input: "one\ntwo", ..Setup::default() };
    assert_eq!(setup.run("guests_environment").await.text(), "input \"one\\ntwo\"\n");
    let said = environment(&["clock"]).await.text();
    let (slept, seconds) = said.trim().split_once(' ').unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(slept == "true" && now.abs_diff(seconds.parse().unwrap()) < 60, "{said}");
}

#[tokio::test]
async fn an_exit_code_says_good_or_bad_which_is_all_that_wasi_0_2_can_say() {
    for (code, seen) in [("0", 0), ("1", 1), ("3", 1), ("255", 1)] {
        let ended = environment(&["exit", code]).await;
        assert_eq!(ended.outcome.unwrap(), Outcome::Exited(seen), "{code}");
    }
}

#[tokio::test]
async fn a_panic_says_where_and_why_on_standard_error() {
    let ended = environment(&["panic"]).await;
    assert!(matches!(ended.outcome, Err(RunError::Trap { .. })), "{:?}", ended.outcome);
    assert!(ended.error.contains("panicked at src/bin/guests_environment.rs:"), "{}", ended.error);
    assert!(ended.error.contains("as the test asked"), "{}", ended.error);
    assert_eq!(ended.output, "");
}

#[tokio::test]
async fn tokio_timers_overlap_and_tasks_pass_messages() {
    for (word, expected) in [("timers", "timed out true\ntogether true\n"), ("tasks", "sum 385\n")] {
        let setup = Setup { arguments: &[word], ..Setup::default() };
        assert_eq!(setup.run("guests_tokio").await.text(), expected);
    }
}

#[tokio::test]
async fn time_zones_are_files_for_any_program() {
    let setup = Setup { arguments: &["Europe/London", "Asia/Tokyo", "Nowhere/Land"], ..Setup::default() };
    let said = setup.run("guests_zones").await.text();
    assert_eq!(said, "Europe/London GMT0BST,M3.5.0/1,M10.5.0\nAsia/Tokyo JST-9\nNowhere/Land NotFound\n");
}

#[tokio::test]
async fn a_command_of_wasi_0_3_prints_and_fails() {
    let setup = Setup { arguments: &["a", "b"], ..Setup::default() };
    assert_eq!(setup.run("guests_command_p3").await.text(), "0.3 says [\"a\", \"b\"]\n");
    let ended = Setup { arguments: &["fail"], ..Setup::default() }.run("guests_command_p3").await;
    assert_eq!(ended.outcome.unwrap(), Outcome::Exited(1));
    assert_eq!(ended.output, "0.3 says [\"fail\"]\n");
}

#[tokio::test]
async fn the_same_program_sees_files_names_and_randomness_without_the_sdk() {
    let toml = "[registry]\n'db.warp.local' = ['10.0.0.5']";
    let said = Setup { toml, ..Setup::default() }.run("guests_libc").await.text();
    assert_eq!(said, "resolv.conf nameserver 127.0.0.1\nname [10.0.0.5:5432]\nrandom true\n");
}
