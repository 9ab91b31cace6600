//! The wire protocols, each with the same files; knows nothing of pooling.
//!
//! | file of a protocol | what it holds |
//! |---|---|
//! | `frame` | headers, read incrementally: where a frame ends, without its content |
//! | `login` | as client: from a fresh connection to a session |
//! | `greet` | as server: from a guest's first byte to its first command |
//! | `track` | what is known of a session's state from what passed |
//! | `reset` | a session as if nobody had used it |
//! | `ping` | whether a session lives |
//! | `cancel` | stopping a running query from outside |
//! | `wire` | the protocol's entry in the list |

mod contract;
mod list;
pub mod mysql;
pub mod postgres;
pub mod redis;

pub use contract::{
    CancelKey, CancelLookup, Gap, GreetStep, GreetTerms, Greeter, GuestHello, GuestStep, LoggedIn,
    LoginRequest, MAX_HELD_BYTES, ServerFacts, SessionFailure, Tracker, Verdict, Violation, WireProtocol,
};
pub use list::wire_protocol;
