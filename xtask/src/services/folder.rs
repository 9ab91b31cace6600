//! The folder of unpacked servers, `$WARPGRID_SERVICES` of the tests: made once for all checkouts. Starts no server.
//!
//! ```text
//! <place>/<hex>/packages/        PostgreSQL, MariaDB, Redis, PgBouncer and their libraries
//! <place>/<hex>/mysql/           MySQL, or instead of it
//! <place>/<hex>/mysql.skipped    why there is none
//! <place>/<hex>/templates/       written by the tests: data folders as a fresh server has them
//! ```
//! The place is `<cache>/services`, where `packages` and `mysql` are links to built parts. Servers of root run as `nobody`,
//! who cannot look into a cache in root's home: then it is `/var/cache/warpgrid/services`, with files of its own.
use std::path::PathBuf;

use anyhow::Context;

use crate::cache::Cache;
use crate::digest::sha256_hex;
use crate::hint::WithHint as _;
use crate::manifest::Manifest;
use crate::paths::Paths;
use crate::run::RunOptions;
use crate::step::{StepContext, unpacked_packages};
use crate::{file, tree};

use super::place::Place;

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
    // Templates belong to the versions that made them.
    let name = sha256_hex(format!("{} {mysql:?}", packages.display()).as_bytes());
    let _lock = cache.lock(&format!("services {name}"))?;
    let place = Place::for_servers(cache.root());
    let folder = place.folder().join(&name[..16]);
    let skipped = folder.join("mysql.skipped");
    let fill = || {
        tree::create(&folder)?;
        place.put(&packages, &folder.join("packages"))?;
        match &mysql {
            Ok(tree) => {
                place.put(tree, &folder.join("mysql"))?;
                file::remove(&skipped)
            }
            Err(reason) => {
                place.remove(&folder.join("mysql"))?;
                file::replace(&skipped, reason.as_bytes())
            }
        }
    };
    fill().hint("set `WARPGRID_CACHE` to a folder that everybody may read, and run the command again")?;
    Ok(folder)
}

/// The reason why tests do without MySQL; any other error stays one.
fn reason_to_skip(error: anyhow::Error) -> anyhow::Result<String> {
    let text = error.root_cause().to_string();
    if UNAVAILABLE.iter().any(|beginning| text.starts_with(beginning)) { Ok(text) } else { Err(error) }
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
}
