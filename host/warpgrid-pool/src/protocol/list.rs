//! The one list of wire protocols; knows none from the inside.

use super::{WireProtocol, mysql, postgres, redis};
use crate::endpoint::Protocol;

/// The wire protocol by its name.
pub fn wire_protocol(protocol: Protocol) -> &'static dyn WireProtocol {
    match protocol {
        Protocol::Postgres => &postgres::Postgres,
        Protocol::Mysql => &mysql::Mysql,
        Protocol::Redis => &redis::Redis,
    }
}
