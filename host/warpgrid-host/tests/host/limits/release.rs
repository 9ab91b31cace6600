//! A guest that ends in a bad way leaves nothing behind: no descriptor, no task, no memory.

use super::attack::{HOST_BYTES, application, engine, run};
use super::own_process::{alone, descriptors, resident};
use crate::harness::guest;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::runtime::Handle;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_host::Application;
use warpgrid_host::instance::{Folder, InstanceOptions, Outcome, RunError, Stdio};
use wasmtime_wasi::cli::AsyncStdoutStream;

const MEMORY: usize = 64 << 20;

/// Starts a guest that holds forty files, forty pollables and 32 MiB, and waits until it says so.
async fn holding(
    application: &Arc<Application>,
    folder: &Path,
    then: &'static str,
) -> tokio::task::JoinHandle<Result<Outcome, RunError>> {
    let (ours, mut said) = tokio::io::duplex(64);
    let options = InstanceOptions {
        arguments: ["guest", "hold", then].map(str::to_owned).to_vec(),
        folders: vec![Folder { host: folder.to_owned(), guest: "/data".to_owned(), read_only: false }],
        stdio: Stdio::Streams {
            input: None,
            output: Some(Box::new(AsyncStdoutStream::new(64, ours))),
            error: None,
        },
        ..InstanceOptions::default()
    };
    let application = application.clone();
    let running = tokio::spawn(async move { application.instantiate(options).run().await });
    let mut word = [0; 5];
    said.read_exact(&mut word).await.unwrap();
    assert_eq!(&word, b"held\n");
    running
}

/// What there is of this process, besides its memory.
fn counts() -> (Vec<String>, usize) {
    (descriptors(), Handle::current().metrics().num_alive_tasks())
}

/// Lets tasks that were told to stop do so.
async fn settled(before: &(Vec<String>, usize)) -> (Vec<String>, usize) {
    let settle = async {
        while counts() != *before {
            tokio::task::yield_now().await;
        }
    };
    // A time-out is not the failure: the comparison of the caller is, and it says what is left.
    let _ = tokio::time::timeout(Duration::from_secs(10), settle).await;
    counts()
}

#[test]
fn a_trap_a_time_out_a_lack_of_memory_and_a_cut_leave_nothing_behind() {
    alone(module_path!(), "a_trap_a_time_out_a_lack_of_memory_and_a_cut_leave_nothing_behind", || {
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        threads.unwrap().block_on(ends());
    });
}

async fn ends() {
    let engine = engine();
    let limits =
        GuestLimits { memory_bytes: MEMORY, cpu: Some(Duration::from_millis(500)), ..GuestLimits::default() };
    let guest_program = application(&engine, &guest("limits_attack"), limits);
    let untouched = application(&engine, &guest("limits_answer"), GuestLimits::default());
    let folder = tempfile::tempdir().unwrap();
    let expected = run(&untouched, &[]).await.0.text();
    // The first instance opens what the process keeps.
    holding(&guest_program, folder.path(), "trap").await.await.unwrap().unwrap_err();
    let without_tasks = async {
        while counts().1 != 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), without_tasks)
        .await
        .expect("tasks of the first one are left");
    let before = counts();
    let memory = resident();
    for _ in 0..3 {
        for how in ["trap", "spin", "memory", "wait"] {
            let running = holding(&guest_program, folder.path(), how).await;
            if how == "wait" {
                assert!(counts().0.len() >= before.0.len() + 40, "the files are open");
                running.abort();
            }
            match (how, running.await) {
                ("trap", Ok(Err(RunError::Trap { .. })))
                | ("spin", Ok(Err(RunError::CpuLimit { .. })))
                | ("memory", Ok(Err(RunError::OutOfMemory { .. }))) => {}
                ("wait", Err(cut)) if cut.is_cancelled() => {}
                (how, other) => panic!("{how}: {other:?}"),
            }
            assert_eq!(settled(&before).await, before, "after {how}");
            assert_eq!(run(&untouched, &[]).await.0.text(), expected, "after {how}");
        }
    }
    let more = resident().saturating_sub(memory);
    assert!(more <= HOST_BYTES, "{more} bytes more");
}
