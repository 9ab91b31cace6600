//! With nothing configured, nothing is reached: every capability and operation, one row each.
//!
//! | file | what it holds |
//! |---|---|
//! | `rows` | the table |
//! | `tests` | runs it |

mod rows;
mod tests;
