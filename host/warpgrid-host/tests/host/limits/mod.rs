//! Every limit of a guest, attacked; and what is left when a guest ends in a bad way.
//!
//! | file | what it holds |
//! |---|---|
//! | `attack` | runs an attacker beside a guest that wants to be answered |
//! | `own_process` | a test in a process of its own: memory and descriptors are this test's alone |
//! | `memory`, `processor`, `handles` | the attacks |
//! | `release` | traps, time-outs and cuts leave nothing behind |
//! | `engine` | room, stacks, exceptions and kept code of the engine |

mod attack;
mod engine;
mod handles;
mod memory;
mod own_process;
mod processor;
mod release;
