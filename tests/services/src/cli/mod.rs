//! The commands of `warpgrid-test-services`, one file each.

mod clients;
mod down;
mod flags;
mod lock;
mod report;
mod run;
mod serve;
mod started;
mod status;
mod up;

pub(crate) use flags::{Flags, run};
