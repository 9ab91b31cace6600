//! All commands and flags with their help, as data; behaviour is in `cmd`.
use clap::{Parser, Subcommand};

use crate::cmd;

/// Builds, checks and maintains the WarpGrid SDK.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100, after_help = AFTER_HELP)]
pub struct Flags {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
The two that most people need:
  cargo xtask build-sdk     make the SDK tarball in target/warpgrid/dist/
  cargo xtask ci            run every test against it

Environment:
  WARPGRID_CACHE       shared cache of inputs and built parts (default: the user's cache folder)
  WARPGRID_BUILD       where a build writes (default: target/warpgrid)
  WARPGRID_DISTFILES   folder of inputs by digest, looked at before any network
  WARPGRID_HOST_BUILD  cargo's folder for the host programs (default: <build>/cargo)

Exit codes: 0 done, 1 failed (the message says what and where), 2 wrong usage";

/// One command a variant, named as the user types it.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetch, patch, build and pack the SDK
    BuildSdk(cmd::build_sdk::BuildSdkArgs),
    /// Fetch pinned inputs into the cache
    Fetch(cmd::fetch::FetchArgs),
    /// Write the pins of an input into the manifest
    Pin(cmd::pin::PinArgs),
    /// Apply, export, validate or move a fork's patch series
    Rebase(cmd::rebase::RebaseArgs),
    /// Check a finished tarball, with no network
    Verify(cmd::verify::VerifyArgs),
    /// Run the tests
    Ci(cmd::ci::CiArgs),
    /// Measure, as ratios within one run
    Bench(cmd::bench::BenchArgs),
    /// Start database servers for tests, and stop them
    Services(cmd::services::ServicesArgs),
    /// Check the rules of the tree that the compiler does not
    Tidy(cmd::tidy::TidyArgs),
    /// Say what this machine lacks and how to get it
    Doctor(cmd::doctor::DoctorArgs),
    /// Remove what builds wrote
    Clean(cmd::clean::CleanArgs),
}
