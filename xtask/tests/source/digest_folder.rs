//! Files by digest: found by name or by list, refused when they are something else.
use std::fs;
use std::path::Path;

use xtask::digest::sha256_hex;
use xtask::source::FetchOptions;

use crate::support::{fetch, manifest, options, told};

const GOOD: &[u8] = b"good";

fn offline_with(cache: &Path, folder: &Path) -> FetchOptions {
    FetchOptions { offline: true, distfiles: Some(folder.to_owned()), ..options(cache) }
}

fn pinned() -> xtask::manifest::Manifest {
    let pin = format!(
        "[[pin]]\nkind = \"npm\"\nname = \"thing\"\nversion = \"1\"\nfile = \"thing-1.tgz\"\nsha256 = \"{}\"\n",
        sha256_hex(GOOD)
    );
    manifest("[[source]]\nkind = \"npm\"\npackage = \"thing\"\n", &pin)
}

#[test]
fn a_file_is_found_by_its_name_by_its_digest_or_by_the_list() {
    let named = ["thing-1.tgz".to_owned(), sha256_hex(GOOD), "other-name".to_owned()];
    for name in &named {
        let (cache, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(folder.path().join(name), GOOD).unwrap();
        let list = format!("{}  something\n{}  other-name\n", "0".repeat(64), sha256_hex(GOOD));
        fs::write(folder.path().join("SHA256SUMS"), list).unwrap();
        let fetched = fetch(&offline_with(cache.path(), folder.path()), &pinned()).unwrap();
        assert_eq!(fs::read(&fetched.artifacts[0].path).unwrap(), GOOD, "{name}");
        assert!(fetched.artifacts[0].path.starts_with(cache.path()));
    }
}

#[test]
fn another_file_of_that_name_is_an_error_and_not_passed_over() {
    let (cache, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("thing-1.tgz"), b"evil").unwrap();
    let text = told(&fetch(&offline_with(cache.path(), folder.path()), &pinned()).unwrap_err());
    for part in ["the digest folder", "`example`", "`thing-1.tgz`", &sha256_hex(GOOD), &sha256_hex(b"evil")] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[test]
fn a_corrupted_cache_ends_one_run_and_the_next_one_repairs_it() {
    let (cache, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("thing-1.tgz"), GOOD).unwrap();
    let options = offline_with(cache.path(), folder.path());
    let path = fetch(&options, &pinned()).unwrap().artifacts.remove(0).path;
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"evil").unwrap();
    let text = told(&fetch(&options, &pinned()).unwrap_err());
    assert!(
        text.contains("the cache answered with other bytes") && text.contains("run the command again"),
        "{text}"
    );
    let again = fetch(&options, &pinned()).unwrap();
    assert_eq!(fs::read(&again.artifacts[0].path).unwrap(), GOOD);
}
