//! Redis; knows nothing of pooling. The files are those that every protocol has: see `protocol`.

mod facts;
mod wire;

pub use facts::RedisFacts;
pub use wire::Redis;
