//! Git repositories that the test makes: the pinned commit, a moved tag, a wrong tree, no repository.
use std::fs;
use std::path::Path;

use git2::{Repository, Signature, Time};
use xtask::manifest::Manifest;
use xtask::source::{FetchOptions, unpack};

use crate::support::{fetch, manifest, options, told};

/// A repository with one commit under the tag `v1`; gives the commit's and the tree's id.
fn repository(path: &Path, content: &str) -> (String, String) {
    let repository = Repository::init(path).unwrap();
    let (commit, tree) = commit(&repository, content);
    let object = repository.find_object(git2::Oid::from_str(&commit).unwrap(), None).unwrap();
    repository.tag("v1", &object, &who(), "version 1", true).unwrap();
    (commit, tree)
}

fn who() -> Signature<'static> {
    Signature::new("Test", "test@example.org", &Time::new(1_000_000_000, 0)).unwrap()
}

fn commit(repository: &Repository, content: &str) -> (String, String) {
    let root = repository.workdir().unwrap();
    fs::write(root.join("file.txt"), content).unwrap();
    let mut index = repository.index().unwrap();
    index.add_path(Path::new("file.txt")).unwrap();
    index.write().unwrap();
    let tree = index.write_tree().unwrap();
    let parents: Vec<git2::Commit<'_>> =
        repository.head().ok().map(|head| head.peel_to_commit().unwrap()).into_iter().collect();
    let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
    let found = repository.find_tree(tree).unwrap();
    let commit = repository.commit(Some("HEAD"), &who(), &who(), "message", &found, &parents).unwrap();
    (commit.to_string(), tree.to_string())
}

fn pinned(path: &Path, commit: &str, tree: &str) -> Manifest {
    let url = format!("file://{}", path.display());
    let name = path.file_name().unwrap().to_str().unwrap();
    manifest(
        &format!("[[source]]\nkind = \"git\"\nurl = \"{url}\"\nref = \"v1\"\n"),
        &format!(
            "[[pin]]\nkind = \"git\"\nname = \"{name}\"\nversion = \"v1\"\ncommit = \"{commit}\"\ntree = \"{tree}\"\n"
        ),
    )
}

/// As [`options`], without any client on the path.
fn without_clients(cache: &Path) -> FetchOptions {
    let mut options = options(cache);
    options.clients.path = "/nowhere".into();
    options
}

#[test]
fn the_pinned_commit_arrives_and_is_at_hand_without_git_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (commit, tree) = repository(&folder.path().join("up"), "one\n");
    let manifest = pinned(&folder.path().join("up"), &commit, &tree);
    let cache = folder.path().join("cache");
    fetch(&options(&cache), &manifest).unwrap();
    let artifact = fetch(&without_clients(&cache), &manifest).unwrap().artifacts.remove(0);
    assert_eq!((artifact.commit.as_deref(), artifact.sha256), (Some(commit.as_str()), None));
    unpack::git_tree(&artifact.path, &commit, &folder.path().join("out")).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("out/file.txt")).unwrap(), "one\n");
}

#[test]
fn a_moved_tag_still_gives_the_pinned_commit_when_the_repository_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("up");
    let (first, tree) = repository(&path, "one\n");
    let opened = Repository::open(&path).unwrap();
    commit(&opened, "two\n");
    opened
        .tag("v1", &opened.head().unwrap().peel(git2::ObjectType::Commit).unwrap(), &who(), "moved", true)
        .unwrap();
    let fetched = fetch(&options(&folder.path().join("cache")), &pinned(&path, &first, &tree)).unwrap();
    unpack::git_tree(&fetched.artifacts[0].path, &first, &folder.path().join("out")).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("out/file.txt")).unwrap(), "one\n");
}

#[test]
fn a_tag_that_stands_for_another_commit_is_an_error_with_both() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("up");
    let (there, tree) = repository(&path, "one\n");
    let pinned_commit = "1".repeat(40);
    let manifest = pinned(&path, &pinned_commit, &tree);
    let text = told(&fetch(&options(&folder.path().join("cache")), &manifest).unwrap_err());
    for part in ["`git`", "`example`", &there, &pinned_commit] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[test]
fn a_commit_with_another_tree_is_an_error_with_both_and_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("up");
    let (commit, tree) = repository(&path, "one\n");
    let wrong = "2".repeat(40);
    let cache = folder.path().join("cache");
    let text = told(&fetch(&options(&cache), &pinned(&path, &commit, &wrong)).unwrap_err());
    for part in ["`example`", &tree, &wrong] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    assert!(fs::read_dir(cache.join("git")).unwrap().next().is_none());
}

#[test]
fn no_repository_and_no_git_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = pinned(&folder.path().join("up"), &"1".repeat(40), &"2".repeat(40));
    let text = told(&fetch(&options(&folder.path().join("cache")), &manifest).unwrap_err());
    assert!(text.starts_with("no source of input `example` answers\n  git: `git` failed: "), "{text}");
    let text = told(&fetch(&without_clients(&folder.path().join("cache")), &manifest).unwrap_err());
    assert!(text.contains("the program `git` is not installed"), "{text}");
    assert!(text.contains("hint: sudo apt-get install git"), "{text}");
}

#[test]
fn a_damaged_repository_in_the_cache_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("up");
    let (commit, tree) = repository(&path, "one\n");
    let manifest = pinned(&path, &commit, &tree);
    let cache = folder.path().join("cache");
    let repository = fetch(&options(&cache), &manifest).unwrap().artifacts.remove(0).path;
    fs::remove_dir_all(repository.join("objects")).unwrap();
    fs::create_dir(repository.join("objects")).unwrap();
    let text = told(&fetch(&options(&cache), &manifest).unwrap_err());
    assert!(text.contains("is damaged") && text.contains("hint: remove `"), "{text}");
}
