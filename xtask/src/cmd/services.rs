//! `cargo xtask services`: database servers for people and for commands; knows no server.
use std::ffi::OsString;
use std::process::ExitCode;

use crate::exec::Program;
use crate::paths::Paths;
use crate::run::{RunOptions, job_count};
use crate::services;

/// Flags of `services`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask services up                           start PostgreSQL, MariaDB, MySQL and Redis, print their addresses
  cargo xtask services up --only postgres --port postgres=5432
  . target/warpgrid/services/environment.sh         passwords, variables, psql and the other clients for this shell
  cargo xtask services status --json
  cargo xtask services down                         stop them; their data are gone
  cargo xtask services run -- psql -c 'SELECT 1'    start them, run a command, stop them
  WARPGRID_SERVICES=$(cargo xtask services fetch) cargo test -p warpgrid-test-services

Nothing is installed: packages are unpacked in the cache, servers run as you (as `nobody` when you are root), on
127.0.0.1 and Unix sockets. See docs/how-to/test-services.md.")]
pub struct ServicesArgs {
    /// What to do.
    #[command(subcommand)]
    command: ServicesCommand,
}

/// The commands there are.
#[derive(Debug, clap::Subcommand)]
enum ServicesCommand {
    /// Start the servers in the background
    Up(UpArgs),
    /// Stop the servers that `up` started
    Down(StateArgs),
    /// Say what runs; exit code 1 when nothing does
    Status(StateArgs),
    /// Start the servers, run a command with their addresses in its environment, stop them
    Run(RunArgs),
    /// Unpack the servers into the cache and print the folder, for `WARPGRID_SERVICES`
    Fetch(FetchArgs),
}

/// Which servers, on which ports.
#[derive(Debug, clap::Args)]
struct ChoiceArgs {
    /// Only these: `postgres`, `mariadb`, `mysql`, `redis`
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// A port, such as `postgres=5432`; a free one without it
    #[arg(long, value_name = "NAME=PORT")]
    port: Vec<String>,
    /// Use no network: the cache and the digest folder only
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, clap::Args)]
struct UpArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    state: StateArgs,
}

#[derive(Debug, clap::Args)]
struct StateArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// The command and its arguments, after `--`
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
struct FetchArgs {
    /// Use no network: the cache and the digest folder only
    #[arg(long)]
    offline: bool,
}

/// Does it; the exit code is that of the program, of `run` that of the command.
///
/// # Errors
/// When packages cannot be had or the program does not compile.
pub fn run(args: &ServicesArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    match &args.command {
        ServicesCommand::Fetch(args) => fetch(paths, args.offline),
        command => start(paths, command),
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn fetch(paths: &Paths, offline: bool) -> anyhow::Result<ExitCode> {
    let folder = services::folder(paths, &RunOptions { offline, jobs: job_count(None) })?;
    println!("{}", folder.display());
    Ok(ExitCode::SUCCESS)
}

fn start(paths: &Paths, command: &ServicesCommand) -> anyhow::Result<ExitCode> {
    let offline = match command {
        ServicesCommand::Up(UpArgs { choice, .. }) | ServicesCommand::Run(RunArgs { choice, .. }) => {
            choice.offline
        }
        _ => false,
    };
    let options = RunOptions { offline, jobs: job_count(None) };
    let mut program = Program::new(services::program(paths, &options)?).args(arguments(paths, command));
    if let ServicesCommand::Up(_) | ServicesCommand::Run(_) = command {
        program = program.env("WARPGRID_SERVICES", services::folder(paths, &options)?);
    }
    let code = program.attached()?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// What the program is told.
fn arguments(paths: &Paths, command: &ServicesCommand) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let (name, choice, state) = match command {
        ServicesCommand::Up(args) => ("up", Some(&args.choice), Some(&args.state)),
        ServicesCommand::Down(args) => ("down", None, Some(args)),
        ServicesCommand::Status(args) => ("status", None, Some(args)),
        ServicesCommand::Run(args) => ("run", Some(&args.choice), None),
        ServicesCommand::Fetch(_) => return arguments,
    };
    arguments.push(name.into());
    if let Some(choice) = choice {
        arguments.extend(choice.only.iter().flat_map(|only| ["--only".into(), only.into()]));
        arguments.extend(choice.port.iter().flat_map(|port| ["--port".into(), port.into()]));
    }
    if let Some(state) = state {
        arguments.extend(["--state".into(), paths.target.join("services").into()]);
        arguments.extend(state.json.then(|| "--json".into()));
    }
    if let ServicesCommand::Run(args) = command {
        arguments.push("--".into());
        arguments.extend(args.command.iter().cloned());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::flags::{Command, Flags};

    fn told(line: &str) -> Vec<OsString> {
        let words = ["cargo xtask", "services"].into_iter().chain(line.split(' '));
        let Command::Services(args) = Flags::try_parse_from(words).unwrap().command else {
            panic!("another command")
        };
        arguments(&Paths::new("/root".into(), "/cache".into(), None), &args.command)
    }

    #[test]
    fn the_program_is_told_what_was_typed() {
        let state = "/root/target/warpgrid/services";
        assert_eq!(
            told("up --only postgres,redis --port redis=7000 --json"),
            [
                "up",
                "--only",
                "postgres",
                "--only",
                "redis",
                "--port",
                "redis=7000",
                "--state",
                state,
                "--json"
            ]
        );
        assert_eq!(told("down"), ["down", "--state", state]);
        assert_eq!(told("status --json"), ["status", "--state", state, "--json"]);
        assert_eq!(
            told("run --only redis -- redis-cli --json"),
            ["run", "--only", "redis", "--", "redis-cli", "--json"]
        );
    }

    #[test]
    fn a_command_to_run_is_needed() {
        let error = Flags::try_parse_from(["cargo xtask", "services", "run"]).unwrap_err();
        assert!(error.to_string().contains("COMMAND"), "{error}");
    }
}
