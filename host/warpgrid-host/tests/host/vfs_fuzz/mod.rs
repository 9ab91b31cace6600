//! Made-up paths and calls, in a guest and in an oracle that asks the kernel (`openat2` with
//! `RESOLVE_BENEATH`) in a copy of the same folders: the same answers, the same folders at the end, and
//! nothing from outside. `WARPGRID_FUZZ_PATHS` sets how many (default 50,000), `WARPGRID_FUZZ_SEED` where
//! they start.
//!
//! | file | what it holds |
//! |---|---|
//! | `plan` | the steps, the same source as in the guest |
//! | `tree` | the folders at the start, and their comparison at the end |
//! | `oracle` | what the kernel says |
//! | `steps` | the guest against the oracle |
//! | `race` | folders that change while the guest reads |

mod oracle;
#[path = "../../../../../tests/guests/rust/src/fuzz_plan.rs"]
mod plan;
mod race;
mod steps;
mod tree;
