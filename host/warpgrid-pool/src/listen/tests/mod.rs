//! The listener, over real sockets, in front of servers that are the tests themselves.
//!
//! | file | what it holds |
//! |---|---|
//! | `bar` | a listener that runs, and its clients |
//! | `clients` | who is let in, for how long, and what ends |
//! | `paths` | the life of a Unix socket's path |
//! | `encryption` | encryption towards clients, in its four ways |

mod bar;
mod clients;
mod encryption;
mod paths;
