//! Versions of the drivers, from the lock files that they are built with; knows no row.
use std::path::Path;

use anyhow::{Context, bail};

/// Where a driver's version stands.
#[derive(Debug, Clone, Copy)]
enum Lock {
    /// A package of `rust/Cargo.lock`.
    Cargo(&'static str),
    /// A module of `go/go.mod`.
    Go(&'static str),
    /// A dependency of `node/package.json`.
    Node(&'static str),
    /// It comes with the server.
    Server,
}

/// Every driver of the matrix: its name there, its language, its version's place.
const DRIVERS: &[(&str, &str, Lock)] = &[
    ("psql", "C", Lock::Server),
    ("tokio-postgres", "Rust", Lock::Cargo("tokio-postgres")),
    ("sqlx", "Rust", Lock::Cargo("sqlx")),
    ("pgx", "Go", Lock::Go("github.com/jackc/pgx/v5")),
    ("pg", "Node", Lock::Node("pg")),
    ("postgres.js", "Node", Lock::Node("postgres")),
    ("mariadb", "C", Lock::Server),
    ("mysql_async", "Rust", Lock::Cargo("mysql_async")),
    ("go-sql-driver/mysql", "Go", Lock::Go("github.com/go-sql-driver/mysql")),
    ("mysql2", "Node", Lock::Node("mysql2")),
    ("redis-cli", "C", Lock::Server),
    ("redis-rs", "Rust", Lock::Cargo("redis")),
    ("go-redis", "Go", Lock::Go("github.com/redis/go-redis/v9")),
    ("ioredis", "Node", Lock::Node("ioredis")),
];

/// A driver with version and language, as the page names it: `pgx 5.12.0 (Go)`.
///
/// # Errors
/// When the driver or its version is not known.
pub(super) fn of_driver(root: &Path, driver: &str) -> anyhow::Result<String> {
    let Some((_, language, lock)) = DRIVERS.iter().find(|(name, ..)| *name == driver) else {
        bail!("the driver `{driver}` is not listed in `xtask/src/suite/driver_matrix/versions.rs`")
    };
    let read = |name: &str| {
        let path = root.join("tests/drivers").join(name);
        std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))
    };
    let (name, version) = match lock {
        Lock::Cargo(name) => (name, in_cargo_lock(&read("rust/Cargo.lock")?, name)?),
        Lock::Go(name) => (name, in_go_mod(&read("go/go.mod")?, name)),
        Lock::Node(name) => (name, in_package_json(&read("node/package.json")?, name)?),
        Lock::Server => return Ok(format!("{driver} ({language}, of the server)")),
    };
    let version = version.with_context(|| format!("no version of `{name}` in its lock file"))?;
    Ok(format!("{driver} {version} ({language})"))
}

fn in_cargo_lock(text: &str, name: &str) -> anyhow::Result<Option<String>> {
    let lock: toml::Table = text.parse().context("reading `Cargo.lock`")?;
    let packages = lock.get("package").and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let found = packages.iter().find(|package| text(package, "name").as_deref() == Some(name));
    Ok(found.and_then(|package| text(package, "version")))
}

fn in_go_mod(text: &str, name: &str) -> Option<String> {
    let version = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(" v"))?;
    version.split_whitespace().next().map(str::to_owned)
}

fn in_package_json(text: &str, name: &str) -> anyhow::Result<Option<String>> {
    let package: serde_json::Value = serde_json::from_str(text).context("reading `package.json`")?;
    Ok(package["dependencies"][name].as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_driver_has_a_version_in_its_lock_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for (driver, language, lock) in DRIVERS {
            let named = of_driver(root, driver).unwrap();
            assert!(named.starts_with(driver) && named.contains(&format!("({language}")), "{named}");
            let version = named.split(' ').nth(1).unwrap();
            let exact = version.split('.').all(|part| part.parse::<u32>().is_ok());
            assert_eq!(exact, !matches!(lock, Lock::Server), "{named}");
        }
        assert!(of_driver(root, "no such driver").is_err());
    }
}
