//! Runs a test again in a process of its own; knows no test.

use std::process::Command;

/// Set to the test's name in the process that is made for it.
const MARK: &str = "WARPGRID_TEST_OF_THIS_PROCESS";

/// Runs `body` in a process where no other test is. `module` is `module_path!()`.
pub(super) fn alone(module: &str, name: &str, body: impl FnOnce()) {
    let path = module.split_once("::").unwrap().1;
    let test = format!("{path}::{name}");
    if std::env::var(MARK).is_ok_and(|running| running == test) {
        return body();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--nocapture", "--test-threads=1"])
        .env(MARK, &test)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    assert!(said.contains("1 passed"), "the test did not run: {said}");
}

/// Bytes of this process that are in memory.
pub(super) fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Descriptors that this process has open.
pub(super) fn descriptors() -> Vec<String> {
    let entries = std::fs::read_dir("/proc/self/fd").unwrap();
    let mut open: Vec<_> = entries
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .map(|target| target.display().to_string())
        .filter(|target| !target.contains("/proc/"))
        .collect();
    open.sort();
    open
}

/// Threads of this process with this name.
pub(super) fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let named = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.unwrap().path().join("comm")).is_ok_and(|comm| comm.trim() == name)
    };
    tasks.map(named).filter(|found| *found).count()
}
