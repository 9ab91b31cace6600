//! The host, seen by guests: real engine, real components.

mod composing;
mod files;
mod harness;
mod linking;
mod names;
mod running;
