//! The `warp` command line: reads the arguments and calls one command; knows no shim from the inside.

mod cmd;
mod config;
mod descriptors;
mod engine;
mod log;
mod report;
mod signals;

use clap::Parser;
use std::process::ExitCode;

/// Run and compose WebAssembly components with the WarpGrid host, and pool databases for native programs.
#[derive(Debug, Parser)]
#[command(name = "warp", version, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  warp run hello.wasm
  warp run --config warp.toml users.wasm -- --verbose
  warp proxy --config warp.toml
  warp compose users.wasm -o users.everywhere.wasm

Logs go to standard error; RUST_LOG=debug shows every decision of the host.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How log lines look.
    #[arg(long, global = true, value_enum, default_value = "text")]
    log_format: log::LogFormat,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Run(cmd::run::RunArgs),
    Proxy(cmd::proxy::ProxyArgs),
    Compose(cmd::compose::ComposeArgs),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // What a check finds, it says itself.
    let checks = matches!(&arguments.command, Command::Proxy(args) if args.is_check());
    log::start(arguments.log_format, if checks { "error" } else { "warn" });
    descriptors::raise_limit();
    let result = match arguments.command {
        Command::Run(args) => cmd::run::run(args),
        Command::Proxy(args) => cmd::proxy::run(&args),
        Command::Compose(args) => cmd::compose::run(&args),
    };
    result.unwrap_or_else(|error| {
        report::error(&error);
        ExitCode::from(report::USAGE_OR_LOAD)
    })
}
