//! The steps of the path fuzzer, from a seed: the guest carries them out, and the host's oracle does the same
//! elsewhere. Knows no file system.

/// A small generator of numbers (SplitMix64): the same everywhere.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Read,
    Open,
    OpenFolder,
    Write,
    Create,
    CreateNew,
    Stat,
    ReadLink,
    MakeFolder,
    RemoveFolder,
    Remove,
    Rename,
    Symlink,
    Link,
}

/// One step.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) act: Act,
    pub(crate) path: String,
    /// The second path of a rename or link, or the text of a symbolic link.
    pub(crate) other: String,
    /// Whether a link in the last place is followed.
    pub(crate) follow: bool,
}

const ACTS: [Act; 24] = [
    Act::Read,
    Act::Read,
    Act::Read,
    Act::Read,
    Act::Read,
    Act::Open,
    Act::Open,
    Act::OpenFolder,
    Act::OpenFolder,
    Act::Stat,
    Act::Stat,
    Act::Stat,
    Act::Stat,
    Act::ReadLink,
    Act::Write,
    Act::Create,
    Act::CreateNew,
    Act::MakeFolder,
    Act::MakeFolder,
    Act::RemoveFolder,
    Act::Remove,
    Act::Rename,
    Act::Symlink,
    Act::Link,
];

const NAMES: [&str; 32] = [
    "a",
    "b",
    "c",
    "d",
    "a",
    "b",
    "c",
    "etc",
    "etc",
    "hosts",
    "hosts",
    "passwd",
    "resolv.conf",
    "usr",
    "share",
    "zoneinfo",
    "UTC",
    "US",
    "Eastern",
    "Nowhere",
    "dev",
    "null",
    "urandom",
    "proc",
    "self",
    "comm",
    "l",
    "m",
    "ä\u{301}\u{1f980}",
    "\u{fffd}",
    " ",
    "...",
];

/// Paths that lead somewhere, so that not all steps end in nothing.
const WHOLE: [&str; 14] = [
    "etc/hosts",
    "etc/passwd",
    "usr/share/zoneinfo/UTC",
    "usr/share/zoneinfo/US/Eastern",
    "proc/self/comm",
    "dev/null",
    "l/hosts",
    "m/../etc/hosts",
    "l",
    "m",
    "a/b",
    "a/b/c",
    "usr/share",
    "etc/../etc/resolv.conf",
];

/// The next step.
pub(crate) fn step(numbers: &mut Numbers) -> Step {
    let act = ACTS[numbers.below(ACTS.len() as u64) as usize];
    let path = path(numbers);
    let other = match act {
        Act::Rename | Act::Link | Act::Symlink => self::path(numbers),
        _ => String::new(),
    };
    Step { act, path, other, follow: numbers.below(4) != 0 }
}

fn path(numbers: &mut Numbers) -> String {
    match numbers.below(400) {
        0 => return String::new(),
        1 => return "a/".repeat(2 + numbers.below(3000) as usize),
        2 => return format!("{}/hosts", "x".repeat(250 + numbers.below(12) as usize)),
        3 => return "../".repeat(1 + numbers.below(5) as usize) + "etc/hosts",
        _ => {}
    }
    let mut path = String::new();
    if numbers.one_in(60) {
        path.push('/');
    }
    if numbers.one_in(3) {
        path.push_str(WHOLE[numbers.below(WHOLE.len() as u64) as usize]);
        if numbers.one_in(3) {
            path.push('/');
            path.push_str(name(numbers));
        }
    } else {
        for number in 0..=numbers.below(5) {
            if number > 0 {
                path.push('/');
            }
            path.push_str(name(numbers));
            if numbers.one_in(12) {
                path.push('/');
            }
        }
    }
    if numbers.one_in(10) {
        path.push('/');
    }
    if numbers.one_in(200) {
        let mut at = numbers.below(path.len() as u64 + 1) as usize;
        while !path.is_char_boundary(at) {
            at -= 1;
        }
        path.insert(at, '\0');
    }
    path
}

fn name(numbers: &mut Numbers) -> &'static str {
    match numbers.below(10) {
        0 | 1 => "..",
        2 => ".",
        _ => NAMES[numbers.below(NAMES.len() as u64) as usize],
    }
}

/// 32 bits of a content.
pub(crate) fn digest(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
