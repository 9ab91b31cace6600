//! A service on its listeners until the system says that it should end; knows no request.

use super::announce;
use super::args::RunArgs;
use super::start::Given;
use super::watch::ConfigWatch;
use crate::report::hinted;
use crate::signals::{SystemSignal, SystemSignals};
use anyhow::{Context, anyhow};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use warpgrid_host::http::{AdminServer, HttpConfig, HttpServer, HttpService, ListenError};
use warpgrid_host::instance::Stdio;
use warpgrid_host::{Application, WarpConfig};
use warpgrid_pool::ConnectionPoolManager;

/// Serves until SIGTERM or Ctrl-C, then drains.
pub(super) fn run(
    args: &RunArgs,
    config: WarpConfig,
    application: Application,
    given: Given,
    pools: &ConnectionPoolManager,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the event loop")?;
    let code = runtime.block_on(serve(args, config, application, given, pools));
    // A guest that never gives way must not hold up the end.
    runtime.shutdown_background();
    code
}

/// The configuration, with the flags laid over it.
fn http_config(args: &RunArgs, config: &WarpConfig) -> HttpConfig {
    let mut http = config.http.clone();
    if let Some(address) = args.listen {
        http.listen = address;
    }
    if let Some(address) = args.metrics_listen {
        http.metrics_listen = Some(address);
    }
    http
}

async fn serve(
    args: &RunArgs,
    config: WarpConfig,
    application: Application,
    given: Given,
    pools: &ConnectionPoolManager,
) -> anyhow::Result<ExitCode> {
    // Before anyone is told that the service listens: from then on it must end in order.
    let mut signals = SystemSignals::listen().context("cannot listen for signals")?;
    let drain_time = config.shims.database_proxy.unwrap_or_default().drain;
    let (application, http) = (Arc::new(application), http_config(args, &config));
    let metrics_listen = http.metrics_listen;
    let options = Arc::new(move || given.options(Stdio::Closed));
    let service = Arc::new(HttpService::new(application.clone(), http, options)?);
    let server = HttpServer::bind(service.clone()).await.map_err(|error| explain(error, "--listen"))?;
    let metrics = match metrics_listen {
        None => None,
        Some(address) => {
            let admin = AdminServer::bind(address, service.metrics().clone(), server.draining()).await;
            let admin = admin.map_err(|error| explain(error, "--metrics-listen"))?;
            let address = admin.address();
            tokio::spawn(admin.run());
            Some(address)
        }
    };
    let _watch = match &args.config {
        Some(path) if args.watch_config => Some(ConfigWatch::start(path, config, application.clone())?),
        _ => None,
    };
    announce::listening(args.json, server.address(), metrics).context("cannot write to standard output")?;

    let (drain, now) = (CancellationToken::new(), CancellationToken::new());
    let mut serving =
        tokio::spawn(server.run(drain.clone().cancelled_owned(), now.clone().cancelled_owned()));
    let report = loop {
        let signal = tokio::select! {
            report = &mut serving => break report.context("the server panicked")?,
            signal = signals.next() => signal,
        };
        if signal == SystemSignal::Hangup {
            signal.deliver(&application);
        } else if drain.is_cancelled() {
            now.cancel();
        } else {
            // No new work first: what a guest does on the signal is its last.
            drain.cancel();
            signal.deliver(&application);
            let open = service.open_request_count();
            if open > 0 && !args.json {
                eprintln!("draining: {open} requests are open; a second signal ends them");
            }
        }
    };
    let cut = drain_pools(pools, drain_time, &now).await;
    for session in &cut {
        eprintln!("cut: {session}");
    }
    announce::drained(args.json, &report).context("cannot write to standard output")
}

/// Lets the sessions of databases end; a second signal ends them. Lists what was cut.
async fn drain_pools(pools: &ConnectionPoolManager, time: Duration, now: &CancellationToken) -> Vec<String> {
    tokio::select! {
        report = pools.drain(time) => report.cut,
        () = now.cancelled() => Vec::new(),
    }
}

fn explain(error: ListenError, flag: &str) -> anyhow::Error {
    let hints = error.hint().into_iter().collect();
    hinted(error, hints).context(anyhow!("the address of `{flag}` cannot be used"))
}
