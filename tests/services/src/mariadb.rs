//! MariaDB: its template, its settings, its users. Knows nothing of MySQL.
use std::fs::File;
use std::io::{Seek, Write};
use std::path::PathBuf;

use anyhow::Context;

use crate::client::ClientProgram;
use crate::launch;
use crate::mysql_family;
use crate::product::{Product, Setting};
use crate::template;

/// Changes when the template does.
const TEMPLATE: &str = "mariadb-10.11-a";

/// What `mariadb-install-db` feeds to a fresh server, without help texts and the open database `test`.
const SYSTEM_TABLES: [&str; 5] = [
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "mysql_sys_schema.sql",
];

pub(crate) struct Mariadb;

impl Product for Mariadb {
    fn users(&self) -> &'static [&'static str] {
        &["admin", "app", "app_ed25519"]
    }

    fn prepare(&self, setting: &Setting) -> anyhow::Result<()> {
        let place = &setting.place;
        template::copy(place, TEMPLATE, |folder| {
            let bootstrap = place
                .services
                .program("mariadbd")?
                .args(["--no-defaults", "--bootstrap", "--skip-log-bin", "--innodb-log-file-size=8M"])
                .args(["--aria-log-file-size=8M", "--max-allowed-packet=8M", "--net-buffer-length=16K"])
                .arg(format!("--datadir={}", folder.display()))
                .args(from_packages(setting));
            launch::run(
                &bootstrap,
                place.account,
                place.folder(),
                &place.log(),
                Some(system_tables(setting)?),
            )
        })?;
        let users = format!(
            "CREATE DATABASE IF NOT EXISTS app;\n\
             CREATE USER IF NOT EXISTS 'app'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('{}');\n\
             CREATE USER IF NOT EXISTS 'app_ed25519'@'%' IDENTIFIED VIA ed25519 USING PASSWORD('{}');\n\
             CREATE USER IF NOT EXISTS 'admin'@'localhost' IDENTIFIED VIA mysql_native_password USING PASSWORD('{}');\n\
             GRANT ALL ON app.* TO 'app'@'%';\n\
             GRANT ALL ON app.* TO 'app_ed25519'@'%';\n\
             GRANT ALL ON *.* TO 'admin'@'localhost' WITH GRANT OPTION;\n",
            setting.password("app"),
            setting.password("app_ed25519"),
            setting.password("admin")
        );
        place.write("init.sql", &users).map(drop)
    }

    fn program(&self, setting: &Setting) -> anyhow::Result<ClientProgram> {
        Ok(setting
            .place
            .services
            .program("mariadbd")?
            .args(mysql_family::arguments(setting))
            .args(from_packages(setting))
            .args(["--innodb-log-file-size=8M", "--aria-log-file-size=8M", "--plugin-load-add=auth_ed25519"])
            .args(mysql_family::asked_for(setting)))
    }

    fn socket(&self, setting: &Setting) -> PathBuf {
        mysql_family::socket(setting)
    }

    fn is_ready(&self, setting: &Setting) -> bool {
        mysql_family::is_ready(setting)
    }

    fn admin(&self, setting: &Setting, text: &str) -> anyhow::Result<ClientProgram> {
        mysql_family::admin(setting, "mariadb", text)
    }

    fn environment(&self, setting: &Setting, user: &str) -> Vec<(&'static str, String)> {
        mysql_family::environment(setting, user)
    }

    fn address(&self, setting: &Setting, user: &str) -> String {
        mysql_family::address(setting, user)
    }
}

/// Where it finds its messages and plugins, which its build expects below `/usr`.
fn from_packages(setting: &Setting) -> Vec<String> {
    let packages = setting.place.services.packages();
    [
        ("basedir", "usr"),
        ("lc-messages-dir", "usr/share/mysql"),
        ("character-sets-dir", "usr/share/mysql/charsets"),
    ]
    .into_iter()
    .chain([("plugin-dir", "usr/lib/mysql/plugin")])
    .map(|(name, path)| format!("--{name}={}", packages.join(path).display()))
    .collect()
}

/// The statements that fill a fresh data folder.
fn system_tables(setting: &Setting) -> anyhow::Result<File> {
    let mut text =
        b"CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket='root';\n".to_vec();
    for name in SYSTEM_TABLES {
        let path = setting.place.services.packages().join("usr/share/mysql").join(name);
        text.extend(std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?);
        text.push(b'\n');
    }
    let mut file = tempfile::tempfile().context("making a file")?;
    file.write_all(&text).context("writing a file")?;
    file.rewind().context("writing a file")?;
    Ok(file)
}
