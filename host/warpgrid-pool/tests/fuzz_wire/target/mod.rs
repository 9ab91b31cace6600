//! What is fed.

pub(crate) mod client;
pub(crate) mod greet;
pub(crate) mod track;
