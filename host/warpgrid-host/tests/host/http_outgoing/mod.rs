//! Requests that guests send.
//!
//! | file | what it holds |
//! |---|---|
//! | `client` | guests that send requests, and what they are given |
//! | `servers` | servers on loopback, good and bad |
//! | `reached` | what is granted, and what is not |
//! | `encrypted` | TLS |
//! | `in_time` | time-outs, limits and broken servers |
//! | `in_process` | services of the same application |

mod client;
mod encrypted;
mod in_process;
mod in_time;
mod reached;
mod servers;
