//! One file per subcommand; a command never calls another.

pub mod rebase;
