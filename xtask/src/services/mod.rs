//! Database servers for tests and for people: their packages unpacked in the cache, and the program that starts them.

mod folder;
mod program;

pub use folder::folder;
pub use program::program;
