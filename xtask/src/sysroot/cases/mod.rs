//! The cases of `tests/libc`: C programs with directives on top, compiled with one sysroot and run on one host.
mod bless;
mod directive;
mod imports;
mod run;

pub(crate) use directive::directive;
pub use directive::{Case, Mode, Stock, read_cases};
pub use imports::shim_imports;
pub use run::{CaseTools, Row, run_cases};
