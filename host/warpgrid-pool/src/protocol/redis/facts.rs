//! What a Redis server said of itself at the login; knows no guest.

/// What a Redis server said of itself and of a session: nothing that a guest would be told, since a client speaks first
/// and asks by `HELLO` what it wants to know.
#[derive(Debug, Clone, Default)]
pub struct RedisFacts {}
