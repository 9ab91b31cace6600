//! `--check`: the configuration, and one login for each database; serves nobody.

use super::{hints, wished};
use crate::report::{self, hinted, json_line, line};
use anyhow::Context;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use warpgrid_host::databases::pool_manager;
use warpgrid_pool::endpoint::{Endpoint, Tenant};
use warpgrid_pool::error::PoolError;

/// How long saying goodbye to the servers may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// Reads everything and logs in everywhere. The exit code is 1 when a database cannot be used.
pub(super) async fn run(config: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let wished = wished::read(config)?;
    let manager = pool_manager(wished.registry);
    let tenant = Tenant::new("check");
    let mut logins = Vec::new();
    for mut endpoint in wished.endpoints {
        // The time of a login is the limit here, and not that of a guest that waits.
        endpoint.options.wait = endpoint.options.wait.max(endpoint.options.connect);
        let (pool, tenant) = (manager.pool(endpoint.clone()), tenant.clone());
        let login = tokio::spawn(async move { Arc::clone(&pool).available(&tenant).await });
        logins.push((endpoint, login));
    }
    let mut failed = 0;
    for (endpoint, login) in logins {
        let result = login.await.context("a login panicked")?;
        failed += usize::from(result.is_err());
        tell(json, &endpoint, result).context("cannot write to standard output")?;
    }
    manager.drain(GOODBYE).await;
    Ok(ExitCode::from(u8::from(failed > 0)))
}

fn tell(json: bool, endpoint: &Endpoint, result: Result<(), PoolError>) -> std::io::Result<()> {
    let Endpoint { name, protocol, server, .. } = endpoint;
    let hint = result.as_ref().err().and_then(hints::of);
    let error = result.err();
    if json {
        return json_line(&json!({
            "event": "checked",
            "binding": name,
            "protocol": protocol.to_string(),
            "server": server.to_string(),
            "ok": error.is_none(),
            "error": error.map(|error| error.to_string()),
            "hints": hint.into_iter().collect::<Vec<_>>(),
        }));
    }
    match error {
        None => line(format!("{name}: logged in to {protocol} at {server}")),
        Some(error) => {
            let hints = hint.map(str::to_owned).into_iter().collect();
            report::error(&hinted(error, hints).context(format!("`bindings.{name}` cannot be used")));
            Ok(())
        }
    }
}
