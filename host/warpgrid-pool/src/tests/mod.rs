//! The pool under a paused clock, with a simulated network and a protocol of lines; knows no real protocol and no guest's
//! stream.
//!
//! | file | what it holds |
//! |---|---|
//! | `lines` | a wire protocol that is easy to read |
//! | `network` | a network in memory with a server that speaks it, and its faults |
//! | `scene` | a pool on that network, and what guests do |
//! | `sharing` | cases: who gets a session |
//! | `coming` | cases: a session that is being reset is waited for |
//! | `clock` | cases: what ends by the clock |
//! | `failure` | cases: what fails, and what is dropped in the middle |
//! | `ending` | cases: drain, reload, cancel |

mod clock;
mod coming;
mod ending;
mod failure;
mod lines;
mod network;
mod scene;
mod sharing;
