//! A pool on a simulated network, and what guests do with it; holds no case.

use super::lines::Lines;
use super::network::{Network, Wire};
use crate::config::PoolOptions;
use crate::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use crate::error::PoolError;
use crate::guard::Guard;
use crate::key::StartupSet;
use crate::net::ServerAddress;
use crate::pool::{ConnectionPoolManager, Pool};
use crate::protocol::GuestStep;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(super) struct Scene {
    pub(super) network: Arc<Network>,
    pub(super) manager: Arc<ConnectionPoolManager>,
    pub(super) pool: Arc<Pool>,
}

pub(super) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(super) fn endpoint(options: PoolOptions) -> Endpoint {
    Endpoint {
        name: "orders".to_owned(),
        protocol: Protocol::Mysql,
        server: ServerAddress::Tcp { host: "db".to_owned(), port: 1 },
        database: None,
        user: Some("shop".to_owned()),
        password: None,
        tls: None,
        guest_login: GuestLogin::Any,
        options,
    }
}

/// A pool with these options, on a network of its own.
pub(super) fn scene(options: PoolOptions) -> Scene {
    let network = Arc::new(Network::default());
    let manager = ConnectionPoolManager::with_wire(Arc::new(Wire(network.clone())), 7, |_| &Lines);
    let pool = manager.pool(endpoint(options));
    Scene { network, manager, pool }
}

pub(super) fn sized(size: usize) -> PoolOptions {
    PoolOptions { size, ..PoolOptions::default() }
}

pub(super) fn application(name: &str) -> StartupSet {
    StartupSet { parameters: [("application".to_owned(), name.to_owned())].into(), ..StartupSet::default() }
}

impl Scene {
    pub(super) async fn checkout(&self, tenant: &str) -> Result<Guard, PoolError> {
        self.checkout_as(tenant, "").await
    }

    pub(super) async fn checkout_as(&self, tenant: &str, name: &str) -> Result<Guard, PoolError> {
        let startup = if name.is_empty() { StartupSet::default() } else { application(name) };
        self.pool.checkout(&Tenant::new(tenant), startup, self.pool.cancel_key()).await
    }

    /// (taken, idle, busy, waiting).
    pub(super) fn counts(&self) -> (usize, usize, usize, usize) {
        let stats = self.pool.stats();
        (stats.taken, stats.idle, stats.busy, stats.waiting)
    }

    /// How many sessions were destroyed for a reason.
    pub(super) fn destroyed(&self, reason: &str) -> u64 {
        self.pool.stats().destroyed.iter().find(|(named, _)| *named == reason).map_or(0, |(_, count)| *count)
    }
}

/// Lets everything happen that needs no time.
pub(super) async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Sends bytes and does not wait for an answer.
pub(super) fn send(guard: &Guard, text: &str) {
    let mut slot = guard.session();
    let session = slot.as_mut().unwrap();
    let bytes = match session.tracker.from_guest(text.as_bytes()).unwrap() {
        GuestStep::Forward(_) => text.as_bytes().to_vec(),
        GuestStep::Replace { bytes, .. } => bytes.to_vec(),
        _ => unreachable!("lines are passed on or replaced"),
    };
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let written = Pin::new(&mut session.stream).poll_write(&mut context, &bytes);
    assert!(matches!(written, Poll::Ready(Ok(count)) if count == bytes.len()) || written.is_ready());
    drop(slot);
    guard.progress(false);
}

/// Waits for a line of the server, or for the reason why there is none.
pub(super) async fn line(guard: &Guard) -> Result<String, &'static str> {
    let mut line = Vec::new();
    loop {
        let byte = poll_fn(|context| {
            let mut slot = guard.session();
            let Some(session) = slot.as_mut() else {
                return Poll::Ready(Err(guard.ended().unwrap().reason()));
            };
            let mut byte = [0];
            let mut buffer = ReadBuf::new(&mut byte);
            if Pin::new(&mut session.stream).poll_read(context, &mut buffer).is_pending() {
                drop(slot);
                guard.register(true, context.waker());
                return Poll::Pending;
            }
            if buffer.filled().is_empty() {
                guard.destroy("the server closed the connection");
                return Poll::Ready(Err("closed"));
            }
            session.tracker.from_server(buffer.filled()).unwrap();
            Poll::Ready(Ok(byte[0]))
        });
        // The first poll tells that the guest waits; bytes tell the rest.
        guard.progress(true);
        match byte.await? {
            b'\n' => break,
            byte => line.push(byte),
        }
    }
    guard.progress(false);
    Ok(String::from_utf8(line).unwrap())
}

/// Asks and waits for the answer.
pub(super) async fn ask(guard: &Guard, text: &str) -> Result<String, &'static str> {
    send(guard, &format!("{text}\n"));
    line(guard).await
}

/// Polls a future once.
pub(super) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context))).await
}
