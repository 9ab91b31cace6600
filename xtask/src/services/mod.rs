//! Database servers for tests and for people: their packages unpacked in the cache, and the program that starts them.

mod folder;
mod place;
mod program;

pub use folder::folder;
pub use place::folder_outside_cache;
pub use program::program;
