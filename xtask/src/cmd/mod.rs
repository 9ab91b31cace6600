//! One file per subcommand; a command never calls another.
pub mod doctor;
pub mod fetch;
pub mod pin;
