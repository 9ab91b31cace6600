//! The door `wasi:filesystem` 0.3; decides nothing.
//!
//! | file | what it holds |
//! |---|---|
//! | `link` | the door in a linker |
//! | `descriptor` | the methods of a descriptor |
//! | `directory_stream` | the names of a folder as a stream |

mod descriptor;
mod directory_stream;
mod link;

pub(super) use link::intercept;
