//! Free TCP ports of 127.0.0.1 that stay one's own while a server is down. Knows not what listens there.
//!
//! They lie below the range from which the system takes ports for outgoing connections (`ip(7)`), so that nothing takes
//! a port between the end of a server and its restart; a lock file keeps other tests of this crate away.
use std::fs::File;
use std::net::TcpListener;

use anyhow::{Context, anyhow, bail};

/// Candidates: registered ports below the usual start of the range of outgoing connections, 32768.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;
/// Candidates that are tried.
const ATTEMPTS: usize = 200;

/// A port that no other test takes while this lives.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// A port that nothing listens on now.
    pub(crate) fn free() -> anyhow::Result<Self> {
        let user = rustix::process::geteuid().as_raw();
        let folder = std::env::temp_dir().join(format!("warpgrid-test-ports-{user}"));
        std::fs::create_dir_all(&folder).with_context(|| format!("creating `{}`", folder.display()))?;
        for _ in 0..ATTEMPTS {
            let mut bytes = [0_u8; 2];
            getrandom::fill(&mut bytes).map_err(|error| anyhow!("getting random bytes: {error}"))?;
            let number = FIRST + u16::from_le_bytes(bytes) % COUNT;
            let path = folder.join(number.to_string());
            let lock = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
                .with_context(|| format!("opening `{}`", path.display()))?;
            if lock.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", number)).is_ok() {
                return Ok(Self { number, _lock: lock });
            }
        }
        bail!("none of {ATTEMPTS} ports of 127.0.0.1 is free")
    }

    /// Exactly that port.
    pub(crate) fn exactly(number: u16) -> anyhow::Result<Self> {
        TcpListener::bind(("127.0.0.1", number))
            .with_context(|| format!("port {number} of 127.0.0.1 is taken"))?;
        let lock = tempfile::tempfile().context("making a file")?;
        Ok(Self { number, _lock: lock })
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}
