//! One run of a guest at a database, with or without the pool between them, and the processor time that it took; knows no
//! measurement.

use crate::lab::{Lab, SESSIONS};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use warpgrid_test_services::{ProductKind, Server};

/// How the guest reaches its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By a socket of its own, with a password.
    Direct,
    /// By a binding.
    Pooled,
    /// The same, encrypted between host and server.
    PooledOverTls,
}

/// A guest program that can run many times.
pub(super) struct Guest<'a> {
    lab: &'a Lab,
    config: PathBuf,
    program: PathBuf,
}

/// What `bench_db` prints of queries.
#[derive(Debug, Deserialize)]
pub(super) struct Printed {
    /// Nanoseconds.
    pub(super) p50: f64,
    /// Nanoseconds.
    pub(super) p99: f64,
    /// Queries a second.
    pub(super) rate: f64,
}

/// One run.
pub(super) struct Run {
    pub(super) printed: String,
    /// Of the whole process, in seconds.
    pub(super) processor_seconds: f64,
}

impl Run {
    pub(super) fn queries(&self) -> Printed {
        self.parse()
    }

    pub(super) fn parse<T: for<'de> Deserialize<'de>>(&self) -> T {
        serde_json::from_str(&self.printed)
            .unwrap_or_else(|error| panic!("the guest printed `{}`: {error}", self.printed))
    }
}

/// `bench_db` asks a tenth more than it is told, to warm up.
pub(super) const WITH_WARM_UP: f64 = 1.1;
/// Where a guest finds its database.
pub(super) const NAME: &str = "db.production.warp.local";

/// The part of a warp.toml that grants a guest its database.
pub(super) fn configuration(lab: &Lab, server: &Server, way: Way, sessions: u32) -> String {
    let port = server.port();
    let (protocol, guest_port, database) = match server.kind() {
        ProductKind::Mariadb | ProductKind::Mysql => ("mysql", 3306, "app"),
        ProductKind::Redis => ("redis", 6379, ""),
        ProductKind::Postgres | ProductKind::Pgbouncer => ("postgres", 5432, "app"),
    };
    let password = server.password("app");
    if way == Way::Direct {
        return format!(
            "[network]\nallow = ['127.0.0.1:{port}']\n[env]\nDB_HOST = '127.0.0.1'\nDB_PORT = '{port}'\n\
             DB_USER = 'app'\nDB_NAME = '{database}'\nDB_PASSWORD = '{password}'\n"
        );
    }
    let secret = lab.write(&format!("{protocol}.password"), &password);
    let tls = match way {
        Way::PooledOverTls => format!("mode = 'verify-ca', ca = '{}'", server.ca_pem_path().display()),
        _ => "mode = 'disable'".to_owned(),
    };
    let named = if database.is_empty() { String::new() } else { format!("database = '{database}'\n") };
    format!(
        "[limits]\ndatabase-sessions = 1000\ninstances = 1000\nrequest-seconds = 120\n\
         [env]\nDB_HOST = '{NAME}'\nDB_PORT = '{guest_port}'\nDB_USER = 'nobody'\nDB_NAME = '{database}'\n\
         DB_WAIT = '15'\n\
         [bindings.db]\nprotocol = '{protocol}'\naddress = '{NAME}:{guest_port}'\nserver = '127.0.0.1:{port}'\n\
         user = 'app'\n{named}password = {{ file = '{}' }}\ntls = {{ {tls} }}\n\
         pool = {{ size = {sessions}, wait-seconds = 60 }}\n",
        secret.display()
    )
}

impl<'a> Guest<'a> {
    /// `bench_db` at a server.
    pub(super) fn new(lab: &'a Lab, server: &Server, way: Way) -> Self {
        let text =
            format!("[package]\nname = 'bench'\n[command]\n{}", configuration(lab, server, way, SESSIONS));
        let config = lab.write(&format!("{:?}-{way:?}.toml", server.kind()), &text);
        let guest = Self { lab, config, program: lab.guest("bench_db") };
        // Compiles it into the cache, so that no measured run has to.
        guest.command(&lab.warp).arg("nothing").output().unwrap();
        guest
    }

    /// `warp run` with the guest, by way of `program`: the host itself, or what shall watch it.
    fn command(&self, program: &std::path::Path) -> Command {
        let mut command = Command::new(program);
        if program != self.lab.warp {
            command.args(["-f", "-c", "-qq", "-o"]).arg(self.lab.folder().join("strace")).arg(&self.lab.warp);
        }
        command.args(["run", "--config"]).arg(&self.config).arg(&self.program);
        command
    }

    pub(super) fn run(&self, words: &[&str]) -> Run {
        self.run_by(&self.lab.warp, words)
    }

    /// The summary of `strace -f -c` for a run; none where there is no strace.
    pub(super) fn system_calls(&self, words: &[&str]) -> Option<String> {
        let strace = PathBuf::from("strace");
        Command::new(&strace).arg("-V").stdout(Stdio::null()).status().ok()?;
        self.run_by(&strace, words);
        Some(std::fs::read_to_string(self.lab.folder().join("strace")).unwrap())
    }

    fn run_by(&self, program: &std::path::Path, words: &[&str]) -> Run {
        let before = processor_seconds_of_children();
        let output = self.command(program).args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        Run {
            printed: String::from_utf8(output.stdout).unwrap(),
            processor_seconds: processor_seconds_of_children() - before,
        }
    }
}

/// User and system time of all children that have ended (proc(5), `/proc/self/stat`), in steps of 10 ms.
fn processor_seconds_of_children() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = text.rsplit_once(") ").unwrap();
    // The 16th and 17th field; the first after the name is the third.
    let ticks = fields.split(' ').skip(13).take(2).map(|field| field.parse::<f64>().unwrap()).sum::<f64>();
    // USER_HZ is 100 on every architecture that matters here.
    ticks / 100.0
}
