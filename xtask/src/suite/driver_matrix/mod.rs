//! Stock drivers against real servers, a row a driver and question, and the page that says what each can do.
//!
//! | file | what it has |
//! |---|---|
//! | `run` | builds, starts the servers, asks, reports |
//! | `rows` | what the matrix program printed |
//! | `page` | `docs/reference/drivers.md` from the rows |
//! | `versions` | versions of the drivers, from their lock files |
mod page;
mod rows;
mod run;
mod versions;

pub(super) use run::run;
