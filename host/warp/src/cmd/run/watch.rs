//! `--watch-config`: names of a changed `warp.toml` come into force, other changes are reported.
//!
//! The folder is watched and not the file, so that a file that is renamed over the old one is noticed.

use crate::config::read_config;
use crate::report;
use anyhow::Context;
use notify::{Event, RecursiveMode, Watcher};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use warpgrid_host::{Application, WarpConfig};

/// How long a file must be left alone before it is read: a writer may need several steps.
const SETTLED: Duration = Duration::from_millis(50);

/// Watches the configuration until it is dropped.
pub(super) struct ConfigWatch {
    _watcher: notify::RecommendedWatcher,
    task: JoinHandle<()>,
}

impl ConfigWatch {
    /// Watches `path`. `known` is what is in force.
    pub(super) fn start(
        path: &Path,
        known: WarpConfig,
        application: Arc<Application>,
    ) -> anyhow::Result<Self> {
        let failed = || format!("cannot watch `{}`", path.display());
        let changed = Arc::new(Notify::new());
        let (tell, name) = (changed.clone(), path.file_name().map(ToOwned::to_owned));
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error of the watcher may have cost events: read the file rather than miss one. Reading it
            // is an event too, and must not be one here.
            let ours = event.map_or(true, |event| {
                !matches!(event.kind, notify::EventKind::Access(notify::event::AccessKind::Open(_)))
                    && (event.need_rescan()
                        || event.paths.iter().any(|path| path.file_name() == name.as_deref()))
            });
            if ours {
                tell.notify_one();
            }
        })
        .with_context(failed)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        watcher.watch(folder, RecursiveMode::NonRecursive).with_context(failed)?;
        // It may have changed after it was read and before it was watched.
        changed.notify_one();
        let path = path.to_owned();
        let task = tokio::spawn(async move {
            let mut last = known;
            loop {
                changed.notified().await;
                while tokio::time::timeout(SETTLED, changed.notified()).await.is_ok() {}
                match read_config(Some(&path)) {
                    Ok((new, _)) if new == last => {}
                    Ok((new, _)) => last = apply(new, &last, &application),
                    Err(error) => {
                        let error = report::text(&error);
                        tracing::error!("the configuration stays as it was: {error}");
                    }
                }
            }
        });
        Ok(Self { _watcher: watcher, task })
    }
}

impl Drop for ConfigWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Puts the new names into force, says what else has changed, and gives what was said.
fn apply(new: WarpConfig, last: &WarpConfig, application: &Application) -> WarpConfig {
    let names_only = WarpConfig { registry: new.registry.clone(), hosts: new.hosts.clone(), ..last.clone() };
    if names_only != *last {
        if replace_names(application, &new) {
            tracing::info!("the names of the changed configuration are in force");
        } else {
            tracing::warn!("the names of the configuration have changed: they need a restart");
        }
    }
    if names_only != new {
        tracing::warn!("the configuration has changes besides names: they need a restart");
    }
    new
}

/// The one place where names of a running application are replaced. False when they cannot be: beside a
/// `registry-file`, which is watched by itself, the tables of the configuration stay as they were.
fn replace_names(application: &Application, config: &WarpConfig) -> bool {
    if config.registry_file.is_some() {
        return false;
    }
    application.replace_registry(config.registry.clone(), config.hosts_file());
    true
}
