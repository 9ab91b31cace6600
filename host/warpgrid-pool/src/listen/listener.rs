//! Accepting clients until it is told to stop; knows no bytes.

use super::client;
use super::socket::Socket;
use super::{ListenAddress, ListenOptions, ListenerControl};
use crate::endpoint::Tenant;
use crate::pool::Pool;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How many clients may be told at the same time that there are too many; more are closed without a word.
const REFUSALS: usize = 64;
/// How long nobody is accepted after the system could not (it has no descriptors left, say).
const PAUSE: Duration = Duration::from_millis(100);

/// A door for native programs in front of a pool. Bound: clients can connect, and wait until [`Listener::serve`] runs.
pub struct Listener {
    socket: Socket,
    options: ListenOptions,
}

impl Listener {
    /// Binds the socket. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the address is not to be had; the text names it.
    pub fn bind(options: ListenOptions) -> io::Result<Self> {
        Ok(Self { socket: Socket::bind(&options.address)?, options })
    }

    /// Where clients find it: with the port that was found, where 0 was asked for.
    pub fn local_address(&self) -> ListenAddress {
        self.socket.tcp_address().map_or_else(|| self.options.address.clone(), ListenAddress::Tcp)
    }

    /// Serves clients as guests of `tenant` until `shutdown` is cancelled. Then nobody is let in any more, and those who
    /// are in may stay for [`ListenOptions::stop`]; a drain of the pool ends them earlier, each when it has its answers.
    /// Returns when all are gone, and the path of a Unix socket with them. Dropping the future cuts them.
    pub async fn serve(self, pool: Arc<Pool>, tenant: Tenant, shutdown: CancellationToken) {
        let control = ListenerControl::new(pool, tenant, &self.options);
        self.serve_controlled(control, shutdown).await;
    }

    /// The same, with clients that can be counted, and with terms that can be changed meanwhile: who connects after a
    /// change is served by the new ones. Of the options it was bound with only the address and
    /// [`ListenOptions::stop`] count.
    pub async fn serve_controlled(self, control: Arc<ListenerControl>, shutdown: CancellationToken) {
        let Self { socket, options } = self;
        let address = options.address;
        let refusals = Arc::new(Semaphore::new(REFUSALS));
        let mut clients = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(_) = clients.join_next() => continue,
                accepted = socket.accept() => accepted,
            };
            let stream = match accepted {
                Ok(stream) => stream,
                Err(error) => {
                    tracing::warn!(%address, %error, "a client could not be accepted");
                    tokio::select! {
                        () = shutdown.cancelled() => break,
                        () = sleep(PAUSE) => continue,
                    }
                }
            };
            let door = control.door();
            if let Some(place) = control.enter(door.clients) {
                clients.spawn(async move {
                    client::serve(&door, stream).await;
                    drop(place);
                });
            } else if let Ok(place) = Arc::clone(&refusals).try_acquire_owned() {
                clients.spawn(async move {
                    client::refuse(&door, stream, door.clients).await;
                    drop(place);
                });
            }
        }
        // Nobody may connect to a socket that nobody will accept from.
        drop(socket);
        let gone = async { while clients.join_next().await.is_some() {} };
        if timeout(options.stop, gone).await.is_err() {
            tracing::warn!(%address, clients = clients.len(), "clients that did not leave in time are cut");
            clients.shutdown().await;
        }
    }
}
