//! Which core what runs on: servers on the first, load and host on the second. Unpinned ratios scatter widely. Knows no
//! program.

use std::process::Command;

const SERVERS: &str = "0";
const OTHERS: &str = "1";

fn are_two() -> bool {
    std::thread::available_parallelism().is_ok_and(|count| count.get() > 1)
}

/// Moves a running server, with all of its threads; those it makes later follow.
pub(super) fn pin_server(process: u32) {
    pin(process, SERVERS);
}

/// Moves a running pooler to where the load is.
pub(super) fn pin_pooler(process: u32) {
    pin(process, OTHERS);
}

fn pin(process: u32, core: &str) {
    if are_two() {
        let output =
            Command::new("taskset").args(["-a", "-c", "-p", core, &process.to_string()]).output().unwrap();
        assert!(output.status.success(), "taskset: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A program that starts on the core of whatever is no server.
pub(super) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    if !are_two() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", OTHERS]).arg(program);
    command
}
