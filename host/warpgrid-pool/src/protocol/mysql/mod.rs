//! MySQL; knows nothing of pooling. The files are those that every protocol has: see `protocol`.

mod facts;
mod wire;

pub use facts::MysqlFacts;
pub use wire::Mysql;
