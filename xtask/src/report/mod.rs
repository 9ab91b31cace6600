//! What a run of tests found: rows of cases, printed or written as JUnit; knows no suite.
mod case;
mod junit;

pub use case::{CaseReport, Outcome, SuiteReport, Totals};
pub use junit::write_junit;
