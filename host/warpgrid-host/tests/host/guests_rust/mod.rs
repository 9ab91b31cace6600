//! Programs in Rust, built with nothing but cargo.
//!
//! | file | what it holds |
//! |---|---|
//! | `setup` | how a guest of these tests is run |
//! | `commands` | `std` and tokio without a network, exit codes, panics, time zones |
//! | `network` | `std::net`, tokio and an HTTP client through what is granted |
//! | `services` | HTTP services of 0.2 and 0.3 |

mod commands;
mod network;
mod services;
mod setup;

pub(crate) use setup::{Ended, Setup};
