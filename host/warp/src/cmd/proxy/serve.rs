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
    let mut signals = SystemSignals::listen().context("cannot listen for signals")?;
    let path = admin_path(args)?;
    // First of all: what a second proxy of the same configuration must not begin.
    let mut admin = Admin::listen(&path)?;
    let (running, opened) = Running::start(config)?;
    let mut proxy =
        Proxy { running, json: args.json, draining: Arc::default(), drain: None, told: Vec::new() };
    let metrics = match args.metrics_listen {
        None => None,
        Some(address) => Some(serve_metrics(address, &proxy).await?),
    };
    let cannot_write = "cannot write to standard output";
    announce::listening(args.json, &opened).context(cannot_write)?;
    announce::ready(args.json, opened.len(), &shown(&path), metrics).context(cannot_write)?;

    let report = loop {
        tokio::select! {
            report = drained(&mut proxy.drain) => break report,
            signal = signals.next() => proxy.on_signal(signal),
            Some(order) = admin.orders.recv() => proxy.on_order(order),
        }
    };
    let answer = proxy.end(&report).await;
    admin.end().await;
    announce::drained(args.json, &answer).context(cannot_write)?;
    Ok(ExitCode::from(u8::from(!report.cut.is_empty())))
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
