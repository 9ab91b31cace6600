//! How guests end.

use crate::harness::{load, module, plain_component, run, run_with};
use warpgrid_host::instance::{Folder, InstanceOptions, Outcome, RunError};

#[tokio::test]
async fn the_exit_code_of_a_guest_is_passed_on() {
    for (letter, code) in [("r", 0), ("0", 0), ("1", 1), ("7", 7)] {
        let ran = run("exit", "", &[letter]).await;
        assert_eq!(ran.outcome.unwrap(), Outcome::Exited(code), "{letter}");
    }
}

#[tokio::test]
async fn a_trap_is_told_from_an_exit_and_names_the_function() {
    let Err(RunError::Trap { trap, frames }) = run("exit", "", &["t"]).await.outcome else {
        panic!("no trap")
    };
    assert!(trap.contains("unreachable"), "{trap}");
    assert_eq!(frames[0], "trap_here");
}

#[tokio::test]
async fn a_trap_of_one_instance_leaves_the_next_untouched() {
    let application = load(&module("exit"), "").unwrap();
    assert!(run_with(&application, &["t"], &[]).await.outcome.is_err());
    assert_eq!(run_with(&application, &["3"], &[]).await.outcome.unwrap(), Outcome::Exited(3));
}

#[tokio::test]
async fn a_command_of_wasi_0_3_runs() {
    let application = load(&plain_component("async-command"), "").unwrap();
    assert_eq!(run_with(&application, &[], &[]).await.outcome.unwrap(), Outcome::Exited(1));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let application = load(&module("exit"), "").unwrap();
    let folder = Folder { host: "/nowhere/at/all".into(), guest: "/data".into(), read_only: true };
    let options = InstanceOptions { folders: vec![folder], ..InstanceOptions::default() };
    let error = application.instantiate(options).run().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot open the folder `/nowhere/at/all` for the guest");
}
