//! Folders that are renamed and exchanged for links by another thread while the guest reads: nothing from
//! outside, and nothing that a virtual file hides, is ever seen.

use super::tree::{HIDDEN, OUTSIDE, make};
use crate::harness::{guest, load, run_with_folders};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use warpgrid_host::instance::Folder;

/// Changes the folders until told to stop, and says how often.
fn disturb(root: &Path, stop: &AtomicBool) -> u64 {
    let at = |name: &str| root.join(name);
    fs::create_dir(at("flip")).unwrap();
    fs::create_dir(at("flip/deep")).unwrap();
    fs::write(at("flip/hosts"), "inside").unwrap();
    for (link, text) in [("to-etc", "etc"), ("to-outside", ".."), ("to-root", ".")] {
        symlink(text, at(link)).unwrap();
    }
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        // A folder becomes a link and a folder again, under the same name.
        for link in ["to-etc", "to-outside", "to-root"] {
            fs::rename(at("flip"), at("away")).unwrap();
            fs::rename(at(link), at("flip")).unwrap();
            fs::rename(at("flip"), at(link)).unwrap();
            fs::rename(at("away"), at("flip")).unwrap();
        }
        // A folder moves up and down, so that `..` in it means another one.
        fs::rename(at("flip/deep"), at("deep")).unwrap();
        fs::rename(at("deep"), at("flip/deep")).unwrap();
        rounds += 1;
    }
    rounds
}

fn race(guest_path: &str, never: &[&str]) {
    let base = TempDir::new().unwrap();
    make(base.path(), |_| HIDDEN.to_owned());
    let root = base.path().join("root");
    let program = load(&guest("vfs_fuzz"), "").unwrap();
    let stop = AtomicBool::new(false);
    let paths = [
        "flip/hosts",
        "flip/../etc/hosts",
        "flip/deep/../hosts",
        "flip/deep/../../etc/hosts",
        "flip/etc/hosts",
        "flip/deep/../../../etc/hosts",
        "deep/../etc/hosts",
    ];
    let arguments: Vec<&str> = ["race", guest_path, "1500"].into_iter().chain(paths).collect();
    let folder = Folder { host: root.clone(), guest: guest_path.to_owned(), read_only: false };
    let (ran, rounds) = std::thread::scope(|scope| {
        let disturbing = scope.spawn(|| disturb(&root, &stop));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ran = runtime.block_on(run_with_folders(&program, &arguments, vec![folder], &[]));
        stop.store(true, Ordering::Relaxed);
        (ran, disturbing.join().unwrap())
    });
    let said = ran.ran.text();
    assert!(rounds > 0 && said.contains(" inside\n"), "the race was run: {rounds} rounds\n{said}");
    for text in never {
        assert!(!said.contains(text), "`{text}` was read\n{said}");
    }
}

#[test]
fn a_race_shows_nothing_hidden_and_nothing_from_outside() {
    race("/", &[OUTSIDE, HIDDEN]);
}

#[test]
fn a_race_in_a_plain_folder_shows_nothing_from_outside() {
    race("/data", &[OUTSIDE]);
}
