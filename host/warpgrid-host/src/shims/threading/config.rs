//! What `[shims] threading` holds.

/// The configuration of the threading shim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadingConfig {}
