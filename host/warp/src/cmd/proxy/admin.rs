//! The Unix socket that takes orders: a line with a word in, a line of JSON out. Knows not how an order is carried out.
//!
//! The words are `status`, `drain` and `reload`. An answer is one object; one with the key `error` says why the order was
//! not carried out, with `hints`. `printf 'status\n' | nc -U warp-proxy.sock` does for a look.

use super::args::ProxyCommand;
use crate::report::{self, hinted};
use anyhow::Context;
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use warpgrid_pool::listen::UnixSocket;

/// Only who started the proxy may give orders.
const OWNER_ONLY: u32 = 0o600;
/// Connections that may be open at the same time.
const CONNECTIONS: usize = 16;
/// The longest order, in bytes.
const LONGEST: u64 = 64;
/// How much a client may say behind its order without losing the answer.
const MOST_UNREAD: u64 = 64 * 1024;
/// How long a client may take to say its order, and the last answers may take at the end.
const WAIT: Duration = Duration::from_secs(5);
/// How long nobody is accepted after the system could not.
const PAUSE: Duration = Duration::from_millis(100);

/// An order, and who waits for the answer.
pub(super) struct Order {
    pub(super) command: ProxyCommand,
    pub(super) answer: oneshot::Sender<Value>,
}

/// The socket while it takes orders.
pub(super) struct Admin {
    pub(super) orders: mpsc::Receiver<Order>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Admin {
    /// Listens at `path`.
    ///
    /// # Errors
    /// When another proxy listens there, or the path is not to be had.
    pub(super) fn listen(path: &Path) -> anyhow::Result<Self> {
        let socket = UnixSocket::bind(path, OWNER_ONLY).map_err(|error| explain(error, path))?;
        let (sender, orders) = mpsc::channel(CONNECTIONS);
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(socket, sender, stop.clone()));
        Ok(Self { orders, stop, task })
    }

    /// Takes no more orders, and waits a moment until the last answers are sent.
    pub(super) async fn end(self) {
        drop(self.orders);
        self.stop.cancel();
        let _ = timeout(WAIT, self.task).await;
    }
}

fn explain(error: io::Error, path: &Path) -> anyhow::Error {
    let shown = path.display();
    let (what, hint) = match error.kind() {
        io::ErrorKind::AddrInUse => (
            format!("a proxy runs already and takes orders at `{shown}`"),
            format!(
                "look at it with `warp proxy status --admin {shown}`, or give this one another `--admin PATH`"
            ),
        ),
        _ => (
            format!("the admin socket `{shown}` cannot be opened"),
            "choose another place with `--admin PATH`; its folder must be there and writable".to_owned(),
        ),
    };
    hinted(error, vec![hint]).context(what)
}

async fn serve(socket: UnixSocket, orders: mpsc::Sender<Order>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut clients = JoinSet::new();
    loop {
        while clients.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = async {
                // The semaphore is never closed.
                let place = places.clone().acquire_owned().await.ok();
                socket.accept().await.map(|stream| (stream, place))
            } => accepted,
        };
        let Ok((stream, place)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        let orders = orders.clone();
        clients.spawn(async move {
            // Who asks and goes away is nobody's concern.
            let _ = answer(stream, &orders).await;
            drop(place);
        });
    }
    drop(orders);
    while clients.join_next().await.is_some() {}
}

async fn answer(stream: UnixStream, orders: &mpsc::Sender<Order>) -> anyhow::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(LONGEST));
    timeout(WAIT, reader.read_line(&mut line)).await.context("no order")??;
    let value = match word(line.trim()) {
        None => refusal(&hinted(
            anyhow::anyhow!("this is no order of a proxy"),
            vec!["there are `status`, `drain` and `reload`".to_owned()],
        )),
        Some(command) => {
            let (answer, told) = oneshot::channel();
            let ended = || refusal(&anyhow::anyhow!("the proxy is about to end"));
            match orders.send(Order { command, answer }).await {
                Ok(()) => told.await.unwrap_or_else(|_| ended()),
                Err(_) => ended(),
            }
        }
    };
    timeout(WAIT, writer.write_all(format!("{value}\n").as_bytes())).await.context("no reader")??;
    writer.shutdown().await?;
    // A connection that is closed with bytes unread takes the answer away again.
    let mut rest = reader.into_inner().into_inner().take(MOST_UNREAD);
    timeout(WAIT, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await.context("no end")??;
    Ok(())
}

/// Why an order was not carried out.
pub(super) fn refusal(error: &anyhow::Error) -> Value {
    json!({ "error": report::one_line(error), "hints": report::hints(error) })
}

/// The word of an order.
pub(super) fn of_command(command: ProxyCommand) -> &'static str {
    match command {
        ProxyCommand::Status => "status",
        ProxyCommand::Drain => "drain",
        ProxyCommand::Reload => "reload",
    }
}

fn word(text: &str) -> Option<ProxyCommand> {
    let known = [ProxyCommand::Status, ProxyCommand::Drain, ProxyCommand::Reload];
    known.into_iter().find(|command| of_command(*command) == text)
}
