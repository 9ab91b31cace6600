//! What PostgreSQL and PgBouncer have in common: socket, readiness, clients. Knows not how they differ.
use std::path::PathBuf;

use crate::client::ClientProgram;
use crate::product::Setting;
use crate::ready;

/// SSLRequest of protocol 3: length 8, code 80877103. Answered with one byte, by a server that is up.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// The Unix socket, as libpq names it.
pub(crate) fn socket(setting: &Setting) -> PathBuf {
    setting.place.path("socket").join(format!(".s.PGSQL.{}", setting.port))
}

/// Whether something answers at the socket.
pub(crate) fn is_ready(setting: &Setting) -> bool {
    !ready::first_bytes(&socket(setting), &SSL_REQUEST).is_empty()
}

/// psql at the socket, ready to run `text`.
pub(crate) fn psql(
    setting: &Setting,
    user: &str,
    database: &str,
    text: &str,
) -> anyhow::Result<ClientProgram> {
    Ok(setting
        .place
        .services
        .program("psql")?
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
        .arg("--host")
        .arg(setting.place.path("socket"))
        .args(["--port", &setting.port.to_string(), "--username", user, "--dbname", database])
        .args(["--command", text]))
}

/// What libpq reads from the environment.
pub(crate) fn environment(setting: &Setting, user: &str) -> Vec<(&'static str, String)> {
    vec![
        ("PGHOST", "127.0.0.1".to_owned()),
        ("PGPORT", setting.port.to_string()),
        ("PGUSER", user.to_owned()),
        ("PGPASSWORD", setting.password(user).to_owned()),
        ("PGDATABASE", "app".to_owned()),
        ("PGSSLROOTCERT", setting.authority()),
    ]
}

/// The address as a URL.
pub(crate) fn address(setting: &Setting, user: &str) -> String {
    format!("postgres://{user}:{}@127.0.0.1:{}/app", setting.password(user), setting.port)
}
