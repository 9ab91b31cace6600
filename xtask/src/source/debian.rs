//! The source kind `debian`: binary packages through apt with a state of its own, so that neither root nor the system's
//! package lists are needed or touched. Which mirror serves a suite is read from the machine's configuration and never
//! written down: the machine's own suite in an address is replaced by the wanted one.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::client::{Clients, complaint};
use super::fetcher::{Failure, FetchContext, WantedFile};
use crate::file;
use crate::hint::Hint;
use crate::manifest::{Package, Pin, Source};
use crate::tree;

/// Keys of Debian's archives, where the system has them outside apt's trusted folder.
const KEY_RING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// All packages of one input.
pub(super) struct Wanted<'a> {
    pub(super) source: &'a Source,
    pub(super) pins: &'a [&'a Pin],
}

/// apt's state in a folder of its own.
pub(super) struct Apt<'a> {
    clients: &'a Clients,
    root: PathBuf,
}

/// One version of a package in one suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) package: String,
    pub(super) version: String,
    pub(super) suite: String,
}

/// Downloads what is missing of several inputs with one update and one call; one result for each input.
pub(super) fn fetch(context: &FetchContext<'_>, wanted: &[Wanted<'_>]) -> Vec<Result<(), Failure>> {
    match try_fetch(context, wanted) {
        Ok(results) => results,
        // The failure is common to all; an error is told once and repeated as text for the others.
        Err(Failure::Unavailable(error)) => {
            let hint = error.downcast_ref::<Hint>().map(|hint| hint.hint().to_owned());
            let again = |message: String| match &hint {
                Some(hint) => Hint::new(message, hint.clone()).into(),
                None => anyhow::anyhow!(message),
            };
            wanted.iter().map(|_| Err(Failure::Unavailable(again(format!("{error:#}"))))).collect()
        }
        Err(Failure::Fatal(error)) => {
            let mut results: Vec<Result<(), Failure>> = wanted.iter().skip(1).map(|_| Ok(())).collect();
            results.insert(0, Err(Failure::Fatal(error)));
            results
        }
    }
}

fn try_fetch(context: &FetchContext<'_>, wanted: &[Wanted<'_>]) -> Result<Vec<Result<(), Failure>>, Failure> {
    let _lock = context.cache.lock("debian")?;
    let mut missing: Vec<(usize, &Package, WantedFile<'_>)> = Vec::new();
    for (index, Wanted { source, pins }) in wanted.iter().enumerate() {
        let Source::Debian { packages } = source else { continue };
        for file in pins.iter().filter_map(|pin| WantedFile::of(pin)) {
            let package = packages.iter().find(|package| package.name == file.name);
            // Another process may have been faster.
            if let (Some(package), None) = (package, context.cache.get(file.expected())?) {
                missing.push((index, package, file));
            }
        }
    }
    let mut results: Vec<Result<(), Failure>> = wanted.iter().map(|_| Ok(())).collect();
    if missing.is_empty() {
        return Ok(results);
    }

    let temp = context.cache.temp_dir()?;
    let spinner = context.progress.spinner("debian: reading package lists");
    let suites: BTreeSet<&str> = missing.iter().map(|(_, package, _)| package.suite.as_str()).collect();
    let apt = Apt::open(&context.options.clients, temp.path(), &suites)?;
    let names: Vec<&str> = missing.iter().map(|(_, package, _)| package.name.as_str()).collect();
    let offers = apt.offers(&names).map_err(Failure::Unavailable)?;
    for (index, package, file) in &missing {
        if let (true, Some(gone)) = (results[*index].is_ok(), gone(package, file, &offers)) {
            results[*index] = Err(Failure::Unavailable(gone));
        }
    }
    missing.retain(|(index, _, _)| results[*index].is_ok());
    drop(spinner);

    let _spinner = context.progress.spinner(&format!("debian: {} packages", missing.len()));
    // Kept between runs, so that apt continues what a killed run left.
    let into = context.cache.root().join("partial/debian");
    tree::create(&into)?;
    let mut left_over = false;
    for (_, _, file) in &missing {
        left_over |= into.join(file.file).exists();
        // What is complete is not downloaded again, and what is wrong does not pass for complete.
        take_complete(context, &into, file);
    }
    missing.retain(|(_, _, file)| !context.cache.object_path(file.sha256).exists());
    let exact: Vec<String> =
        missing.iter().map(|(_, package, file)| format!("{}={}", package.name, file.version)).collect();
    let mut downloaded = apt.download(&into, &exact);
    if downloaded.is_err() && left_over {
        clear(&into)?;
        downloaded = apt.download(&into, &exact);
    }
    if let Err(error) = downloaded {
        for (_, _, file) in &missing {
            take_complete(context, &into, file);
        }
        return Err(Failure::Unavailable(error));
    }
    for (_, _, file) in &missing {
        let path = into.join(file.file);
        if !path.is_file() {
            let error = anyhow::anyhow!("`apt-get download` did not write `{}`", file.file);
            return Err(Failure::Unavailable(error));
        }
        context.cache.adopt(file.expected(), &file.origin(), &path).inspect_err(|_| {
            // Wrong bytes are not worth continuing.
            let _ = fs::remove_file(&path);
        })?;
    }
    clear(&into)?;
    Ok(results)
}

/// Takes a package that has its full size into the cache, or removes it when it is something else.
fn take_complete(context: &FetchContext<'_>, folder: &Path, file: &WantedFile<'_>) {
    let path = folder.join(file.file);
    let complete = fs::metadata(&path).is_ok_and(|found| file.size.is_none_or(|size| size == found.len()));
    if complete && context.cache.adopt(file.expected(), &file.origin(), &path).is_err() {
        // If this fails, apt finds it again and says so.
        let _ = fs::remove_file(&path);
    }
}

/// Empties the folder of unfinished downloads.
fn clear(folder: &Path) -> anyhow::Result<()> {
    tree::entries(folder)?.iter().try_for_each(|path| file::remove(path))
}

/// The error for a pinned version that no suite carries, if it is so.
fn gone(package: &Package, file: &WantedFile<'_>, offers: &[Offer]) -> Option<anyhow::Error> {
    let mut of_package = offers.iter().filter(|offer| offer.package == package.name).peekable();
    let hint = format!(
        "run `cargo xtask pin {}` to take the current version, or put `{}` into the folder `$WARPGRID_DISTFILES`",
        file.input, file.file
    );
    if of_package.peek().is_none() {
        let message = format!("suite `{}` has no package `{}`", package.suite, package.name);
        return Some(Hint::new(message, hint).into());
    }
    if offers.iter().any(|offer| offer.package == package.name && offer.version == file.version) {
        return None;
    }
    let current: Vec<&str> =
        of_package.filter(|offer| offer.suite == package.suite).map(|offer| offer.version.as_str()).collect();
    let message = format!(
        "version {} of package `{}` is gone from suite `{}`, which now carries {}",
        file.version,
        package.name,
        package.suite,
        if current.is_empty() { "none".to_owned() } else { current.join(", ") }
    );
    Some(Hint::new(message, hint).into())
}

impl<'a> Apt<'a> {
    /// Makes the state in `folder` and reads the lists of `suites`.
    pub(super) fn open(
        clients: &'a Clients,
        folder: &Path,
        suites: &BTreeSet<&str>,
    ) -> Result<Self, Failure> {
        let root = folder.join("apt");
        for part in ["lists/partial", "cache/archives/partial"] {
            let path = root.join(part);
            tree::create(&path)?;
        }
        let apt = Self { clients, root };
        let repositories = apt.repositories().map_err(Failure::Unavailable)?;
        let mut lines = String::new();
        for suite in suites {
            lines.push_str(&source_line(&repositories, suite).map_err(Failure::Unavailable)?);
        }
        for (name, text) in [("status", ""), ("sources.list", lines.as_str())] {
            let path = apt.root.join(name);
            fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))?;
        }
        let folder = apt.root.clone();
        apt.read(&folder, "apt-get", &["update", "--quiet", "--error-on=any"])
            .map_err(Failure::Unavailable)?;
        Ok(apt)
    }

    /// Addresses and suites that this machine is configured for.
    fn repositories(&self) -> anyhow::Result<Vec<(String, String)>> {
        let format = "$(REPO_URI) $(RELEASE)";
        let arguments = ["indextargets", "--no-release-info", "--format", format, "Created-By: Packages"];
        let said = self.clients.read(&self.root, "apt-get", arguments)?;
        Ok(said
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(address, suite)| (address.to_owned(), suite.to_owned()))
            .collect())
    }

    /// Every version of the packages in the suites that were read.
    pub(super) fn offers(&self, packages: &[&str]) -> anyhow::Result<Vec<Offer>> {
        let arguments: Vec<&str> = ["madison"].into_iter().chain(packages.iter().copied()).collect();
        let said = self.read(&self.root, "apt-cache", &arguments)?;
        // `  clang-22 | 1:22.1.8-1 | <address> sid/main amd64 Packages`
        let offers = said.lines().filter_map(|line| {
            let mut columns = line.split('|').map(str::trim);
            let (package, version, place) = (columns.next()?, columns.next()?, columns.next()?);
            let suite = place.split_whitespace().nth(1)?.split('/').next()?;
            let text = str::to_owned;
            Some(Offer { package: text(package), version: text(version), suite: text(suite) })
        });
        Ok(offers.collect())
    }

    /// File name, SHA-256 and size of one version, from the signed package list.
    pub(super) fn describe(&self, package: &str, version: &str) -> anyhow::Result<(String, String, u64)> {
        let said = self.read(&self.root, "apt-cache", &["show", &format!("{package}={version}")])?;
        let field = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.with_context(|| format!("the package list has no `{name}` for `{package}`"))
        };
        // As `apt-get download` names the file.
        let escaped = version.replace(':', "%3a");
        let file = format!("{package}_{escaped}_{}.deb", field("Architecture")?);
        let size = field("Size")?.parse().with_context(|| format!("the size of `{package}` is no number"))?;
        Ok((file, field("SHA256")?.to_owned(), size))
    }

    fn download(&self, into: &Path, exact: &[String]) -> anyhow::Result<()> {
        if exact.is_empty() {
            return Ok(());
        }
        let arguments: Vec<&str> =
            ["download", "--quiet"].into_iter().chain(exact.iter().map(String::as_str)).collect();
        self.read(into, "apt-get", &arguments).map(drop)
    }

    fn read(&self, folder: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let root = self.root.display();
        let mut all: Vec<String> = Vec::new();
        for option in [
            format!("Dir::State={root}"),
            format!("Dir::State::lists={root}/lists"),
            format!("Dir::State::status={root}/status"),
            format!("Dir::Cache={root}/cache"),
            format!("Dir::Etc::sourcelist={root}/sources.list"),
            "Dir::Etc::sourceparts=-".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::Retries=3".to_owned(),
            "APT::Architecture=amd64".to_owned(),
            "APT::Architectures=amd64".to_owned(),
            // Root would otherwise drop to a user who may not enter the cache.
            "APT::Sandbox::User=".to_owned(),
        ] {
            all.extend(["-o".to_owned(), option]);
        }
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let finished = self.clients.output(folder, program, &all)?;
        if finished.code == Some(0) {
            return Ok(finished.stdout);
        }
        anyhow::bail!(
            "`{program} {}` failed: {}",
            arguments.first().copied().unwrap_or(""),
            complaint(&finished)
        )
    }
}

/// The line of a `sources.list` for a suite, with the address of the machine's repository of the same archive:
/// `*-security` suites live in an archive of their own.
fn source_line(repositories: &[(String, String)], suite: &str) -> anyhow::Result<String> {
    let is_security = |suite: &str| suite.ends_with("-security");
    let same_suite = repositories.iter().find(|(_, configured)| configured == suite);
    let same_archive = || repositories.iter().find(|(_, other)| is_security(other) == is_security(suite));
    let Some((address, _)) = same_suite.or_else(same_archive) else {
        let message = format!("apt is not configured for the archive that holds suite `{suite}`");
        let hint = "add it to /etc/apt/sources.list, or put the files into the folder `$WARPGRID_DISTFILES`";
        return Err(Hint::new(message, hint).into());
    };
    let signed_by =
        if Path::new(KEY_RING).is_file() { format!(" signed-by={KEY_RING}") } else { String::new() };
    // Only the package list: no translations, icons or contents.
    Ok(format!("deb [arch=amd64 targets=Packages{signed_by}] {address} {suite} main\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_looked_for_in_the_archive_that_can_hold_it() {
        let repositories = [
            ("http://mirror.example/debian/".to_owned(), "bookworm".to_owned()),
            ("http://mirror.example/security/".to_owned(), "bookworm-security".to_owned()),
        ];
        let line = |suite| source_line(&repositories, suite).unwrap();
        assert!(line("sid").ends_with(" http://mirror.example/debian/ sid main\n"));
        assert!(line("trixie-security").ends_with(" http://mirror.example/security/ trixie-security main\n"));
        let error = source_line(&repositories[..1], "bookworm-security").unwrap_err();
        assert!(error.to_string().contains("`bookworm-security`"));
    }
}
