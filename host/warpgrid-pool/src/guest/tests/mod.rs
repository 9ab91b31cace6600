//! The guest's stream in front of a protocol that does whatever a test asks for; the servers are the tests themselves.
//!
//! | file | what it holds |
//! |---|---|
//! | `words` | the protocol: a word says what the tracker does with a line |
//! | `scene` | a pool, its servers, and a guest |
//! | `login` | from the first byte to a session |
//! | `passing` | bytes, in order and unaltered |
//! | `limits` | who does not read, and how much waits |
//! | `ending` | goodbyes, drops, lost sessions |
//! | `tasks` | a reader and a writer that are two tasks |

mod ending;
mod limits;
mod login;
mod passing;
pub(crate) mod scene;
mod tasks;
pub(crate) mod words;
