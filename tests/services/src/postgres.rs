//! PostgreSQL: its template, its settings, who may log in how. Knows nothing of its protocol beyond the first byte.
use std::io::{Seek, Write};
use std::path::PathBuf;

use anyhow::Context;
use rustix::process::Signal;

use crate::client::ClientProgram;
use crate::launch;
use crate::postgres_family;
use crate::product::{Product, Setting};
use crate::server;
use crate::template;

/// Changes when the template does.
const TEMPLATE: &str = "postgres-15-a";

/// Written into the template by the server without a network (`postgres --single`), one statement a line.
const TEMPLATE_SQL: &str = "\
CREATE ROLE app LOGIN;
CREATE ROLE app_md5 LOGIN;
CREATE ROLE app_password LOGIN;
CREATE ROLE app_trust LOGIN;
GRANT app TO app_md5, app_password, app_trust;
CREATE DATABASE app OWNER app;
";

const SUPERUSER: &str = "postgres";
const DATABASE: &str = "app";

pub(crate) struct Postgres;

impl Product for Postgres {
    fn users(&self) -> &'static [&'static str] {
        &["app", "app_md5", "app_password"]
    }

    fn prepare(&self, setting: &Setting) -> anyhow::Result<()> {
        let place = &setting.place;
        template::copy(place, TEMPLATE, |folder| {
            let log = place.log();
            let initdb = place
                .services
                .program("initdb")?
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
                .args(["--no-sync", "--wal-segsize=1", "--no-instructions", "-D"])
                .arg(folder);
            launch::run(&initdb, place.account, place.folder(), &log, None)?;
            let mut input = tempfile::tempfile().context("making a file")?;
            input.write_all(TEMPLATE_SQL.as_bytes()).context("writing a file")?;
            input.rewind().context("writing a file")?;
            let single = place
                .services
                .program("postgres")?
                .args([
                    "--single",
                    "-F",
                    "-c",
                    "jit=off",
                    "-c",
                    "log_timezone=GMT",
                    "-c",
                    "timezone=GMT",
                    "-D",
                ])
                .arg(folder)
                .arg("postgres");
            launch::run(&single, place.account, place.folder(), &log, Some(input))
        })?;
        place.write("data/pg_hba.conf", &logins(setting))?;
        place.write("data/postgresql.conf", &configuration(setting)).map(drop)
    }

    fn program(&self, setting: &Setting) -> anyhow::Result<ClientProgram> {
        Ok(setting.place.services.program("postgres")?.arg("-D").arg(setting.place.data()))
    }

    fn socket(&self, setting: &Setting) -> PathBuf {
        postgres_family::socket(setting)
    }

    fn is_ready(&self, setting: &Setting) -> bool {
        postgres_family::is_ready(setting, SUPERUSER, DATABASE)
    }

    fn finish(&self, setting: &Setting) -> anyhow::Result<()> {
        let sql = format!(
            "ALTER ROLE app PASSWORD '{}'; ALTER ROLE app_password PASSWORD '{}'; \
             SET password_encryption = 'md5'; ALTER ROLE app_md5 PASSWORD '{}';",
            setting.password("app"),
            setting.password("app_password"),
            setting.password("app_md5")
        );
        server::admin(self, setting, &sql).map(drop)
    }

    fn admin(&self, setting: &Setting, text: &str) -> anyhow::Result<ClientProgram> {
        postgres_family::psql(setting, SUPERUSER, DATABASE, text)
    }

    fn environment(&self, setting: &Setting, user: &str) -> Vec<(&'static str, String)> {
        postgres_family::environment(setting, user)
    }

    fn address(&self, setting: &Setting, user: &str) -> String {
        postgres_family::address(setting, user)
    }

    /// Fast shutdown: rolls back and disconnects (chapter 19.5).
    fn stop_signal(&self) -> Signal {
        Signal::INT
    }
}

/// `pg_hba.conf` (chapter 21.1): the first line that fits decides.
fn logins(setting: &Setting) -> String {
    let host = if setting.options.require_tls { "hostssl" } else { "host" };
    let mut text = String::from("local all,replication postgres trust\n");
    let methods =
        [("app_md5", "md5"), ("app_password", "password"), ("app_trust", "trust"), ("all", "scram-sha-256")];
    for (user, method) in methods {
        text.push_str(&format!("local all {user} {method}\n"));
        if user != "all" {
            text.push_str(&format!("{host} all {user} 127.0.0.1/32 {method}\n"));
        }
    }
    // Whoever a test makes logs in by SCRAM; the superuser not at all.
    text.push_str("host all postgres 127.0.0.1/32 reject\n");
    text.push_str(&format!("{host} all all 127.0.0.1/32 scram-sha-256\n"));
    text
}

fn configuration(setting: &Setting) -> String {
    let mut lines: Vec<(&str, String)> = vec![
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("port", setting.port.to_string()),
        ("unix_socket_directories", setting.place.path("socket").display().to_string()),
        ("max_connections", setting.options.max_connections.to_string()),
        ("superuser_reserved_connections", "3".to_owned()),
        ("shared_buffers", "16MB".to_owned()),
        // In its own folder: what lies elsewhere outlives a server that is killed.
        ("dynamic_shared_memory_type", "mmap".to_owned()),
        // In the hands of the system at each commit: enough for the death of a server.
        ("fsync", "off".to_owned()),
        ("full_page_writes", "off".to_owned()),
        ("max_wal_size", "64MB".to_owned()),
        ("min_wal_size", "4MB".to_owned()),
        ("jit", "off".to_owned()),
        // The packages of time zones are not among ours.
        ("timezone", "GMT".to_owned()),
        ("log_timezone", "GMT".to_owned()),
        ("password_encryption", "scram-sha-256".to_owned()),
        ("ssl", if setting.options.tls { "on" } else { "off" }.to_owned()),
        ("ssl_cert_file", setting.certificate()),
        ("ssl_key_file", setting.key()),
    ];
    lines.extend(setting.options.settings.iter().map(|(name, value)| (name.as_str(), value.clone())));
    lines.iter().map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''"))).collect()
}
