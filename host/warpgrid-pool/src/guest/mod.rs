//! The guest's end of a session: bytes in, bytes out; knows no door.

mod stream;

pub use stream::GuestStream;
