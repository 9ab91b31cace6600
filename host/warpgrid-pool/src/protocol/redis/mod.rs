//! Redis, RESP2 and RESP3 (redis.io, "Redis serialization protocol specification"); knows nothing of pooling. The files
//! are those that every protocol has: see `protocol`.

mod cancel;
mod command;
mod facts;
mod frame;
mod greet;
mod login;
mod ping;
mod reset;
mod track;
mod wire;

pub use facts::RedisFacts;
pub use wire::Redis;
