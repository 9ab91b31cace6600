//! What a MySQL server said of itself at the login; knows no guest.

/// What a MySQL server said of itself and of a session.
#[derive(Debug, Clone, Default)]
pub struct MysqlFacts {
    /// The server's version as it writes it, such as `5.5.5-10.11.6-MariaDB` or `9.1.0`. At most 255 bytes.
    pub version: String,
    /// The server's number of the session: never shown to a guest.
    pub thread: u32,
    /// The capability flags that the server offers (protocol chapter "Capabilities Flags").
    pub offered: u32,
    /// The capability flags of this session.
    pub agreed: u32,
    /// The server's character set: the lower byte of a collation's number.
    pub character_set: u8,
    /// The status flags at the end of the login.
    pub status: u16,
}

impl MysqlFacts {
    /// Whether the server is MariaDB, as it says itself.
    pub(super) fn is_mariadb(&self) -> bool {
        self.version.contains("MariaDB")
    }
}
