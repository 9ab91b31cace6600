//! The DNS shim, seen by guests and by an embedder.
//!
//! | file | what it holds |
//! |---|---|
//! | `world` | a system that the test decides, a clock that the test sets, and a run that tells its facts |
//! | `std_guest` | an unmodified Rust program: the criteria of US-108, one test each |
//! | `doors` | every error at WASI 0.2 and 0.3, limits, what is recorded |
//! | `explicit` | the door `warpgrid:shim/dns` |
//! | `resolver` | one question for many, times to live, the negative cache, shares |
//! | `synthetic` | names that the host itself answers for |
//! | `registry_file` | a registry in a file, changed while it is in force |

mod doors;
mod explicit;
mod registry_file;
mod resolver;
mod std_guest;
mod synthetic;
mod world;
