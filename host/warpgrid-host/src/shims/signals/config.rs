//! What `[shims] signals` holds; how many signals wait stands in `[limits]`.

/// The configuration of the signals shim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignalsConfig {}
