//! A proxy until it is told to end, by a signal or through its admin socket; knows no client.

use super::admin::{self, Admin, Order};
use super::announce;
use super::args::{ProxyArgs, ProxyCommand};
use super::listeners::shown;
use super::running::{Drain, Running};
use super::start::admin_path;
use crate::report::hinted;
use crate::signals::{SystemSignal, SystemSignals};
use anyhow::{Context, anyhow};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use warpgrid_host::http::AdminServer;
use warpgrid_host::metrics::Metrics;
use warpgrid_pool::stats::DrainReport;

/// Serves until SIGTERM, Ctrl-C or `warp proxy drain`, then drains.
pub(super) async fn run(args: &ProxyArgs, config: &Path) -> anyhow::Result<ExitCode> {
    // Before anyone is told that the proxy listens: from then on it must end in order.
    let signals = SystemSignals::listen().context("cannot listen for signals")?;
    let path = admin_path(args)?;
    // First of all: what a second proxy of the same configuration must not begin.
    let mut admin = Admin::listen(&path)?;
    let ended = serve(args, config, &path, &mut admin, signals).await;
    // Also after an error: nothing is left at the path.
    admin.end().await;
    let answer = ended?;
    announce::drained(args.json, &answer).context(CANNOT_WRITE)?;
    let cut = answer["cut"].as_array().is_some_and(|cut| !cut.is_empty());
    Ok(ExitCode::from(u8::from(cut)))
}

const CANNOT_WRITE: &str = "cannot write to standard output";

/// Serves, and gives what is to be told at the end.
async fn serve(
    args: &ProxyArgs,
    config: &Path,
    path: &Path,
    admin: &mut Admin,
    mut signals: SystemSignals,
) -> anyhow::Result<Value> {
    let (running, opened) = Running::start(config)?;
    let mut proxy =
        Proxy { running, json: args.json, draining: Arc::default(), drain: None, told: Vec::new() };
    if let Err(error) = proxy.announce(args, path, &opened).await {
        proxy.running.end().await;
        return Err(error);
    }
    let report = loop {
        tokio::select! {
            report = drained(&mut proxy.drain) => break report,
            signal = signals.next() => proxy.on_signal(signal),
            Some(order) = admin.orders.recv() => proxy.on_order(order),
        }
    };
    Ok(proxy.end(&report).await)
}

async fn serve_metrics(address: SocketAddr, proxy: &Proxy) -> anyhow::Result<SocketAddr> {
    let metrics = Arc::new(Metrics::default());
    metrics.show_pools(proxy.running.manager());
    let server = AdminServer::bind(address, metrics, proxy.draining.clone()).await.map_err(|error| {
        let hints = error.hint().into_iter().collect();
        hinted(error, hints).context("the address of `--metrics-listen` cannot be used")
    })?;
    let address = server.address();
    tokio::spawn(server.run());
    Ok(address)
}

/// A proxy that runs.
struct Proxy {
    running: Running,
    json: bool,
    /// For health checks.
    draining: Arc<AtomicBool>,
    drain: Option<(Drain, Instant)>,
    /// Who waits for the end of the drain.
    told: Vec<oneshot::Sender<Value>>,
}

/// How the drain ended; never, as long as there is none.
async fn drained(drain: &mut Option<(Drain, Instant)>) -> DrainReport {
    match drain {
        Some((drain, _)) => drain.await,
        None => std::future::pending().await,
    }
}

impl Proxy {
    /// Opens what only tells of the proxy, and tells where everything is.
    async fn announce(&self, args: &ProxyArgs, path: &Path, opened: &[Value]) -> anyhow::Result<()> {
        let metrics = match args.metrics_listen {
            None => None,
            Some(address) => Some(serve_metrics(address, self).await?),
        };
        announce::listening(self.json, opened).context(CANNOT_WRITE)?;
        announce::ready(self.json, opened.len(), &shown(path), metrics).context(CANNOT_WRITE)
    }

    fn on_signal(&mut self, signal: SystemSignal) {
        match (signal, &self.drain) {
            (SystemSignal::Hangup, None) => drop(self.reload()),
            (SystemSignal::Hangup, Some(_)) => tracing::warn!("no reload: the proxy is about to end"),
            (_, None) => self.begin_drain(),
            (_, Some(_)) => self.end_at_once(),
        }
    }

    fn on_order(&mut self, Order { command, answer }: Order) {
        let value = match command {
            ProxyCommand::Status => self.running.status(self.drain.is_some()),
            ProxyCommand::Reload if self.drain.is_some() => {
                admin::refusal(&anyhow!("the proxy is draining, and takes no new configuration"))
            }
            ProxyCommand::Reload => match self.reload() {
                Ok(value) => value,
                Err(error) => admin::refusal(&error.context("the configuration stays as it was")),
            },
            ProxyCommand::Drain => {
                if self.drain.is_none() {
                    self.begin_drain();
                }
                return self.told.push(answer);
            }
        };
        // Who asked may be gone.
        let _ = answer.send(value);
    }

    fn reload(&mut self) -> anyhow::Result<Value> {
        let opened = self.running.reload();
        let result = opened.map(|opened| {
            let retired = self.running.manager().retired_sessions();
            // Standard output may be closed by now; the proxy goes on.
            let _ = if self.json { announce::listening(true, &opened) } else { Ok(()) };
            announce::reloaded_answer(&opened, self.running.listeners(), retired)
        });
        let _ = announce::reloaded(self.json, &result);
        result
    }

    fn begin_drain(&mut self) {
        self.draining.store(true, Ordering::Relaxed);
        let (taken, time) = (self.running.taken(), self.running.drain_time());
        if taken > 0 && !self.json {
            eprintln!("draining: {taken} sessions are in use; a second signal ends them");
        }
        self.drain = Some((self.running.drain(time), Instant::now()));
    }

    fn end_at_once(&mut self) {
        if let Some((drain, _)) = &mut self.drain {
            *drain = self.running.drain(Duration::ZERO);
        }
    }

    /// Closes what is left, and tells those who asked for the drain.
    async fn end(&mut self, report: &DrainReport) -> Value {
        let elapsed = self.drain.take().map(|(_, begun)| begun.elapsed()).unwrap_or_default();
        self.running.end().await;
        let answer = announce::drained_answer(report, elapsed);
        for told in self.told.drain(..) {
            let _ = told.send(answer.clone());
        }
        answer
    }
}
