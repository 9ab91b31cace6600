//! A listening socket, and the life of a Unix socket's path; knows no client.

use super::ListenAddress;
use crate::net::{ServerStream, tune};
use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixStream};

/// How many clients the system keeps in line until they are accepted.
const BACKLOG: u32 = 1024;

/// A listening socket.
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixSocket),
}

/// A Unix socket that listens, and its path, which is removed when this is dropped.
pub struct UnixSocket {
    listener: UnixListener,
    _path: SocketPath,
}

impl UnixSocket {
    /// Binds the socket, as [`ListenAddress::Unix`] says it. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the path is not to be had: somebody listens there ([`io::ErrorKind::AddrInUse`]), or there is something else
    /// ([`io::ErrorKind::AlreadyExists`]).
    pub fn bind(path: &Path, mode: u32) -> io::Result<Self> {
        bind_unix(path, mode)
    }

    /// The next client.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

impl Socket {
    pub(super) fn bind(address: &ListenAddress) -> io::Result<Self> {
        match address {
            ListenAddress::Tcp(address) => bind_tcp(*address).map(Socket::Tcp),
            ListenAddress::Unix { path, mode } => bind_unix(path, *mode).map(Socket::Unix),
        }
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on `{address}`: {error}")))
    }

    /// The port that was found, where 0 was asked for.
    pub(super) fn tcp_address(&self) -> Option<SocketAddr> {
        match self {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }

    pub(super) async fn accept(&self) -> io::Result<ServerStream> {
        match self {
            Socket::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                tune(&stream)?;
                Ok(Box::new(stream))
            }
            Socket::Unix(socket) => Ok(Box::new(socket.accept().await?)),
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A listener that is started again must not wait for connections of the one before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Binds at a name of its own, sets the mode there, and only then gives the socket its place: nobody can connect before,
/// and a socket that is left over is replaced in one step.
fn bind_unix(path: &Path, mode: u32) -> io::Result<UnixSocket> {
    refuse_what_is_alive(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let early = folder.join(format!(".{:08x}", fastrand::u32(..)));
    let listener = UnixListener::bind(&early)?;
    let placed = fs::set_permissions(&early, Permissions::from_mode(mode))
        .and_then(|()| fs::rename(&early, path))
        .and_then(|()| fs::symlink_metadata(path));
    match placed {
        Ok(metadata) => {
            let path = SocketPath { path: path.to_owned(), device: metadata.dev(), inode: metadata.ino() };
            Ok(UnixSocket { listener, _path: path })
        }
        Err(error) => {
            let _ = fs::remove_file(&early);
            Err(error)
        }
    }
}

fn refuse_what_is_alive(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is something that is no socket"));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "somebody listens there already")),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error),
    }
}

/// The path of a Unix socket; removed with it, unless another has taken its place.
struct SocketPath {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        if let Ok(metadata) = fs::symlink_metadata(&self.path)
            && (metadata.dev(), metadata.ino()) == (self.device, self.inode)
        {
            let _ = fs::remove_file(&self.path);
        }
    }
}
