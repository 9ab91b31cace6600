//! The door `wasi:filesystem` 0.2, which Preview 1 guests reach through the adapter; decides nothing.
//!
//! | file | what it holds |
//! |---|---|
//! | `link` | the door in a linker |
//! | `descriptor` | the methods of a descriptor |
//! | `directory_stream` | the names of a folder, one by one |
//! | `limited_stream` | a stream that gives no more than a limit at a time |

mod descriptor;
mod directory_stream;
mod limited_stream;
mod link;

pub(super) use link::intercept;
