//! Does what the README says, word for word, and then what it does not say: bad input.
//!
//! | file | what it has |
//! |---|---|
//! | `run` | the suite: the tour, then bad input |
//! | `page` | the README's tour as blocks, and what stands here for its ports and folders |
//! | `block` | one block as a person would type or write it |
//! | `servers` | the database servers that the page starts |
//! | `bad_input` | `tests/bad-input`, a file a case |
mod bad_input;
mod block;
mod page;
mod run;
mod servers;

pub(super) use run::run;
