//! What MariaDB and MySQL have in common: settings, readiness, clients. Knows not how they differ.
use std::path::{Path, PathBuf};

use crate::client::ClientProgram;
use crate::product::Setting;
use crate::ready;

/// Settings of both, as arguments.
pub(crate) fn arguments(setting: &Setting) -> Vec<String> {
    let place = &setting.place;
    let show = |path: &Path| path.display().to_string();
    let mut arguments = vec![
        "--no-defaults".to_owned(),
        format!("--datadir={}", show(&place.data())),
        format!("--tmpdir={}", show(place.folder())),
        format!("--socket={}", show(&socket(setting))),
        format!("--pid-file={}", show(&place.path("server.pid"))),
        format!("--port={}", setting.port),
        "--bind-address=127.0.0.1".to_owned(),
        "--skip-name-resolve".to_owned(),
        "--skip-log-bin".to_owned(),
        "--local-infile=1".to_owned(),
        "--performance-schema=OFF".to_owned(),
        "--innodb-buffer-pool-size=32M".to_owned(),
        // In the hands of the system at each commit: enough for the death of a server.
        "--innodb-flush-log-at-trx-commit=2".to_owned(),
        "--innodb-doublewrite=0".to_owned(),
        "--character-set-server=utf8mb4".to_owned(),
        format!("--max-connections={}", setting.options.max_connections),
        format!("--init-file={}", show(&place.path("init.sql"))),
    ];
    if setting.options.tls {
        arguments.push(format!("--ssl-ca={}", setting.authority()));
        arguments.push(format!("--ssl-cert={}", setting.certificate()));
        arguments.push(format!("--ssl-key={}", setting.key()));
    }
    if setting.options.require_tls {
        arguments.push("--require-secure-transport=ON".to_owned());
    }
    arguments
}

/// The settings that a test asked for, last.
pub(crate) fn asked_for(setting: &Setting) -> Vec<String> {
    setting.options.settings.iter().map(|(name, value)| format!("--{name}={value}")).collect()
}

pub(crate) fn socket(setting: &Setting) -> PathBuf {
    setting.place.path("socket/mysql.sock")
}

/// A server that takes connections greets them: a header of 4 bytes, then protocol 10. It listens earlier than that.
pub(crate) fn is_ready(setting: &Setting) -> bool {
    ready::first_bytes(&socket(setting), &[]).get(4) == Some(&10)
}

/// The client `name` as user `admin`.
pub(crate) fn admin(setting: &Setting, name: &str, text: &str) -> anyhow::Result<ClientProgram> {
    Ok(setting
        .place
        .services
        .program(name)?
        .arg("--no-defaults")
        .arg(format!("--socket={}", socket(setting).display()))
        .args(["--protocol=socket", "--user=admin", "--database=app", "--batch", "--skip-column-names"])
        .args(["--execute", text])
        .envs([("MYSQL_PWD", setting.password("admin"))]))
}

pub(crate) fn environment(setting: &Setting, user: &str) -> Vec<(&'static str, String)> {
    vec![
        ("MYSQL_HOST", "127.0.0.1".to_owned()),
        ("MYSQL_TCP_PORT", setting.port.to_string()),
        ("MYSQL_USER", user.to_owned()),
        ("MYSQL_PWD", setting.password(user).to_owned()),
        ("MYSQL_DATABASE", "app".to_owned()),
        ("MYSQL_CA", setting.authority()),
    ]
}

pub(crate) fn address(setting: &Setting, user: &str) -> String {
    format!("mysql://{user}:{}@127.0.0.1:{}/app", setting.password(user), setting.port)
}
