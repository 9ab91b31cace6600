//! The files of `/proc/self`; knows nothing of the real host's processes.
//!
//! Every number is a constant or comes from [`ProcessFacts`]: process 1, user 1000, one thread. Nothing
//! tells one host from another.

use super::{FileBytes, FileKind, VirtualFolder};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The longest command name, as the kernel's `comm` has it.
const MAX_COMM_BYTES: usize = 15;

/// What the guest may know of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessFacts {
    /// The program's name; `guest` when empty. Shown cut to 15 bytes.
    pub name: String,
    /// The arguments, with the program's name first.
    pub arguments: Vec<String>,
    /// The environment of the guest.
    pub environment: Vec<(String, String)>,
}

impl ProcessFacts {
    pub(super) fn folder(&self) -> ProcessFolder {
        let comm = self.comm();
        let mut arguments = String::new();
        for argument in &self.arguments {
            arguments.push_str(argument);
            arguments.push('\0');
        }
        let mut environment = String::new();
        for (key, value) in &self.environment {
            environment.push_str(key);
            environment.push('=');
            environment.push_str(value);
            environment.push('\0');
        }
        let status = format!(
            "Name:\t{comm}\nUmask:\t0022\nState:\tR (running)\nTgid:\t1\nNgid:\t0\nPid:\t1\nPPid:\t0\n\
             TracerPid:\t0\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nFDSize:\t64\n\
             Groups:\t1000\nVmSize:\t       0 kB\nVmRSS:\t       0 kB\nThreads:\t1\n\
             CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t0\n"
        );
        let mut stat = format!("1 ({comm}) R 0 1 1 0 -1 0");
        for _ in 10..=52 {
            stat.push_str(" 0");
        }
        stat.push('\n');
        let files = [
            ("cgroup", "0::/\n".into()),
            ("cmdline", arguments.into()),
            ("comm", format!("{comm}\n").into()),
            ("environ", environment.into()),
            ("mounts", "warpgrid / warpgrid rw 0 0\n".into()),
            ("stat", stat.into()),
            ("statm", "0 0 0 0 0 0 0\n".into()),
            ("status", status.into()),
        ];
        ProcessFolder { files: files.into_iter().collect() }
    }

    fn comm(&self) -> String {
        let name = if self.name.is_empty() { "guest" } else { &self.name };
        let mut comm = String::new();
        for character in name.chars().map(|c| if c.is_control() || "()".contains(c) { '_' } else { c }) {
            if comm.len() + character.len_utf8() > MAX_COMM_BYTES {
                break;
            }
            comm.push(character);
        }
        comm
    }
}

pub(super) struct ProcessFolder {
    files: BTreeMap<&'static str, FileBytes>,
}

impl VirtualFolder for ProcessFolder {
    fn file(&self, relative: &str) -> Option<FileBytes> {
        self.files.get(relative).cloned()
    }

    fn list(&self, relative: &str) -> Option<Vec<(String, FileKind)>> {
        relative
            .is_empty()
            .then(|| self.files.keys().map(|name| (String::from(*name), FileKind::Regular)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(facts: &ProcessFacts, name: &str) -> String {
        String::from_utf8(facts.folder().file(name).unwrap().as_ref().to_vec()).unwrap()
    }

    #[test]
    fn the_guest_sees_its_own_name_arguments_and_environment() {
        let facts = ProcessFacts {
            name: "users".into(),
            arguments: ["users".into(), "--port=1".into()].into(),
            environment: [("APP".into(), "x".into())].into(),
        };
        assert!(text(&facts, "status").starts_with("Name:\tusers\n"));
        assert_eq!(text(&facts, "comm"), "users\n");
        assert_eq!(text(&facts, "cmdline"), "users\0--port=1\0");
        assert_eq!(text(&facts, "environ"), "APP=x\0");
        assert_eq!(text(&facts, "stat").split_whitespace().count(), 52);
    }

    #[test]
    fn a_name_cannot_break_the_format() {
        let facts = ProcessFacts { name: "a) R\nUid:\t0 and more".into(), ..ProcessFacts::default() };
        assert_eq!(text(&facts, "comm"), "a_ R_Uid:_0 and\n");
        assert_eq!(text(&ProcessFacts::default(), "comm"), "guest\n");
    }
}
