//! The source kind `git`: one commit of a repository, checked by commit and tree. Fetched with git, so that its
//! credentials and proxies are honoured; read back with libgit2, which verifies what it reads and starts no program.
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use git2::{Oid, Repository};

use super::fetcher::{Failure, FetchContext};
use crate::cache::Cache;
use crate::digest::sha256_hex;
use crate::hint::Hint;

/// Ends a transfer that stands still for half a minute.
const STALLED: [&str; 4] = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30"];

/// The bare repository in the cache that holds the pinned commit, when it is there and has the pinned tree.
pub(super) fn at_hand(
    cache: &Cache,
    input: &str,
    url: &str,
    commit: &str,
    tree: Option<&str>,
) -> anyhow::Result<Option<PathBuf>> {
    let path = repository_path(cache, url, commit);
    if !path.is_dir() {
        return Ok(None);
    }
    let found = tree_of(&path, commit).map_err(|error| {
        let message = format!("the repository of input `{input}` in the cache is damaged: {error:#}");
        Hint::new(message, format!("remove `{}` and run the command again", path.display()))
    })?;
    check_tree(input, commit, tree, &found)?;
    Ok(Some(path))
}

/// Fetches the pinned commit, without its history, into a repository of its own in the cache.
pub(super) fn fetch(
    context: &FetchContext<'_>,
    input: &str,
    url: &str,
    reference: &str,
    commit: &str,
    tree: Option<&str>,
) -> Result<(), Failure> {
    let _lock = context.cache.lock(&format!("git {url} {commit}"))?;
    if at_hand(context.cache, input, url, commit, tree)?.is_some() {
        return Ok(());
    }
    let _spinner = context.progress.spinner(&format!("git {input} {reference}"));
    let temp = context.cache.temp_dir()?;
    let remote = Remote::new(context, url, temp.path())?;
    // By id where the server allows it, which most do; else by name, as it stands there now.
    if remote.fetch(commit, commit).is_err() {
        let advertised = remote.resolve(reference).map_err(Failure::Unavailable)?;
        let Some(advertised) = advertised else {
            let error = anyhow::anyhow!("the repository has neither commit {commit} nor `{reference}`");
            return Err(Failure::Unavailable(error));
        };
        if advertised != commit {
            return Err(Failure::Fatal(anyhow::anyhow!(
                "source `git` of input `{input}` has another commit under `{reference}` and not the pinned one: \
                 it has {advertised}, pinned is {commit}"
            )));
        }
        remote.fetch(reference, commit).map_err(Failure::Unavailable)?;
    }
    check_tree(input, commit, tree, &tree_of(&remote.path, commit)?)?;
    remote.publish(commit)?;
    Ok(())
}

/// The commit and tree that a reference of a repository stands for now; leaves the commit in the cache.
pub(super) fn current(
    context: &FetchContext<'_>,
    url: &str,
    reference: &str,
) -> anyhow::Result<(String, String)> {
    let temp = context.cache.temp_dir()?;
    let remote = Remote::new(context, url, temp.path())?;
    let commit =
        remote.resolve(reference)?.with_context(|| format!("the repository has no `{reference}`"))?;
    remote.fetch(reference, &commit)?;
    let tree = tree_of(&remote.path, &commit)?;
    let _lock = context.cache.lock(&format!("git {url} {commit}"))?;
    remote.publish(&commit)?;
    Ok((commit, tree))
}

fn repository_path(cache: &Cache, url: &str, commit: &str) -> PathBuf {
    let name = sha256_hex(format!("{url} {commit}").as_bytes());
    cache.root().join("git").join(format!("{name}.git"))
}

/// The tree of a commit; libgit2 verifies the commit's bytes against its id.
fn tree_of(repository: &Path, commit: &str) -> anyhow::Result<String> {
    let opened =
        Repository::open_bare(repository).with_context(|| format!("opening `{}`", repository.display()))?;
    let oid = Oid::from_str(commit).with_context(|| format!("`{commit}` is no commit id"))?;
    let found = opened.find_commit(oid).with_context(|| format!("commit {commit} is not there"))?;
    let tree = found.tree().with_context(|| format!("the tree of {commit} is not there"))?;
    Ok(tree.id().to_string())
}

fn check_tree(input: &str, commit: &str, pinned: Option<&str>, found: &str) -> anyhow::Result<()> {
    match pinned {
        Some(pinned) if pinned != found => anyhow::bail!(
            "commit {commit} of input `{input}` has another tree than pinned: it has {found}, pinned is {pinned}"
        ),
        _ => Ok(()),
    }
}

/// A fresh repository in a temporary folder, to fetch into.
struct Remote<'a> {
    context: &'a FetchContext<'a>,
    url: &'a str,
    path: PathBuf,
}

impl<'a> Remote<'a> {
    fn new(context: &'a FetchContext<'a>, url: &'a str, folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("fresh.git");
        Repository::init_bare(&path).with_context(|| format!("creating `{}`", path.display()))?;
        Ok(Self { context, url, path })
    }

    /// Fetches `what` without its history and keeps it from being collected as garbage.
    fn fetch(&self, what: &str, commit: &str) -> anyhow::Result<()> {
        let refspec = format!("+{what}:refs/pins/{commit}");
        self.git(["fetch", "--quiet", "--depth=1", "--no-tags", "--", self.url, &refspec]).map(drop)
    }

    /// The commit under a tag or branch of that name, peeled; `None` when the repository answers without it.
    fn resolve(&self, reference: &str) -> anyhow::Result<Option<String>> {
        let peeled = format!("{reference}^{{}}");
        let said = self.git(["ls-remote", "--", self.url, reference, &peeled])?;
        // A peeled tag stands after the tag itself.
        let line = said.lines().rfind(|line| {
            let name = line.split_whitespace().nth(1).unwrap_or_default();
            [reference, peeled.as_str()].iter().any(|wanted| {
                name == *wanted
                    || ["refs/tags/", "refs/heads/"].iter().any(|kind| name == format!("{kind}{wanted}"))
            })
        });
        Ok(line.and_then(|line| line.split_whitespace().next()).map(str::to_owned))
    }

    /// Moves the repository to its place in the cache.
    fn publish(&self, commit: &str) -> anyhow::Result<()> {
        let place = repository_path(self.context.cache, self.url, commit);
        if place.exists() {
            return Ok(());
        }
        fs::rename(&self.path, &place).with_context(|| format!("creating `{}`", place.display()))
    }

    fn git<'s>(&self, arguments: impl IntoIterator<Item = &'s str>) -> anyhow::Result<String> {
        let mut clients = self.context.options.clients.clone();
        // Never ask for a password: a build does not wait for a person.
        clients.env.push((OsString::from("GIT_TERMINAL_PROMPT"), OsString::from("0")));
        clients.read(&self.path, "git", STALLED.into_iter().chain(arguments))
    }
}
