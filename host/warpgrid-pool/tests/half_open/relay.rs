//! A relay in front of a server whose connections can be stopped without being closed; knows no protocol.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// True: stopped.
type Switch = watch::Sender<bool>;

pub(crate) struct Relay {
    pub(crate) port: u16,
    connections: Arc<Mutex<Vec<Switch>>>,
    /// Whether new connections are stopped from their beginning.
    silent: Arc<Mutex<bool>>,
    task: JoinHandle<()>,
}

impl Relay {
    pub(crate) async fn open(to: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, silent) = (Arc::<Mutex<Vec<Switch>>>::default(), Arc::<Mutex<bool>>::default());
        let (all, from_beginning) = (connections.clone(), silent.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await else { continue };
                let switch = Switch::new(*from_beginning.lock().unwrap());
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(copy(from_client, to_server, switch.subscribe()));
                tokio::spawn(copy(from_server, to_client, switch.subscribe()));
                all.lock().unwrap().push(switch);
            }
        });
        Self { port, connections, silent, task }
    }

    /// Stops the connections that there are.
    pub(crate) fn stop(&self) {
        for switch in &*self.connections.lock().unwrap() {
            switch.send_replace(true);
        }
    }

    /// Whether connections from now on are stopped from their beginning.
    pub(crate) fn set_silent(&self, silent: bool) {
        *self.silent.lock().unwrap() = silent;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut stopped: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        if stopped.wait_for(|stopped| !stopped).await.is_err() {
            return;
        }
        tokio::select! {
            biased;
            _ = stopped.changed() => {}
            read = from.read(&mut bytes) => {
                let count = read.unwrap_or(0);
                if count == 0 || to.write_all(&bytes[..count]).await.is_err() {
                    let _ = to.shutdown().await;
                    return;
                }
            }
        }
    }
}
