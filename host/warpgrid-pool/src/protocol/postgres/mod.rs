//! PostgreSQL; knows nothing of pooling. The files are those that every protocol has: see `protocol`.
//!
//! | file beyond those | what it holds |
//! |---|---|
//! | `encrypt` | TLS to the server, asked for or at once |
//! | `error` | errors of the server read, errors for the guest written |
//! | `facts` | what a server said of itself |
//! | `messages` | whole messages of the server, for logins, resets and pings |
//! | `owed` | which answers the server owes |
//! | `reported` | whether reported parameters are those of the login |
//! | `scram` | SCRAM-SHA-256 towards the guest |
//! | `startup` | a guest's start-up message |

mod cancel;
mod encrypt;
mod error;
mod facts;
mod frame;
mod greet;
mod login;
mod messages;
mod owed;
mod ping;
mod reported;
mod reset;
mod scram;
mod startup;
mod track;
mod wire;

#[cfg(test)]
mod greet_tests;
#[cfg(test)]
mod login_tests;
#[cfg(test)]
mod owed_model;
#[cfg(test)]
mod reset_tests;
#[cfg(test)]
mod track_tests;

pub use facts::PostgresFacts;
pub use wire::Postgres;
