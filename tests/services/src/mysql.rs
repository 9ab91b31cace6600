//! MySQL: its template, its settings, its users. Knows nothing of MariaDB.
use std::path::PathBuf;

use crate::client::ClientProgram;
use crate::launch;
use crate::mysql_family;
use crate::product::{Product, Setting};
use crate::template;

/// Changes when the template does.
const TEMPLATE: &str = "mysql-9.7-a";

pub(crate) struct Mysql;

impl Product for Mysql {
    fn users(&self) -> &'static [&'static str] {
        &["admin", "app"]
    }

    fn prepare(&self, setting: &Setting) -> anyhow::Result<()> {
        let place = &setting.place;
        template::copy(place, TEMPLATE, |folder| {
            let initialize = place
                .services
                .program("mysqld")?
                .args(["--no-defaults", "--initialize-insecure", "--innodb-redo-log-capacity=8M"])
                .arg("--innodb-doublewrite=0")
                .arg(format!("--datadir={}", folder.display()))
                .args(from_packages(setting));
            launch::run(&initialize, place.account, place.folder(), &place.log(), None)
        })?;
        let users = format!(
            "CREATE DATABASE IF NOT EXISTS app;\n\
             CREATE USER IF NOT EXISTS 'app'@'%' IDENTIFIED WITH caching_sha2_password BY '{}';\n\
             CREATE USER IF NOT EXISTS 'admin'@'localhost' IDENTIFIED WITH caching_sha2_password BY '{}';\n\
             GRANT ALL ON app.* TO 'app'@'%';\n\
             GRANT ALL ON *.* TO 'admin'@'localhost' WITH GRANT OPTION;\n\
             ALTER USER 'root'@'localhost' ACCOUNT LOCK;\n",
            setting.password("app"),
            setting.password("admin")
        );
        place.write("init.sql", &users).map(drop)
    }

    fn program(&self, setting: &Setting) -> anyhow::Result<ClientProgram> {
        Ok(setting
            .place
            .services
            .program("mysqld")?
            .args(mysql_family::arguments(setting))
            .args(from_packages(setting))
            .args(["--mysqlx=OFF", "--secure-file-priv=NULL", "--innodb-redo-log-capacity=8M"])
            .args(mysql_family::asked_for(setting)))
    }

    fn socket(&self, setting: &Setting) -> PathBuf {
        mysql_family::socket(setting)
    }

    fn is_ready(&self, setting: &Setting) -> bool {
        mysql_family::is_ready(setting)
    }

    fn admin(&self, setting: &Setting, text: &str) -> anyhow::Result<ClientProgram> {
        mysql_family::admin(setting, "mysql", text)
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
    let packages = setting.place.services.mysql_packages();
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
