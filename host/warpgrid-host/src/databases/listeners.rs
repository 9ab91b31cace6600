//! From `[listeners]` to what the pool's listeners are bound with; binds nothing.

use crate::config::{ListenPlace, ListenerConfig};
use std::path::{Path, PathBuf};
use std::time::Duration;
use warpgrid_pool::listen::{ListenAddress, ListenOptions, TlsServer, TlsServerError};

/// A listener cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum ListenersError {
    /// The certificate or its key cannot be read.
    #[error("`listeners.{listener}.tls`: `{}` cannot be read", path.display())]
    Unreadable {
        /// The listener.
        listener: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The files are no certificate with its key.
    #[error("`listeners.{listener}.tls`: {source}")]
    Tls {
        /// The listener.
        listener: String,
        /// What is wrong.
        #[source]
        source: TlsServerError,
    },
}

impl ListenerConfig {
    /// What the listener is bound with. `base` is the folder that relative paths start at; `stop` is how long clients may
    /// stay after the listener was told to stop. Reads the certificate and its key.
    ///
    /// # Errors
    /// [`ListenersError`].
    pub fn options(&self, base: &Path, stop: Duration) -> Result<ListenOptions, ListenersError> {
        let address = match &self.place {
            ListenPlace::Tcp(address) => ListenAddress::Tcp(*address),
            ListenPlace::Unix { path, mode } => ListenAddress::Unix { path: base.join(path), mode: *mode },
        };
        let tls = match &self.tls {
            None => None,
            Some(tls) => {
                let (certificate, key) = (self.read(base, &tls.certificate)?, self.read(base, &tls.key)?);
                let failed = |source| ListenersError::Tls { listener: self.name.clone(), source };
                Some(TlsServer::new(&certificate, &key).map_err(failed)?)
            }
        };
        Ok(ListenOptions {
            address,
            tls,
            tls_required: self.tls.as_ref().is_some_and(|tls| tls.required),
            clients: self.clients,
            stop,
            ..ListenOptions::default()
        })
    }

    fn read(&self, base: &Path, path: &Path) -> Result<Vec<u8>, ListenersError> {
        let path = base.join(path);
        let unreadable = |source| {
            let (listener, path) = (self.name.clone(), path.clone());
            ListenersError::Unreadable { listener, path, source }
        };
        std::fs::read(&path).map_err(unreadable)
    }
}
