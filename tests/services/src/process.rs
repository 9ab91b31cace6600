//! A running server with the processes it started: killed at once and waited for. Knows not what it serves.
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// How long the kernel may take to end a killed process, and a server to stop when told to.
const END: Duration = Duration::from_secs(30);
/// Between two looks at a process.
const LOOK: Duration = Duration::from_millis(2);

/// A process and what it started.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
}

impl Running {
    pub(crate) fn new(child: Child) -> Self {
        Self { child }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, when it has.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<String>> {
        Ok(self.child.try_wait().context("looking after a server")?.map(|status| status.to_string()))
    }

    /// Ends it and all it started with SIGKILL, and waits until they are gone.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        let mut others = Vec::new();
        if self.ended()?.is_none() {
            let parent = pid(self.id())?;
            // While it stands still it starts no more.
            let _ = kill_process(parent, Signal::STOP);
            others = descendants(self.id());
            let _ = kill_process(parent, Signal::KILL);
        }
        for other in &others {
            let _ = kill_process(pid(*other)?, Signal::KILL);
        }
        self.child.wait().context("waiting for a killed server")?;
        let end = Instant::now() + END;
        for other in others {
            while test_kill_process(pid(other)?).is_ok() && !is_zombie(other) {
                if Instant::now() > end {
                    bail!("process {other} does not end");
                }
                std::thread::sleep(LOOK);
            }
        }
        Ok(())
    }

    /// Tells it to end with `signal`, and waits; kills it when it does not.
    pub(crate) fn stop(&mut self, signal: Signal) -> anyhow::Result<()> {
        if self.ended()?.is_none() {
            let _ = kill_process(pid(self.id())?, signal);
        }
        let end = Instant::now() + END;
        while self.ended()?.is_none() {
            if Instant::now() > end {
                return self.kill();
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.kill();
    }
}

fn pid(id: u32) -> anyhow::Result<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw).with_context(|| format!("{id} is no process"))
}

/// Everything that `parent` started, and what that started.
fn descendants(parent: u32) -> Vec<u32> {
    let mut pairs = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if let Some((_, parent)) = state_and_parent(id) {
            pairs.push((id, parent));
        }
    }
    let mut found = vec![parent];
    let mut index = 0;
    while index < found.len() {
        let above = found[index];
        found.extend(pairs.iter().filter(|(_, parent)| *parent == above).map(|(id, _)| *id));
        index += 1;
    }
    found.remove(0);
    found
}

/// Ended, and not yet collected by whoever has to.
fn is_zombie(id: u32) -> bool {
    state_and_parent(id).is_none_or(|(state, _)| matches!(state, 'Z' | 'X'))
}

/// `proc_pid_stat(5)`: `<id> (<name>) <state> <parent> …`, where the name may hold anything.
fn state_and_parent(id: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
