//! `warp run`: a component runs in this process, as a command or as a service.
//!
//! | file | what it holds |
//! |---|---|
//! | `args` | [`RunArgs`]: the flags |
//! | `start` | reads the configuration, loads the component, and decides what it is |
//! | `command` | one run of a command, with its exit code |
//! | `services` | the services of `[services]`, called in process |
//! | `serve` | a service: listeners, signals, drain |
//! | `announce` | what is told when a service starts and ends, for people and for scripts |
//! | `watch` | `--watch-config` |

mod announce;
mod args;
mod command;
mod serve;
mod services;
mod start;
mod watch;

pub(crate) use args::RunArgs;
pub(crate) use start::run;
