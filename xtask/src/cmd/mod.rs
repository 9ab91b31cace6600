//! One file per subcommand; a command never calls another.
pub mod bench;
pub mod build_sdk;
pub mod ci;
pub mod clean;
pub mod doctor;
pub mod fetch;
pub mod pin;
pub mod rebase;
pub mod services;
pub mod tidy;
pub mod verify;
