//! The folder of unpacked servers, `$WARPGRID_SERVICES` of the tests: made once for all checkouts. Starts no server.
//!
//! ```text
//! <cache>/services/<hex>/packages         link to PostgreSQL, MariaDB, Redis, PgBouncer and their libraries
//! <cache>/services/<hex>/mysql            link to MySQL, or instead of it
//! <cache>/services/<hex>/mysql.skipped    why there is none
//! <cache>/services/<hex>/templates/       written by the tests: data folders as a fresh server has them
//! ```
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cache::Cache;
use crate::digest::sha256_hex;
use crate::manifest::Manifest;
use crate::paths::Paths;
use crate::run::RunOptions;
use crate::step::{StepContext, unpacked_packages};
use crate::{file, tree};

/// What goes into one folder together.
const INPUTS: &[&str] = &["postgresql", "mariadb", "redis", "pgbouncer", "service-libraries"];
/// What brings a glibc of its own.
const MYSQL: &[&str] = &["mysql"];
/// What no server reads: 100 MB.
const WITHOUT: &[&str] = &[
    "usr/lib/postgresql/15/lib/bitcode",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/postgresql/15/man",
];
/// Beginnings of the messages that say that a package cannot be had, as against one that is wrong.
const UNAVAILABLE: &[&str] = &["no source of input", "input `mysql` is neither"];

/// Fetches and unpacks what is not there, and gives the folder.
///
/// MySQL comes from a suite whose versions move: when the pinned one is gone, the folder says so instead of holding it,
/// and tests that want it are skipped.
///
/// # Errors
/// When packages cannot be had or unpacked.
pub fn folder(paths: &Paths, run: &RunOptions) -> anyhow::Result<PathBuf> {
    let manifest = Manifest::load(&paths.manifest)?;
    let context = StepContext { paths, manifest: &manifest, jobs: run.jobs, offline: run.offline };
    let packages =
        unpacked_packages(&context, "services", INPUTS, WITHOUT).context("unpacking database servers")?;
    let mysql = match unpacked_packages(&context, "service-mysql", MYSQL, WITHOUT) {
        Ok(tree) => Ok(tree),
        Err(error) => Err(reason_to_skip(error)?),
    };

    let cache = Cache::open(&paths.cache)?;
    let name = sha256_hex(packages.as_os_str().as_encoded_bytes());
    let folder = cache.root().join("services").join(&name[..16]);
    let _lock = cache.lock(&format!("services {name}"))?;
    tree::create(&folder)?;
    link(&packages, &folder.join("packages"))?;
    let (place, skipped) = (folder.join("mysql"), folder.join("mysql.skipped"));
    match mysql {
        Ok(tree) => {
            link(&tree, &place)?;
            file::remove(&skipped)?;
        }
        Err(reason) => {
            file::remove(&place)?;
            file::replace(&skipped, reason.as_bytes())?;
        }
    }
    Ok(folder)
}

/// The reason why tests do without MySQL; any other error stays one.
fn reason_to_skip(error: anyhow::Error) -> anyhow::Result<String> {
    let text = error.root_cause().to_string();
    if UNAVAILABLE.iter().any(|beginning| text.starts_with(beginning)) { Ok(text) } else { Err(error) }
}

/// Makes `path` lead to `target`, whatever it led to before.
fn link(target: &Path, path: &Path) -> anyhow::Result<()> {
    if std::fs::read_link(path).is_ok_and(|present| present == target) {
        return Ok(());
    }
    file::remove(path)?;
    symlink(target, path).with_context(|| format!("linking `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hint::Hint;

    #[test]
    fn only_a_package_that_cannot_be_had_is_a_reason_to_skip() {
        let gone = "no source of input `mysql` answers\n  debian: version 9.7.4-2 of package `x` is gone from suite `sid`";
        let skipped =
            reason_to_skip(anyhow::Error::from(Hint::new(gone, "pin it")).context("building")).unwrap();
        assert!(skipped.contains("gone from suite"));
        let wrong = reason_to_skip(anyhow::anyhow!("source `debian` answered with other bytes")).unwrap_err();
        assert!(wrong.to_string().contains("other bytes"));
    }

    #[test]
    fn a_link_is_moved_to_another_target() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link");
        for target in ["one", "one", "two"] {
            link(Path::new(target), &path).unwrap();
            assert_eq!(std::fs::read_link(&path).unwrap(), Path::new(target));
        }
    }
}
