//! The virtual file map; knows no real file system and holds no position of an open file.
//!
//! | file | what it holds |
//! |---|---|
//! | `map` | [`VirtualFileMap`]: path in, file or folder out |
//! | `builder` | [`VirtualFileMapBuilder`]: the only way to make a map |
//! | `content` | what stands behind a path: bytes, devices, generated text, folders of one's own |
//! | `open` | [`OpenFile`]: reading and writing at an offset |
//! | `process` | the files of `/proc/self` |
//! | `error` | [`FsError`] |

mod builder;
mod content;
mod error;
mod map;
mod open;
mod process;

pub use builder::{BuildError, VirtualFileMapBuilder};
pub use content::{Content, FileBytes, RandomFailed, RandomSource, VirtualFolder};
pub use error::FsError;
pub use map::{DirectoryEntry, FileKind, Standing, VirtualFileMap, VirtualStat};
pub use open::{Behind, OpenFile};
pub use process::ProcessFacts;
