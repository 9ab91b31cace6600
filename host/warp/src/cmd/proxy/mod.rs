//! `warp proxy`: the pools of `warp.toml` for native programs, and the commands that ask a proxy that runs.
//!
//! | file | what it holds |
//! |---|---|
//! | `args` | [`ProxyArgs`]: the flags |
//! | `start` | decides what is asked for: serving, checking, or asking another process |
//! | `wished` | what the configuration asks for, read as a whole before anything changes |
//! | `running` | the pools and listeners in force: opening, replacing, ending, telling about them |
//! | `listeners` | the listeners among them |
//! | `serve` | a proxy until it is told to end |
//! | `admin` | the Unix socket that takes orders |
//! | `ask` | the other end of it: `status`, `drain`, `reload` |
//! | `table` | an answer as a table for people |
//! | `announce` | what is told when a proxy starts, changes and ends |
//! | `check` | `--check`: one login for each database |
//! | `hints` | what the operator can do about an error of the pool |

mod admin;
mod announce;
mod args;
mod ask;
mod check;
mod hints;
mod listeners;
mod running;
mod serve;
mod start;
mod table;
mod wished;

pub(crate) use args::ProxyArgs;
pub(crate) use start::run;
