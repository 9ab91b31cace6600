//! Starts the chosen servers, all at the same time; knows not for whom.
use std::thread;

use anyhow::{anyhow, bail};
use warpgrid_test_services::{ProductKind, Server, ServerBuilder, Services};

use super::flags::{Choice, Chosen};

/// The servers, in the order in which they are shown, and why one that was not asked for by name is missing.
pub(super) struct Started {
    pub(super) servers: Vec<Server>,
    pub(super) missing: Option<String>,
}

/// Starts what was chosen.
///
/// # Errors
/// When one does not start, or was asked for by name and is not there.
pub(super) fn start(services: &Services, choice: &Choice) -> anyhow::Result<Started> {
    let all = choice.only.is_empty();
    let mut missing = None;
    let mut builders: Vec<ServerBuilder> = Vec::new();
    for chosen in Chosen::ALL.into_iter().filter(|chosen| all || choice.only.contains(chosen)) {
        let builder = match chosen.0 {
            ProductKind::Postgres => services.postgres(),
            ProductKind::Mariadb => services.mariadb(),
            ProductKind::Redis => services.redis(),
            _ => match services.mysql() {
                Ok(builder) => builder,
                Err(reason) if all => {
                    missing = Some(format!("{reason:#}"));
                    continue;
                }
                Err(reason) => return Err(reason),
            },
        };
        builders.push(match choice.port.iter().find(|port| port.0 == chosen.0) {
            Some(port) => builder.on_port(port.1),
            None => builder,
        });
    }
    for port in &choice.port {
        if !all && !choice.only.contains(&Chosen(port.0)) {
            bail!("a port is given for {}, which is not among `--only`", port.0.as_str());
        }
    }
    let servers = thread::scope(|scope| {
        let threads: Vec<_> =
            builders.into_iter().map(|builder| scope.spawn(move || builder.start())).collect();
        let started = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("the thread that starts a server panicked")))
        });
        started.collect::<anyhow::Result<Vec<Server>>>()
    })?;
    Ok(Started { servers, missing })
}

/// What a program needs to find the servers: their own clients' variables, and one address each.
pub(super) fn environment(services: &Services, servers: &[Server]) -> Vec<(String, String)> {
    let folder = services.folder().display().to_string();
    let mut variables = vec![(warpgrid_test_services::FOLDER_VARIABLE.to_owned(), folder)];
    for server in servers {
        let (url, own) = match server.kind() {
            ProductKind::Postgres | ProductKind::Pgbouncer => ("POSTGRES_URL", true),
            ProductKind::Mariadb => ("MARIADB_URL", true),
            // The variables of both have the same names; MariaDB is always there.
            ProductKind::Mysql => {
                ("MYSQL_URL", !servers.iter().any(|other| other.kind() == ProductKind::Mariadb))
            }
            ProductKind::Redis => ("REDIS_URL", true),
        };
        if own {
            variables
                .extend(server.environment("app").into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        variables.push((url.to_owned(), server.address("app")));
        if server.kind() == ProductKind::Redis {
            // `redis-cli` takes it for the user `default`.
            variables.retain(|(name, _)| name != "REDISCLI_AUTH");
            variables.push(("REDISCLI_AUTH".to_owned(), server.password("default")));
        }
    }
    variables
}
