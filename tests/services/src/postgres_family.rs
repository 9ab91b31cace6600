//! What PostgreSQL and PgBouncer have in common: socket, readiness, clients. Knows not how they differ.
use std::path::PathBuf;

use crate::client::ClientProgram;
use crate::product::Setting;
use crate::ready;

/// The number of protocol 3.0, which begins a StartupMessage (chapter 55.7).
const PROTOCOL: u32 = 3 << 16;
/// What the server says when it lets a user go on: an authentication message. One that still recovers its data says an
/// ErrorResponse (`E`, 57P03).
const AUTHENTICATION: u8 = b'R';

/// The Unix socket, as libpq names it.
pub(crate) fn socket(setting: &Setting) -> PathBuf {
    setting.place.path("socket").join(format!(".s.PGSQL.{}", setting.port))
}

/// Whether a session of `user` in `database` can begin at the socket.
pub(crate) fn is_ready(setting: &Setting, user: &str, database: &str) -> bool {
    let said = ready::first_bytes(&socket(setting), &startup_message(user, database));
    said.first() == Some(&AUTHENTICATION)
}

/// StartupMessage: length, protocol, pairs of name and value, each closed by a zero.
fn startup_message(user: &str, database: &str) -> Vec<u8> {
    let mut rest = PROTOCOL.to_be_bytes().to_vec();
    for word in ["user", user, "database", database, ""] {
        rest.extend_from_slice(word.as_bytes());
        rest.push(0);
    }
    let length = u32::try_from(rest.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &rest].concat()
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
