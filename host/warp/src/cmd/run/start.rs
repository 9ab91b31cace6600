//! Reads the configuration, loads the component and decides what it is; runs nothing itself.

use super::args::RunArgs;
use super::{command, serve, services};
use crate::cmd::explain;
use crate::config::read_config;
use crate::report::{self, hinted};
use anyhow::{Context, bail};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use warpgrid_host::application::{GuestKind, LoadError};
use warpgrid_host::databases::pool_manager;
use warpgrid_host::instance::{Folder, InstanceOptions, Stdio};
use warpgrid_host::link::LinkError;
use warpgrid_host::{WarpConfig, WarpGridEngine};

/// What every instance of a guest is given.
#[derive(Clone)]
pub(super) struct Given {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    folders: Vec<Folder>,
    scratch: Vec<String>,
}

impl Given {
    /// The options of one instance.
    pub(super) fn options(&self, stdio: Stdio) -> InstanceOptions {
        let Self { arguments, environment, folders, scratch } = self.clone();
        InstanceOptions { arguments, environment, folders, scratch, stdio, ..InstanceOptions::default() }
    }
}

/// Runs a command, or serves a service until it is told to end.
pub(crate) fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let path = &args.component;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let (config, base) = read_config(args.config.as_deref())?;
    if args.explain {
        let mut config = config;
        config.folders.extend(args.dir.iter().cloned());
        return explain::run(&bytes, path, &config, args.json);
    }
    let given = given(&args, &config, &base)?;
    // A secret that is not there is said at the start, and not when the first guest connects.
    let secrets = config.secrets(&base, |name| std::env::var(name).ok())?;
    let mut app = config.app_config(&name_of(path), &base)?;
    let pools = pool_manager(app.registry.clone());
    app.databases = Arc::new(config.databases(&pools, &app.name, &secrets, &base)?);
    app.metrics.show_pools(&pools);
    drop(secrets);
    let services = services::Slots::of(&config);
    app.services = Arc::new(services.table());
    let engine = WarpGridEngine::with_options(config.shims.clone(), &crate::engine::options(args.no_cache))?;
    let application = engine.load_module(&bytes, app).map_err(|error| not_loaded(error, path))?;
    // The component's own text is not needed any more, and may be large.
    drop(bytes);
    let _services = services.load(&engine, &config, &base, application.config())?;
    check_kind(&args, &config, application.kind())?;
    match application.kind() {
        GuestKind::Command => {
            refuse_service_flags(&args)?;
            command::run(path, &application, given.options(Stdio::Inherit))
        }
        GuestKind::Http => serve::run(&args, config, application, given, &pools),
    }
}

/// What the configuration says of the component must be so.
fn check_kind(args: &RunArgs, config: &WarpConfig, kind: GuestKind) -> anyhow::Result<()> {
    let words = |kind| match kind {
        GuestKind::Command => ("a command", "[command]"),
        GuestKind::Http => ("an HTTP service", "[http]"),
    };
    match (&args.config, config.kind) {
        (Some(file), Some(said)) if said != kind => {
            let (is, table) = words(kind);
            bail!(hinted(
                anyhow::anyhow!(
                    "`{}` is {is}, and `{}` has `{}`",
                    args.component.display(),
                    file.display(),
                    words(said).1
                ),
                vec![format!("write `{table}` in its place, or run another component")],
            ))
        }
        _ => Ok(()),
    }
}

fn refuse_service_flags(args: &RunArgs) -> anyhow::Result<()> {
    let given = [
        ("--listen", args.listen.is_some()),
        ("--metrics-listen", args.metrics_listen.is_some()),
        ("--json", args.json),
        ("--watch-config", args.watch_config),
    ];
    if let Some((flag, _)) = given.into_iter().find(|(_, given)| *given) {
        let path = args.component.display();
        bail!(hinted(
            anyhow::anyhow!("`{flag}` is for services, and `{path}` is a command"),
            vec![format!("leave `{flag}` out, or build the component for `wasi:http`")],
        ));
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "guest".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn given(args: &RunArgs, config: &WarpConfig, base: &Path) -> anyhow::Result<Given> {
    let name = config.name.clone().unwrap_or_else(|| name_of(&args.component));
    let mut environment = config.environment(|name| std::env::var(name).ok())?;
    for (name, value) in &args.env {
        environment.retain(|(known, _)| known != name);
        environment.push((name.clone(), value.clone()));
    }
    let configured =
        config.folders.iter().map(|folder| Folder { host: base.join(&folder.host), ..folder.clone() });
    Ok(Given {
        arguments: std::iter::once(name).chain(args.arguments.iter().cloned()).collect(),
        environment,
        folders: configured.chain(args.dir.iter().cloned()).collect(),
        scratch: config.scratch.clone(),
    })
}

/// Says which file did not load, and what the user can do.
pub(super) fn not_loaded(error: LoadError, path: &Path) -> anyhow::Error {
    let hints = match &error {
        LoadError::Link(error @ LinkError::Missing(_)) => error.hints(),
        LoadError::Adapt(_) => vec![
            "warp runs components and Preview 1 modules; the SDK's `clang file.c -o file.wasm` makes one"
                .to_owned(),
        ],
        _ => Vec::new(),
    };
    anyhow::Error::from(report::Hinted { error: error.into(), hints })
        .context(format!("cannot run `{}`", path.display()))
}
