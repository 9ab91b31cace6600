//! One file per command, named as the command.

pub(crate) mod compose;
pub(crate) mod explain;
pub(crate) mod proxy;
pub(crate) mod run;
