//! The cache as its users meet it: several processes at once, dead writers, corrupted bytes. Knows no source kind.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use xtask::cache::built::{self, Key};
use xtask::cache::{Cache, Expected, WrongBytes};
use xtask::digest::sha256_hex;
use xtask::hint::Hint;

/// Set for a copy of this test program that only plays the other process.
const ROLE: &str = "XTASK_CACHE_TEST_ROOT";

#[cfg(test)]
fn expected(sha256: &str) -> Expected<'_> {
    Expected { input: "example", file: "object.bin", sha256 }
}

#[cfg(test)]
fn write_object(cache: &Cache, bytes: &[u8]) -> std::path::PathBuf {
    let temp = cache.temp_dir().unwrap();
    let file = temp.path().join("object.bin");
    fs::write(&file, bytes).unwrap();
    cache.adopt(expected(&sha256_hex(bytes)), "a test", &file).unwrap()
}

#[cfg(test)]
fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".gate")
        .collect();
    names.sort();
    names
}

#[test]
fn an_object_is_found_again_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    assert_eq!(cache.get(expected(&sha256_hex(b"hello"))).unwrap(), None);
    let path = write_object(&cache, b"hello");
    let again = Cache::open(folder.path()).unwrap();
    assert_eq!(again.get(expected(&sha256_hex(b"hello"))).unwrap(), Some(path.clone()));
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o444);
    assert!(entries(&folder.path().join("tmp")).is_empty());
}

#[test]
fn wrong_bytes_are_named_with_both_digests_and_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let file = folder.path().join("object.bin");
    fs::write(&file, b"evil").unwrap();
    let error = cache.copy_in(expected(&sha256_hex(b"good")), "the digest folder", &file).unwrap_err();
    let wrong = error.downcast_ref::<WrongBytes>().unwrap();
    assert_eq!((wrong.input.as_str(), wrong.file.as_str()), ("example", "object.bin"));
    let text = error.to_string();
    assert!(text.contains(&sha256_hex(b"good")) && text.contains(&sha256_hex(b"evil")), "{text}");
    assert!(!cache.object_path(&sha256_hex(b"good")).exists());
    assert_eq!(fs::read(&file).unwrap(), b"evil");
}

#[test]
fn a_corrupted_object_is_refused_moved_aside_and_absent_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let path = write_object(&Cache::open(folder.path()).unwrap(), b"hello");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, b"hellO").unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let sha256 = sha256_hex(b"hello");
    let error = cache.get(expected(&sha256)).unwrap_err();
    let text = error.to_string();
    for part in ["the cache", "`example`", "`object.bin`", &sha256, &sha256_hex(b"hellO")] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    assert!(error.downcast_ref::<Hint>().unwrap().hint().contains("run the command again"));
    assert_eq!(cache.get(expected(&sha256)).unwrap(), None);
    assert_eq!(fs::read(folder.path().join("aside").join(&sha256)).unwrap(), b"hellO");
}

#[test]
fn many_writers_of_one_object_leave_one_good_object() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = vec![7; 300_000];
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let cache = Cache::open(folder.path()).unwrap();
                write_object(&cache, &bytes);
                assert!(cache.get(expected(&sha256_hex(&bytes))).unwrap().is_some());
            });
        }
    });
    let cache = Cache::open(folder.path()).unwrap();
    assert!(cache.get(expected(&sha256_hex(&bytes))).unwrap().is_some());
    assert!(entries(&folder.path().join("tmp")).is_empty());
}

/// Not a test of its own: what the second process does when the next test starts it.
#[test]
fn the_other_process() {
    let Some(root) = std::env::var_os(ROLE) else { return };
    let cache = Cache::open(Path::new(&root)).unwrap();
    let temp = cache.temp_dir().unwrap();
    fs::write(temp.path().join("half"), vec![0; 100_000]).unwrap();
    let _lock = cache.lock("held by the other process").unwrap();
    let _ = built::publish(&cache, &Key::new("half"), |tree| {
        fs::write(tree.join("half"), b"half").unwrap();
        println!("ready");
        // Ends when this process is killed: nobody ever writes to its standard input.
        let _ = std::io::stdin().read_line(&mut String::new());
        anyhow::bail!("the test ended without killing this process")
    });
}

#[test]
fn a_killed_writer_leaves_nothing_that_is_used_and_its_work_is_cleaned_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_other_process", "--nocapture"])
        .env(ROLE, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(other.stdout.take().unwrap()));
    assert!(lines.any(|line| line.unwrap().contains("ready")));
    let cache = Cache::open(folder.path()).unwrap();
    assert_eq!(entries(&folder.path().join("tmp")).len(), 4, "work of a living process is left alone");
    other.kill().unwrap();
    other.wait().unwrap();
    let cache_after = Cache::open(folder.path()).unwrap();
    assert!(entries(&folder.path().join("tmp")).is_empty(), "{:?}", entries(&folder.path().join("tmp")));
    assert_eq!(built::lookup(&cache, &Key::new("half")).unwrap(), None);
    drop(cache.lock("held by the other process").unwrap());
    built::publish(&cache_after, &Key::new("half"), |_| Ok(())).unwrap();
}

#[test]
fn a_built_part_is_built_once_by_many() {
    let folder = tempfile::tempdir().unwrap();
    let built = AtomicUsize::new(0);
    let key = Key::new("tool").with("crate", "1.0");
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let cache = Cache::open(folder.path()).unwrap();
                let tree = built::publish(&cache, &key, |tree| {
                    built.fetch_add(1, Ordering::SeqCst);
                    fs::create_dir(tree.join("bin"))?;
                    fs::write(tree.join("bin/tool"), b"program")?;
                    Ok(())
                });
                assert_eq!(fs::read(tree.unwrap().join("bin/tool")).unwrap(), b"program");
            });
        }
    });
    assert_eq!(built.load(Ordering::SeqCst), 1);
}

#[test]
fn a_failed_build_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let key = Key::new("tool");
    let error = built::publish(&cache, &key, |tree| {
        fs::write(tree.join("half"), b"half")?;
        anyhow::bail!("no compiler")
    });
    assert_eq!(format!("{:#}", error.unwrap_err()), "building `tool`: no compiler");
    assert_eq!(built::lookup(&cache, &key).unwrap(), None);
}

#[test]
fn a_built_part_with_a_changed_missing_or_extra_file_is_built_again() {
    type Damage = fn(&Path) -> std::io::Result<()>;
    let damages: [Damage; 5] = [
        |tree| fs::write(tree.join("bin/tool"), b"Program"),
        |tree| fs::remove_file(tree.join("bin/tool")),
        |tree| fs::write(tree.join("extra"), b""),
        |tree| fs::set_permissions(tree.join("bin/tool"), fs::Permissions::from_mode(0o644)),
        |tree| {
            fs::remove_file(tree.join("tool"))?;
            std::os::unix::fs::symlink("/bin/sh", tree.join("tool"))
        },
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::new("tool");
        let build = |tree: &Path| {
            fs::create_dir(tree.join("bin"))?;
            fs::write(tree.join("bin/tool"), b"program")?;
            fs::set_permissions(tree.join("bin/tool"), fs::Permissions::from_mode(0o755))?;
            std::os::unix::fs::symlink("bin/tool", tree.join("tool"))?;
            Ok(())
        };
        let tree = built::publish(&Cache::open(folder.path()).unwrap(), &key, build).unwrap();
        damage(&tree).unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        assert_eq!(built::lookup(&cache, &key).unwrap(), None);
        built::publish(&cache, &key, build).unwrap();
        assert!(built::lookup(&Cache::open(folder.path()).unwrap(), &key).unwrap().is_some());
    }
}

#[test]
fn keys_differ_by_every_input_and_by_where_one_ends() {
    let key = |pairs: &[(&str, &str)]| {
        pairs.iter().fold(Key::new("tool"), |key, (name, value)| key.with(name, value)).hex()
    };
    assert_eq!(key(&[("a", "b")]), key(&[("a", "b")]));
    assert_ne!(key(&[("a", "b")]), key(&[("a", "c")]));
    assert_ne!(key(&[("ab", "c")]), key(&[("a", "bc")]));
    assert_ne!(Key::new("tool").hex(), Key::new("tools").hex());
}
