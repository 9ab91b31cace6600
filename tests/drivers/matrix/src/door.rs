//! Where a program connects: to a server, or to what stands in front of it; knows no driver.
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;
use warpgrid_test_services::{ProductKind, Server};

use crate::cell::Way;

/// The name in the servers' certificates that every driver can check.
const HOST: &str = "localhost";

/// An address with all that a driver needs to get in. Has no `Debug`: it holds a password.
#[derive(Clone)]
pub(crate) struct Door {
    /// Port of the host [`HOST`].
    pub(crate) port: u16,
    /// The port that speaks TLS; the same but for Redis.
    pub(crate) tls_port: u16,
    /// The Unix socket, when there is one.
    pub(crate) socket: Option<PathBuf>,
    pub(crate) user: String,
    pub(crate) password: String,
    /// A name; for Redis a number.
    pub(crate) database: String,
    /// The certificate of the authority that signed what is shown here; none where there is no TLS.
    pub(crate) authority: Option<PathBuf>,
    /// Whether only encrypted connections are let in: MySQL's own login asks for that.
    pub(crate) always_tls: bool,
    /// Whether a wrong password is refused.
    pub(crate) checks_password: bool,
    /// Whether server sessions outlive connections.
    pub(crate) pools: bool,
}

impl Door {
    /// The server itself.
    pub(crate) fn of_server(server: &Server) -> Self {
        let database = if server.kind() == ProductKind::Redis { "0" } else { "app" };
        Self {
            port: server.port(),
            tls_port: server.tls_port(),
            socket: Some(server.socket_path()),
            user: "app".to_owned(),
            password: server.password("app"),
            database: database.to_owned(),
            authority: Some(server.ca_pem_path()),
            always_tls: server.kind() == ProductKind::Mysql,
            checks_password: true,
            pools: false,
        }
    }

    /// The variables of a program that goes in that way.
    ///
    /// # Errors
    /// When there is no such way here; the message says what is missing.
    pub(crate) fn environment(
        &self,
        way: Way,
        other_ca: &Path,
    ) -> anyhow::Result<Vec<(&'static str, OsString)>> {
        let encrypted = way == Way::Tls || (self.always_tls && way != Way::Socket);
        let tls = match encrypted {
            true => self.authority.clone().context("there is no TLS at this door")?.into(),
            false => OsString::from("off"),
        };
        let port = if encrypted { self.tls_port } else { self.port };
        let mut variables = vec![
            ("DRIVER_HOST", HOST.into()),
            ("DRIVER_PORT", port.to_string().into()),
            ("DRIVER_USER", OsString::from(&self.user)),
            ("DRIVER_PASSWORD", OsString::from(&self.password)),
            ("DRIVER_DATABASE", OsString::from(&self.database)),
            ("DRIVER_TLS", tls),
            ("DRIVER_OTHER_CA", other_ca.into()),
        ];
        if way == Way::Socket {
            let socket = self.socket.clone().context("there is no Unix socket at this door")?;
            variables.push(("DRIVER_SOCKET", socket.into()));
        }
        Ok(variables)
    }
}
