//! The servers, filled, each on its core, and the programs that are measured; knows no measurement.

use crate::cores::{self, Core};
use std::path::{Path, PathBuf};
use warpgrid_test_services::{ClientProgram, Server, Services};

/// Connections at the same time.
pub(super) const CONNECTIONS: &[u32] = &[1, 10, 100];
/// Sessions that a pooler may open: as many as there are connections at most.
pub(super) const SESSIONS: u32 = 100;
/// Three poolers with all of their sessions, a thousand guests that wait, and some room.
const SERVER_CONNECTIONS: u32 = 1500;

/// Accounts with their number as balance, for PostgreSQL and MariaDB.
const ACCOUNTS: u32 = 100_000;

pub(super) struct Lab {
    pub(super) postgres: Server,
    pub(super) mariadb: Server,
    pub(super) redis: Server,
    pub(super) pgbouncer: Server,
    /// The host program.
    pub(super) warp: PathBuf,
    guests: PathBuf,
    folder: tempfile::TempDir,
}

impl Lab {
    /// Reads `WARPGRID_SERVICES`, `WARPGRID_WARP` and `WARPGRID_GUESTS`, and starts what they name.
    pub(super) fn start() -> Self {
        let variable = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).unwrap_or_else(|| panic!("`{name}` is not set"))
        };
        let services = Services::from_environment().unwrap();
        cores::move_to(Core::Servers);
        let postgres = services.postgres().max_connections(SERVER_CONNECTIONS).start().unwrap();
        postgres
            .admin_sql(&format!(
                "CREATE TABLE accounts (number int PRIMARY KEY, balance int NOT NULL);
                 INSERT INTO accounts SELECT n, n FROM generate_series(1, {ACCOUNTS}) n;
                 GRANT ALL ON accounts TO app; ANALYZE accounts"
            ))
            .unwrap();
        let mariadb = services.mariadb().max_connections(SERVER_CONNECTIONS).start().unwrap();
        mariadb
            .admin_sql(&format!(
                "CREATE TABLE accounts (number int PRIMARY KEY, balance int NOT NULL);
                 INSERT INTO accounts SELECT seq, seq FROM seq_1_to_{ACCOUNTS}"
            ))
            .unwrap();
        let redis = services.redis().start().unwrap();
        let fill = format!("for i = 1, {ACCOUNTS} do redis.call('SET', 'account:' .. i, i) end");
        let client = redis.program("redis-cli").unwrap().arg("-p").arg(redis.port().to_string());
        client.args(["--user", "app", "EVAL", &fill, "0"]).output().unwrap();
        // The client does not say by its exit code that a command failed.
        let last = redis.admin_sql(&format!("GET account:{ACCOUNTS}")).unwrap();
        assert_eq!(last, ACCOUNTS.to_string(), "Redis is not filled");
        // All poolers share a core with the load.
        cores::move_to(Core::Others);
        let pgbouncer = services
            .pgbouncer()
            .in_front_of(&postgres)
            .max_connections(SERVER_CONNECTIONS)
            // What the pool does: a session belongs to one client until it goes.
            .setting("pool_mode", "session")
            .setting("default_pool_size", SESSIONS.to_string())
            // Ours writes no line a connection either.
            .setting("log_connections", "0")
            .setting("log_disconnections", "0")
            .start()
            .unwrap();
        Self {
            postgres,
            mariadb,
            redis,
            pgbouncer,
            warp: variable("WARPGRID_WARP"),
            guests: variable("WARPGRID_GUESTS"),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn guest(&self, name: &str) -> PathBuf {
        self.guests.join(format!("{name}.wasm"))
    }

    /// Writes a file of the run and gives its path.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A client program of PostgreSQL's packages.
    pub(super) fn program(&self, name: &str) -> ClientProgram {
        self.postgres.program(name).unwrap()
    }
}
