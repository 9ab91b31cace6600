//! How a program reaches its server: the `DRIVER_…` variables; the one place that reads the environment.
use std::path::PathBuf;

use anyhow::{Context, bail};

/// Connection settings. Has no `Debug`: it holds a password.
#[derive(Clone)]
pub struct Settings {
    /// `DRIVER_HOST`: a name or address; the name in the server's certificate.
    pub host: String,
    /// `DRIVER_PORT`.
    pub port: u16,
    /// `DRIVER_USER`.
    pub user: String,
    /// `DRIVER_PASSWORD`.
    pub password: String,
    /// `DRIVER_DATABASE`: a name, for Redis a number.
    pub database: String,
    /// `DRIVER_TLS`: the file with the authority's certificate; none for `off`.
    pub tls: Option<PathBuf>,
    /// `DRIVER_OTHER_CA`: the certificate of an authority that the server has nothing to do with.
    pub other_ca: Option<PathBuf>,
    /// `DRIVER_SOCKET`: a Unix socket to use instead of host and port.
    pub socket: Option<PathBuf>,
    /// `DRIVER_RESTART`: a command that restarts the server and ends when it answers again.
    pub restart: Option<String>,
    /// `DRIVER_CLIENT`: the client program of the command-line rows, when it is not the one on the path.
    pub client: Option<PathBuf>,
}

impl Settings {
    /// Reads the variables.
    ///
    /// # Errors
    /// When one is missing or not understood.
    pub fn from_env() -> anyhow::Result<Self> {
        let optional = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let needed = |name: &str| optional(name).with_context(|| format!("`${name}` is not set"));
        let port = needed("DRIVER_PORT")?;
        let tls = needed("DRIVER_TLS")?;
        Ok(Self {
            host: needed("DRIVER_HOST")?,
            port: port.parse().with_context(|| format!("`$DRIVER_PORT` is `{port}`, which is no port"))?,
            user: needed("DRIVER_USER")?,
            password: needed("DRIVER_PASSWORD")?,
            database: needed("DRIVER_DATABASE")?,
            tls: (tls != "off").then(|| PathBuf::from(tls)),
            other_ca: optional("DRIVER_OTHER_CA").map(PathBuf::from),
            socket: optional("DRIVER_SOCKET").map(PathBuf::from),
            restart: optional("DRIVER_RESTART"),
            client: optional("DRIVER_CLIENT").map(PathBuf::from),
        })
    }

    /// The same with a password that is not right.
    #[must_use]
    pub fn with_wrong_password(&self) -> Self {
        Self { password: format!("not {}", self.password), ..self.clone() }
    }

    /// The same, trusting only an authority that did not sign the server's certificate.
    ///
    /// # Errors
    /// When encryption is off, or no other authority was given.
    pub fn with_other_ca(&self) -> anyhow::Result<Self> {
        if self.tls.is_none() {
            bail!("`$DRIVER_TLS` is `off`: the cell `tls` needs the certificate of the server's authority");
        }
        let other = self.other_ca.clone().context("`$DRIVER_OTHER_CA` is not set")?;
        Ok(Self { tls: Some(other), ..self.clone() })
    }

    /// Folder and port of a PostgreSQL socket, as libpq and its like want it: `<folder>/.s.PGSQL.<port>`.
    ///
    /// # Errors
    /// When the socket has another name.
    pub fn postgres_socket(&self) -> anyhow::Result<Option<(PathBuf, u16)>> {
        let Some(socket) = &self.socket else { return Ok(None) };
        let name = socket.file_name().unwrap_or_default().to_string_lossy();
        let port = name.strip_prefix(".s.PGSQL.").and_then(|port| port.parse().ok());
        match (socket.parent(), port) {
            (Some(folder), Some(port)) => Ok(Some((folder.to_owned(), port))),
            _ => bail!("`{}` is not named `.s.PGSQL.<port>`", socket.display()),
        }
    }

    /// Restarts the server.
    ///
    /// # Errors
    /// When there is no command for it, or it fails.
    pub async fn restart_server(&self) -> anyhow::Result<()> {
        let command = self.restart.as_ref().context("`$DRIVER_RESTART` is not set")?;
        let output = tokio::process::Command::new("sh")
            .args(["-c", command])
            .output()
            .await
            .context("starting `sh` to restart the server")?;
        if !output.status.success() {
            bail!("`{command}` failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}
