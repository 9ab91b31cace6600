//! PgBouncer, for comparison: its settings and users. Knows no PostgreSQL but the one it stands in front of.
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context;
use rustix::process::Signal;

use crate::client::ClientProgram;
use crate::postgres_family;
use crate::product::{Product, Setting};

pub(crate) struct Pgbouncer;

impl Product for Pgbouncer {
    fn users(&self) -> &'static [&'static str] {
        &["admin", "app", "app_md5"]
    }

    fn prepare(&self, setting: &Setting) -> anyhow::Result<()> {
        let upstream =
            setting.options.upstream.as_ref().context("say which PostgreSQL it stands in front of")?;
        let mut users = String::new();
        for user in self.users() {
            let password = setting.password(user);
            // Writing to a string cannot fail.
            let _ = writeln!(users, "\"{user}\" \"{password}\"");
        }
        setting.place.write("users.txt", &users)?;
        setting.place.write("pgbouncer.ini", &configuration(setting, upstream.port)).map(drop)
    }

    fn program(&self, setting: &Setting) -> anyhow::Result<ClientProgram> {
        Ok(setting.place.services.program("pgbouncer")?.arg(setting.place.path("pgbouncer.ini")))
    }

    fn socket(&self, setting: &Setting) -> PathBuf {
        postgres_family::socket(setting)
    }

    fn is_ready(&self, setting: &Setting) -> bool {
        postgres_family::is_ready(setting, "admin", "pgbouncer")
    }

    fn admin(&self, setting: &Setting, text: &str) -> anyhow::Result<ClientProgram> {
        let psql = postgres_family::psql(setting, "admin", "pgbouncer", text)?;
        Ok(psql.envs([("PGPASSWORD", setting.password("admin"))]))
    }

    fn environment(&self, setting: &Setting, user: &str) -> Vec<(&'static str, String)> {
        postgres_family::environment(setting, user)
    }

    fn address(&self, setting: &Setting, user: &str) -> String {
        postgres_family::address(setting, user)
    }

    /// Ends at once, breaking connections.
    fn stop_signal(&self) -> Signal {
        Signal::TERM
    }
}

fn configuration(setting: &Setting, upstream: u16) -> String {
    let place = &setting.place;
    let mut lines: Vec<(&str, String)> = vec![
        ("listen_addr", "127.0.0.1".to_owned()),
        ("listen_port", setting.port.to_string()),
        ("unix_socket_dir", place.path("socket").display().to_string()),
        ("auth_type", "scram-sha-256".to_owned()),
        ("auth_file", place.path("users.txt").display().to_string()),
        ("admin_users", "admin".to_owned()),
        ("pool_mode", "transaction".to_owned()),
        ("max_client_conn", setting.options.max_connections.to_string()),
        ("server_tls_sslmode", "disable".to_owned()),
    ];
    if setting.options.tls {
        let mode = if setting.options.require_tls { "require" } else { "allow" };
        lines.push(("client_tls_sslmode", mode.to_owned()));
        lines.push(("client_tls_cert_file", setting.certificate()));
        lines.push(("client_tls_key_file", setting.key()));
        lines.push(("client_tls_ca_file", setting.authority()));
    }
    lines.extend(setting.options.settings.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let start = format!("[databases]\n* = host=127.0.0.1 port={upstream}\n[pgbouncer]\n");
    lines.iter().fold(start, |mut text, (name, value)| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} = {value}");
        text
    })
}
