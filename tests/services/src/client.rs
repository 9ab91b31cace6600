//! A program of the packages and what it needs to run: path, first arguments, environment. Knows no server.
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::services::Services;

/// Folders of programs below the unpacked packages.
const PROGRAM_FOLDERS: [&str; 3] = ["usr/lib/postgresql/15/bin", "usr/bin", "usr/sbin"];

/// Folders of shared libraries below the unpacked packages.
const LIBRARY_FOLDERS: [&str; 2] = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];

/// MariaDB's plugins of clients.
const CLIENT_PLUGINS: &str = "usr/lib/x86_64-linux-gnu/libmariadb3/plugin";

/// MySQL's glibc starts its programs.
const LOADER: &str = "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2";

/// A program as data: nothing is started until [`ClientProgram::command`] is.
#[derive(Debug, Clone)]
pub struct ClientProgram {
    /// What to start.
    pub path: PathBuf,
    /// What comes before any argument of the caller.
    pub arguments: Vec<OsString>,
    /// Variables that it needs on top of the inherited ones.
    pub environment: Vec<(OsString, OsString)>,
}

impl ClientProgram {
    pub(crate) fn find(services: &Services, name: &str) -> anyhow::Result<Self> {
        // The packages of MariaDB have a link `mysql`, which is its own client.
        let of_mysql = services.mysql_packages();
        for folder in ["usr/bin", "usr/sbin"] {
            let path = of_mysql.join(folder).join(name);
            if name.starts_with("mysql") && path.is_file() {
                return Ok(Self::with_own_loader(&of_mysql, &path));
            }
        }
        let packages = services.packages();
        let found =
            PROGRAM_FOLDERS.iter().map(|folder| packages.join(folder).join(name)).find(|path| path.is_file());
        let Some(path) = found else {
            bail!("there is no program `{name}` in the packages of `{}`", packages.display());
        };
        Ok(Self {
            path,
            arguments: Vec::new(),
            environment: vec![library_path(&packages), client_plugins(&packages)],
        })
    }

    fn with_own_loader(packages: &Path, program: &Path) -> Self {
        let libraries = packages.join("usr/lib/x86_64-linux-gnu");
        Self {
            path: packages.join(LOADER),
            arguments: vec!["--library-path".into(), libraries.into(), program.into()],
            environment: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<T: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds variables.
    #[must_use]
    pub fn envs<K: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.environment.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// The command, to which arguments can be added.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it to its end, with nothing on standard input.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn output(&self) -> anyhow::Result<std::process::Output> {
        use anyhow::Context as _;
        self.command()
            .stdin(std::process::Stdio::null())
            .output()
            .with_context(|| format!("starting `{}`", self.path.display()))
    }
}

/// Where MariaDB's clients find what their logins need, which their build expects below `/usr`.
fn client_plugins(packages: &Path) -> (OsString, OsString) {
    ("MARIADB_PLUGIN_DIR".into(), packages.join(CLIENT_PLUGINS).into())
}

fn library_path(packages: &Path) -> (OsString, OsString) {
    let mut value = OsString::new();
    for (index, folder) in LIBRARY_FOLDERS.iter().enumerate() {
        if index > 0 {
            value.push(":");
        }
        value.push(packages.join(folder));
    }
    ("LD_LIBRARY_PATH".into(), value)
}
