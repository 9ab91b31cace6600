//! How a program that is asked to restart its server does so: it runs a command, which rings here. Knows no product.
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// What a good answer begins with.
const DONE: &str = "done";

/// A socket that restarts a server for each connection to it, as long as the process lives.
pub(crate) struct Bell {
    socket: PathBuf,
}

impl Bell {
    /// Listens on `socket`; `restart` runs for each who rings, one after the other.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub(crate) fn new(
        socket: PathBuf,
        restart: impl Fn() -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let listener =
            UnixListener::bind(&socket).with_context(|| format!("listening on `{}`", socket.display()))?;
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let answer = match restart() {
                    Ok(()) => DONE.to_owned(),
                    Err(error) => format!("{error:#}"),
                };
                // Who rang may be gone.
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Ok(Self { socket })
    }

    /// The command for `$DRIVER_RESTART`.
    ///
    /// # Errors
    /// When this program does not know where it is.
    pub(crate) fn command(&self) -> anyhow::Result<String> {
        let program = std::env::current_exe().context("finding the running program")?;
        let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
        Ok(format!("{} restart {}", quoted(&program), quoted(&self.socket)))
    }
}

/// The other side: rings, and waits for the answer.
///
/// # Errors
/// When nobody listens, or the server could not be restarted.
pub(crate) fn ask(socket: &Path) -> anyhow::Result<()> {
    let mut stream =
        UnixStream::connect(socket).with_context(|| format!("connecting to `{}`", socket.display()))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("waiting for the restart")?;
    if answer != DONE {
        bail!("the server was not restarted: {answer}");
    }
    Ok(())
}
