//! Serving HTTP: a real listener on a free port, real guests of WASI 0.2 and 0.3, a real client.
//!
//! | file | what is shown |
//! |---|---|
//! | `client` | the client, and a service to ask |
//! | `answers` | that guests answer: bodies, reuse, concurrency, keep-alive |
//! | `busy` | queue, back-pressure, time-outs, traps |
//! | `input` | what a strange client is told |
//! | `drain` | how serving ends |
//! | `observed` | request ids, log lines, metrics, health |

mod answers;
mod busy;
pub(crate) mod client;
mod drain;
mod input;
mod observed;
