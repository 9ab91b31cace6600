//! The dialogues of each protocol.

pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod redis;
