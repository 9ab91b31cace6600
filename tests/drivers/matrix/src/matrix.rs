//! Which cell runs when: all at once up to a number of jobs, those that restart a server one after the other. Knows no
//! driver from the inside.
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use warpgrid_test_services::{ProductKind, Services};

use crate::cell::{CELLS, Cell, Way};
use crate::driver::{DRIVERS, Driver, Program};
use crate::lab::{self, Entrance};
use crate::limit;
use crate::program;
use crate::proxy::Proxy;
use crate::row::{Outcome, Row, judge_reuse};

/// Flags of `run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Folder of built programs: `rust/…`, `go/drivers`, `node/….mjs`
    #[arg(long)]
    programs: PathBuf,
    /// Folder of unpacked servers
    #[arg(long)]
    services: PathBuf,
    /// Certificate of an authority that signed nothing
    #[arg(long)]
    other_ca: PathBuf,
    /// The program `warp`: everything is also asked through `warp proxy`
    #[arg(long, value_name = "WARP")]
    proxy: Option<PathBuf>,
    /// How many programs to run at once
    #[arg(long, default_value_t = 4)]
    jobs: usize,
    /// Programs that are not there, and why: `go=<reason>`
    #[arg(long, value_name = "FAMILY=REASON", value_parser = family_and_reason)]
    skip: Vec<(String, String)>,
    /// Only rows whose `<product> <driver> <cell>` has this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

fn family_and_reason(text: &str) -> Result<(String, String), String> {
    let (family, reason) = text.split_once('=').ok_or("expected `<family>=<reason>`")?;
    Ok((family.to_owned(), reason.to_owned()))
}

/// Everything that programs share.
struct Run<'a> {
    args: &'a RunArgs,
    scratch: &'a Path,
    skipped: BTreeMap<&'a str, &'a str>,
    /// A script for each client program.
    clients: BTreeMap<&'static str, PathBuf>,
}

/// One row to be.
struct Task<'a> {
    door: &'static str,
    entrance: &'a Entrance,
    driver: &'static Driver,
    cell: &'static Cell,
}

/// Starts the servers, runs every row, prints them in the order of the table.
///
/// # Errors
/// When a server does not start. A row that failed is no error here.
pub(crate) fn run(args: &RunArgs) -> anyhow::Result<()> {
    let services = Services::in_folder(&args.services)?;
    let scratch = tempfile::Builder::new().prefix("drivers-").tempdir().context("making a folder")?;
    let wanted = |kind: ProductKind, driver: &Driver, cell: &Cell| {
        let name = format!("{} {} {}", kind.as_str(), driver.name, cell.name);
        args.only.as_ref().is_none_or(|only| name.contains(only))
    };
    let mut products: Vec<ProductKind> = Vec::new();
    let mut missing = Vec::new();
    for driver in DRIVERS {
        for kind in driver.products {
            let any = CELLS.iter().any(|cell| wanted(*kind, driver, cell));
            if any
                && *kind == ProductKind::Mysql
                && let Some(reason) = services.mysql_missing()
            {
                missing.push((*kind, driver, reason));
            } else if any && !products.contains(kind) {
                products.push(*kind);
            }
        }
    }
    let pairs = lab::start(&services, &products, scratch.path())?;
    let run = Run {
        args,
        scratch: scratch.path(),
        skipped: args.skip.iter().map(|(family, reason)| (family.as_str(), reason.as_str())).collect(),
        clients: client_scripts(&services, scratch.path())?,
    };
    let direct: Vec<Entrance> = pairs.iter().map(lab::Pair::direct).collect();
    let proxy = args.proxy.as_ref().map(|warp| Proxy::start(warp, &pairs, scratch.path())).transpose()?;
    let through = match &proxy {
        Some(proxy) => pairs.iter().map(|pair| proxy.entrance(pair)).collect::<anyhow::Result<_>>()?,
        None => Vec::new(),
    };
    let mut tasks = Vec::new();
    for (door, entrances) in [("direct", &direct), ("proxy", &through)] {
        for entrance in entrances {
            for driver in DRIVERS.iter().filter(|driver| driver.products.contains(&entrance.kind)) {
                let cells = CELLS.iter().filter(|cell| wanted(entrance.kind, driver, cell));
                tasks.extend(cells.map(|cell| Task { door, entrance, driver, cell }));
            }
        }
    }
    let mut rows = run.all(&tasks)?;
    if let Some(proxy) = proxy {
        proxy.stop()?;
    }
    for (kind, driver, reason) in missing {
        for cell in CELLS.iter().filter(|cell| wanted(kind, driver, cell)) {
            rows.push(Row {
                door: "direct",
                product: kind.as_str(),
                driver: driver.name,
                cell: cell.name,
                outcome: Outcome::Skipped(reason.clone()),
                duration: Duration::ZERO,
            });
        }
    }
    let mut output = std::io::stdout().lock();
    for row in rows {
        writeln!(output, "{}", row.line()).context("printing a row")?;
    }
    Ok(())
}

impl Run<'_> {
    /// Rows in the order of the tasks.
    fn all(&self, tasks: &[Task<'_>]) -> anyhow::Result<Vec<Row>> {
        let (restarting, calm): (Vec<usize>, Vec<usize>) =
            (0..tasks.len()).partition(|index| tasks[*index].cell.way == Way::Restarting);
        let mut restarts: BTreeMap<ProductKind, Vec<usize>> = BTreeMap::new();
        for index in restarting {
            restarts.entry(tasks[index].entrance.kind).or_default().push(index);
        }
        let rows: Vec<Mutex<Option<Row>>> = tasks.iter().map(|_| Mutex::new(None)).collect();
        let work = |index: usize| {
            let row = self.row(&tasks[index], index);
            *rows[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(row);
        };
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for indexes in restarts.values() {
                scope.spawn(|| indexes.iter().for_each(|index| work(*index)));
            }
            for _ in 0..self.args.jobs.max(1) {
                scope.spawn(|| {
                    while let Some(index) = calm.get(next.fetch_add(1, Ordering::Relaxed)) {
                        work(*index);
                    }
                });
            }
        });
        let done = rows.into_iter().map(|row| row.into_inner().unwrap_or_else(PoisonError::into_inner));
        done.collect::<Option<Vec<Row>>>().ok_or_else(|| anyhow!("a row was not run"))
    }

    fn row(&self, task: &Task<'_>, index: usize) -> Row {
        let start = Instant::now();
        let outcome = self.outcome(task, index).unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        Row {
            door: task.door,
            product: task.entrance.kind.as_str(),
            driver: task.driver.name,
            cell: task.cell.name,
            outcome,
            duration: start.elapsed(),
        }
    }

    fn outcome(&self, task: &Task<'_>, index: usize) -> anyhow::Result<Outcome> {
        let Task { entrance, driver, cell, .. } = task;
        if let Some(reason) = self.skipped.get(driver.program.family()) {
            return Ok(Outcome::Skipped((*reason).to_owned()));
        }
        let door = if cell.way == Way::Restarting { &entrance.restarting } else { &entrance.calm };
        if cell.question == "wrong-password" && !door.checks_password {
            return Ok(Outcome::Skipped("this door asks nobody for a password".to_owned()));
        }
        let mut variables = door.environment(cell.way, &self.args.other_ca)?;
        variables.push(("DRIVER_RESTART", OsString::from(&entrance.restart)));
        if let Program::Client(_, name) = driver.program {
            let script = self.clients.get(name).with_context(|| format!("there is no client `{name}`"))?;
            variables.push(("DRIVER_CLIENT", script.into()));
        }
        let folder = self.scratch.join(index.to_string());
        std::fs::create_dir(&folder).with_context(|| format!("creating `{}`", folder.display()))?;
        let mut line = driver.program.line(&self.args.programs);
        line.push(cell.question.into());
        let outcome = program::run(&line, &variables, &folder)?;
        let outcome = if cell.question == "reuse" { judge_reuse(outcome, door) } else { outcome };
        Ok(limit::judge(outcome, task.door, entrance.kind, driver.name, cell.name))
    }
}

/// A script for each client program of the packages: it has variables and arguments of its own.
fn client_scripts(services: &Services, scratch: &Path) -> anyhow::Result<BTreeMap<&'static str, PathBuf>> {
    let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_string_lossy().replace('\'', r"'\''"));
    let mut scripts = BTreeMap::new();
    for driver in DRIVERS {
        let Program::Client(_, name) = driver.program else { continue };
        let client = services.program(name)?;
        let mut script = String::from("#!/bin/sh\n");
        for (variable, value) in &client.environment {
            script.push_str(&format!("export {}={}\n", variable.to_string_lossy(), quoted(value)));
        }
        script.push_str(&format!("exec {}", quoted(client.path.as_os_str())));
        for argument in &client.arguments {
            script.push_str(&format!(" {}", quoted(argument)));
        }
        script.push_str(" \"$@\"\n");
        let path = scratch.join(name);
        std::fs::write(&path, script).with_context(|| format!("writing `{}`", path.display()))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .with_context(|| format!("marking `{}` as a program", path.display()))?;
        scripts.insert(name, path);
    }
    Ok(scripts)
}
