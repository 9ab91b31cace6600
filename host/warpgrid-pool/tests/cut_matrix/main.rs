//! Guests that are dropped after every byte they send and after every byte they get, in dialogues of each protocol with a
//! real server: the next guest gets its own answers, from a session that nobody left anything in. Knows no door but the
//! guest's stream.
//!
//! | file | what it holds |
//! |---|---|
//! | `dialogue` | what a guest says and waits for |
//! | `dialogues` | the dialogues of each protocol |
//! | `play` | one guest that is dropped somewhere in a dialogue |
//! | `next` | the guest that comes after it |
//! | `matrix` | all cuts of all dialogues |
//! | `corpus` | writes dialogues and logins down |
//!
//! `WARPGRID_FULL=1` cuts the long dialogues after every byte too. `WARPGRID_RECORD=<folder>` writes the dialogues down, as
//! the corpus of `fuzz_wire` is.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]
#![expect(clippy::print_stdout, reason = "what was cut, and how long it took, is a figure")]

mod corpus;
mod dialogue;
mod dialogues;
mod matrix;
mod next;
mod play;
#[path = "../proof/mod.rs"]
mod proof;
