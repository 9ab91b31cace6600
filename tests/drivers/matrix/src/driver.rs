//! The one list of drivers, and how their programs are started; knows no cell.
use std::ffi::OsString;
use std::path::Path;

use warpgrid_test_services::ProductKind;

/// A driver and its program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Driver {
    /// Its name as its users know it.
    pub(crate) name: &'static str,
    /// Servers that it talks to.
    pub(crate) products: &'static [ProductKind],
    /// How its program is started.
    pub(crate) program: Program,
}

/// How a program is started; paths are below the folder of built programs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Program {
    /// `rust/<name>`.
    Rust(&'static str),
    /// `rust/<name>`, which types into the client program of the second name.
    Client(&'static str, &'static str),
    /// `go/drivers <name>`.
    Go(&'static str),
    /// `node node/<name>.mjs`.
    Node(&'static str),
}

impl Program {
    /// What it is built with, as the flag `--skip` names it.
    pub(crate) fn family(self) -> &'static str {
        match self {
            Self::Rust(_) | Self::Client(..) => "rust",
            Self::Go(_) => "go",
            Self::Node(_) => "node",
        }
    }

    /// The command line up to the name of the cell.
    pub(crate) fn line(self, programs: &Path) -> Vec<OsString> {
        match self {
            Self::Rust(name) | Self::Client(name, _) => vec![programs.join("rust").join(name).into()],
            Self::Go(name) => vec![programs.join("go/drivers").into(), name.into()],
            Self::Node(name) => vec!["node".into(), programs.join(format!("node/{name}.mjs")).into()],
        }
    }
}

const POSTGRES: &[ProductKind] = &[ProductKind::Postgres];
const MYSQL: &[ProductKind] = &[ProductKind::Mariadb, ProductKind::Mysql];
const MARIADB: &[ProductKind] = &[ProductKind::Mariadb];
const REDIS: &[ProductKind] = &[ProductKind::Redis];

/// Every driver, in the order of the table.
pub(crate) const DRIVERS: &[Driver] = &[
    Driver { name: "psql", products: POSTGRES, program: Program::Client("psql", "psql") },
    Driver { name: "tokio-postgres", products: POSTGRES, program: Program::Rust("tokio_postgres") },
    Driver { name: "sqlx", products: POSTGRES, program: Program::Rust("sqlx_postgres") },
    Driver { name: "pgx", products: POSTGRES, program: Program::Go("pgx") },
    Driver { name: "pg", products: POSTGRES, program: Program::Node("pg") },
    Driver { name: "postgres.js", products: POSTGRES, program: Program::Node("postgres") },
    Driver { name: "mariadb", products: MARIADB, program: Program::Client("mariadb", "mariadb") },
    Driver { name: "mysql_async", products: MYSQL, program: Program::Rust("mysql_async") },
    Driver { name: "sqlx", products: MYSQL, program: Program::Rust("sqlx_mysql") },
    Driver { name: "go-sql-driver/mysql", products: MYSQL, program: Program::Go("mysql") },
    Driver { name: "mysql2", products: MYSQL, program: Program::Node("mysql2") },
    Driver { name: "redis-cli", products: REDIS, program: Program::Client("redis_cli", "redis-cli") },
    Driver { name: "redis-rs", products: REDIS, program: Program::Rust("redis") },
    Driver { name: "go-redis", products: REDIS, program: Program::Go("go-redis") },
    Driver { name: "ioredis", products: REDIS, program: Program::Node("ioredis") },
];
