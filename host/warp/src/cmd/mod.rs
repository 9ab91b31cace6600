//! One file per command, named as the command.

pub(crate) mod compose;
pub(crate) mod run;
