//! What the engine itself gives: room, kept code, exceptions.

use super::attack::{application, run};
use super::memory::command;
use super::own_process::{alone, threads};
use crate::harness::guest;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use warpgrid_grants::limits::GuestLimits;
use warpgrid_host::engine::{CodeCacheUse, EngineOptions, Room};
use warpgrid_host::instance::{Outcome, RunError};
use warpgrid_host::{ShimConfig, WarpGridEngine};

fn engine(options: &EngineOptions) -> WarpGridEngine {
    WarpGridEngine::with_options(ShimConfig::default(), options).unwrap()
}

#[tokio::test]
async fn room_is_reserved_and_a_guest_beyond_it_is_told_so() {
    let engine = engine(&EngineOptions { max_instances: 1, ..EngineOptions::default() });
    assert_eq!(*engine.room(), Room::Reserved);
    let program = application(&engine, &guest("limits_attack"), GuestLimits::default());
    let first = tokio::spawn({
        let program = program.clone();
        async move { run(&program, &["sleep", "3600000"]).await.0.outcome }
    });
    let second = loop {
        // The first one takes its room when it is polled, at the latest after this yield.
        tokio::task::yield_now().await;
        match run(&program, &["work", "1"]).await.0.outcome {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(second, RunError::NoRoom { .. }), "{second:?}");
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(run(&program, &["work", "1"]).await.0.text(), "worked\n");
}

#[test]
fn a_process_with_little_address_space_does_without_reserved_room() {
    alone(module_path!(), "a_process_with_little_address_space_does_without_reserved_room", || {
        let limit = Rlimit { current: Some(4 << 30), maximum: Some(4 << 30) };
        setrlimit(Resource::As, limit).unwrap();
        let engine = engine(&EngineOptions::default());
        let Room::OnDemand { reason } = engine.room() else { panic!("reserved") };
        assert!(reason.contains("address space"), "{reason}");
        let program = application(&engine, &guest("limits_answer"), GuestLimits::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (ran, _) = runtime.block_on(run(&program, &[]));
        assert_eq!(ran.outcome.unwrap(), Outcome::Exited(0));
    });
}

#[test]
fn the_ticker_stops_with_the_last_user_of_its_engine() {
    alone(module_path!(), "the_ticker_stops_with_the_last_user_of_its_engine", || {
        let engine = engine(&EngineOptions::default());
        let application = application(&engine, &guest("limits_answer"), GuestLimits::default());
        drop(engine);
        assert_eq!(threads("warpgrid-ticker"), 1);
        drop(application);
        let start = Instant::now();
        while threads("warpgrid-ticker") > 0 {
            assert!(start.elapsed() < Duration::from_secs(10), "the ticker runs on");
            std::thread::yield_now();
        }
    });
}

fn loaded(folder: &Path) -> Option<CodeCacheUse> {
    let options = EngineOptions { code_cache: Some(folder.to_owned()), ..EngineOptions::default() };
    let engine = engine(&options);
    application(&engine, &guest("limits_answer"), GuestLimits::default());
    engine.code_cache()
}

#[test]
fn compiled_code_is_kept_and_used_again() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("a/compiled");
    assert_eq!(loaded(&folder), Some(CodeCacheUse { hits: 0, misses: 1 }));
    assert_eq!(loaded(&folder), Some(CodeCacheUse { hits: 1, misses: 0 }));
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    // What is broken is compiled again.
    let mut cut = 0;
    for file in files(&folder).iter().filter(|file| file.metadata().unwrap().len() > 10_000) {
        std::fs::File::options().write(true).open(file).unwrap().set_len(5000).unwrap();
        cut += 1;
    }
    assert_eq!(cut, 1);
    assert_eq!(loaded(&folder), Some(CodeCacheUse { hits: 0, misses: 1 }));
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_folder_of_compiled_code_that_others_may_write_is_not_used() {
    let place = tempfile::tempdir().unwrap();
    let open = place.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let link = place.path().join("link");
    std::fs::create_dir(place.path().join("ours")).unwrap();
    std::os::unix::fs::symlink(place.path().join("ours"), &link).unwrap();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    for unusable in [open, link, file, "/proc/none/compiled".into(), "relative/to/nothing/\0".into()] {
        assert_eq!(loaded(&unusable), None, "{unusable:?}");
    }
}

#[tokio::test]
async fn a_guest_may_throw_and_catch() {
    let bytes = command(
        r#"(tag $thrown (param i32))
           (func $throw (throw $thrown (i32.const 0)))
           (func (export "run") (result i32)
             (block $caught (result i32)
               (try_table (catch $thrown $caught) (call $throw))
               (i32.const 1)))"#,
    );
    for pooling in [true, false] {
        let engine = engine(&EngineOptions { pooling, ..EngineOptions::default() });
        let program = application(&engine, &bytes, GuestLimits::default());
        assert_eq!(run(&program, &[]).await.0.outcome.unwrap(), Outcome::Exited(0));
    }
}
