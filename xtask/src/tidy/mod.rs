//! Rules of the tree that the compiler does not check, as findings; changes nothing.
mod check;
mod docs;
mod layers;
mod rooms;
mod text;

pub use check::{Finding, check};
