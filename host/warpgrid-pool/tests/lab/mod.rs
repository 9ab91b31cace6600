//! What the proofs share: real servers with pools in front of them, and guests that speak byte by byte; proves nothing.
//!
//! | file | what it holds |
//! |---|---|
//! | `size` | how much is done: the size of every change, or the full one |
//! | `servers` | endpoints of real servers, and pools |
//! | `postgres` | a guest that speaks PostgreSQL |
//! | `mysql` | a guest that speaks MySQL |
//! | `redis` | a guest that speaks Redis |
#![allow(dead_code, reason = "each proof uses a part of it")]

pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod servers;
pub(crate) mod size;
