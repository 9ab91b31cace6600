//! What a MySQL server said of itself at the login; knows no guest.

/// What a MySQL server said of itself and of a session.
#[derive(Debug, Clone, Default)]
pub struct MysqlFacts {}
