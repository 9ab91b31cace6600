//! The guest's end of a session: bytes in, bytes out; knows no door.
//!
//! | file | what it holds |
//! |---|---|
//! | `stream` | [`GuestStream`]: what doors use |
//! | `login` | from the first byte to a session |
//! | `passing` | bytes between the guest and its session, and when that ends |
//! | `way` | what becomes of bytes, as the tracker says |
//! | `buffers` | bytes that wait, in both directions |
//! | `wakers` | who is woken: a reader and a writer that may be different tasks |

mod buffers;
mod login;
mod passing;
mod stream;
mod wakers;
mod way;

#[cfg(test)]
pub(crate) mod tests;

pub use buffers::READ_BUFFER_BYTES;
pub(crate) use login::GuestTls;
pub use stream::GuestStream;
