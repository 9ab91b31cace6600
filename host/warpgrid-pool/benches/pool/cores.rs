//! Which core what runs on: servers on the first, load and host on the second. Unpinned ratios scatter widely. Knows no
//! program.
//!
//! A program runs where whoever started it ran: this process moves itself before it starts one.

use std::process::Command;

/// The two kinds of programs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Core {
    Servers,
    Others,
}

/// Moves this process to a core; what it starts from now on runs there. On a machine of one core nothing is moved.
pub(super) fn move_to(core: Core) {
    if are_two() {
        let number = match core {
            Core::Servers => "0",
            Core::Others => "1",
        };
        let process = std::process::id().to_string();
        let moved = Command::new("taskset").args(["-a", "-c", "-p", number, &process]).output();
        let moved = moved.unwrap_or_else(|error| panic!("`taskset` (package `util-linux`): {error}"));
        assert!(moved.status.success(), "taskset: {}", String::from_utf8_lossy(&moved.stderr));
    }
}

/// How many cores what is no server has.
pub(super) fn of_others() -> usize {
    if are_two() { 1 } else { std::thread::available_parallelism().unwrap().get() }
}

fn are_two() -> bool {
    // Asked once: later this process sees the one core that it is on.
    static TWO: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *TWO.get_or_init(|| std::thread::available_parallelism().is_ok_and(|count| count.get() > 1))
}
