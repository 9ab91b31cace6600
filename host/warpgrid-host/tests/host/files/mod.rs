//! Virtual files, seen by guests.
//!
//! | file | through which door |
//! |---|---|
//! | `explicit` | `warpgrid:shim/filesystem` |
//! | `transparent` | plain `wasi:filesystem` 0.2, from Rust's `std` |
//! | `real_folders` | the same, beside and inside real folders |
//! | `p3` | `wasi:filesystem` 0.3 |
//! | `preview1` | an adapted Preview 1 module |
//! | `exhaustion` | the same, with paths and listings that would use up the host |
//! | `upgrade_guard` | every method on every kind of object |

mod exhaustion;
mod explicit;
mod p3;
mod preview1;
mod real_folders;
mod transparent;
mod upgrade_guard;
