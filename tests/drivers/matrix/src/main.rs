//! `driver-matrix`: starts servers, lets every driver answer every cell, prints one JSON row a line.
//!
//! | file | what it has |
//! |---|---|
//! | `driver` | the one list of drivers, and how their programs are started |
//! | `cell` | the one list of cells |
//! | `door` | where a program connects: to a server, or to what stands in front of it |
//! | `lab` | the servers of a run and the doors to them |
//! | `proxy` | `warp proxy` in front of the servers |
//! | `restart` | how a program that is asked to restart its server does so |
//! | `program` | one program from its start to its last line |
//! | `row` | what came out of a cell |
//! | `limit` | what a door refuses by intention |
//! | `matrix` | which cell runs when |
//!
//! Knows neither how the programs are built nor what the rows are for.
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

mod cell;
mod door;
mod driver;
mod lab;
mod limit;
mod matrix;
mod program;
mod proxy;
mod restart;
mod row;

/// Asks every stock driver every question of the driver matrix.
#[derive(Debug, clap::Parser)]
struct Flags {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Runs the matrix and prints a row a line
    Run(matrix::RunArgs),
    /// Asks the run that listens on this socket to restart a server, and waits until it answers again
    Restart {
        /// Socket of the run
        socket: PathBuf,
    },
}

#[expect(clippy::print_stderr, reason = "the message of a failed command")]
fn main() -> ExitCode {
    let done = match Flags::parse().command {
        Command::Run(args) => matrix::run(&args),
        Command::Restart { socket } => restart::ask(&socket),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
