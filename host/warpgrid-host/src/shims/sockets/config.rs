//! What `[shims] sockets` holds; what a guest may reach stands in `[network]`.

/// The configuration of the sockets shim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SocketsConfig {}
