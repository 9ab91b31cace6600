//! Decides what `warp proxy` is asked for; serves nothing itself.

use super::args::ProxyArgs;
use super::{ask, check, serve};
use crate::report::hinted;
use anyhow::{Context, anyhow, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::runtime::Builder;

/// The file of the admin socket, beside the configuration.
const ADMIN: &str = "warp-proxy.sock";

/// Serves, checks, or asks the proxy that runs.
pub(crate) fn run(args: &ProxyArgs) -> anyhow::Result<ExitCode> {
    if let Some(command) = args.command {
        refuse_serving_flags(args)?;
        return ask::run(&admin_path(args)?, command, args.json);
    }
    let Some(config) = &args.config else {
        bail!(hinted(
            anyhow!("`warp proxy` needs a configuration"),
            vec!["name one with `--config warp.toml`; `warp proxy --help` shows one".to_owned()],
        ));
    };
    let runtime = Builder::new_multi_thread().enable_all().build().context("cannot start the event loop")?;
    let code = runtime.block_on(async {
        if args.check { check::run(config, args.json).await } else { serve::run(args, config).await }
    });
    // A server that does not answer a goodbye must not hold up the end.
    runtime.shutdown_background();
    code
}

/// Where the admin socket is.
pub(super) fn admin_path(args: &ProxyArgs) -> anyhow::Result<PathBuf> {
    if let Some(path) = &args.admin {
        return Ok(path.clone());
    }
    let beside = |config: &Path| config.parent().unwrap_or(Path::new("")).join(ADMIN);
    args.config.as_deref().map(beside).ok_or_else(|| {
        hinted(
            anyhow!("which proxy is meant?"),
            vec![
                "name its configuration with `--config warp.toml`, or its socket with `--admin PATH`"
                    .to_owned(),
            ],
        )
    })
}

fn refuse_serving_flags(args: &ProxyArgs) -> anyhow::Result<()> {
    let given = [("--check", args.check), ("--metrics-listen", args.metrics_listen.is_some())];
    if let Some((flag, _)) = given.into_iter().find(|(_, given)| *given) {
        bail!(hinted(
            anyhow!("`{flag}` is for starting a proxy, and this command asks one that runs"),
            vec![format!("leave `{flag}` out")],
        ));
    }
    Ok(())
}
