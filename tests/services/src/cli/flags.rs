//! Commands and flags as data, and which file does each; does nothing by itself.
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Parser, Subcommand};
use warpgrid_test_services::ProductKind;

/// Real database servers, from the unpacked packages of `$WARPGRID_SERVICES`
#[derive(Debug, Parser)]
#[command(name = "warpgrid-test-services")]
pub(crate) struct Flags {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Start the servers in the background
    Up(UpFlags),
    /// Stop the servers that `up` started
    Down(StateFlags),
    /// Say what runs
    Status(StateFlags),
    /// Start servers, run a command with their addresses in its environment, stop them
    Run(RunFlags),
    /// What `up` leaves running
    #[command(hide = true)]
    Serve(UpFlags),
}

/// Which servers.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Choice {
    /// Only these servers: `postgres`, `mariadb`, `mysql`, `redis`; all that are there without it
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) only: Vec<Chosen>,
    /// A server's port, such as `postgres=5432`; a free one without it
    #[arg(long, value_name = "NAME=PORT")]
    pub(crate) port: Vec<ChosenPort>,
}

/// Flags of `up`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct UpFlags {
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) state: StateFlags,
}

/// Where `up` keeps what the others read.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct StateFlags {
    /// Folder of the state
    #[arg(long, value_name = "FOLDER")]
    pub(crate) state: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunFlags {
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// The command and its arguments
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<std::ffi::OsString>,
}

/// A server that can be started alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen(pub(crate) ProductKind);

/// A server and its port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChosenPort(pub(crate) ProductKind, pub(crate) u16);

impl Chosen {
    /// All of them, in the order in which they are started and shown.
    pub(crate) const ALL: [Self; 4] = [
        Self(ProductKind::Postgres),
        Self(ProductKind::Mariadb),
        Self(ProductKind::Mysql),
        Self(ProductKind::Redis),
    ];
}

impl FromStr for Chosen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|chosen| chosen.0.as_str() == text);
        found.ok_or_else(|| "it is one of `postgres`, `mariadb`, `mysql`, `redis`".to_owned())
    }
}

impl FromStr for ChosenPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, port) = text.split_once('=').ok_or("it is written `name=port`")?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or("a port is a number from 1 to 65535")?;
        Ok(Self(name.parse::<Chosen>()?.0, port))
    }
}

/// Does what was asked.
pub(crate) fn run(flags: Flags) -> anyhow::Result<ExitCode> {
    match flags.command {
        Command::Up(flags) => super::up::up(&flags),
        Command::Down(flags) => super::down::down(&flags),
        Command::Status(flags) => super::status::status(&flags),
        Command::Run(flags) => super::run::run(&flags),
        Command::Serve(flags) => super::serve::serve(&flags),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Flags, clap::Error> {
        Flags::try_parse_from(line.split(' '))
    }

    #[test]
    fn servers_and_ports_are_named() {
        let Command::Up(flags) =
            parse("x up --state s --only postgres,redis --port redis=7000").unwrap().command
        else {
            panic!("another command");
        };
        assert_eq!(flags.choice.only, [Chosen(ProductKind::Postgres), Chosen(ProductKind::Redis)]);
        assert_eq!(flags.choice.port[0].1, 7000);
    }

    #[test]
    fn a_wrong_name_or_port_is_explained() {
        for (line, word) in [
            ("x up --state s --only oracle", "`mariadb`"),
            ("x up --state s --port redis", "`name=port`"),
            ("x up --state s --port redis=0", "from 1 to 65535"),
            ("x run", "COMMAND"),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(word), "{line}: {error}");
        }
    }

    #[test]
    fn what_follows_the_dashes_is_the_command() {
        let Command::Run(flags) = parse("x run --only redis -- redis-cli --help").unwrap().command else {
            panic!("another command");
        };
        assert_eq!(flags.command, ["redis-cli", "--help"]);
    }
}
