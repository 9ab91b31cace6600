//! What one guest may make the host hold; knows nothing of who counts.

/// The limits of one guest instance. The defaults are the documented ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestLimits {
    /// Virtual files that may be open at the same time. Default 1024.
    pub open_virtual_files: usize,
    /// Bytes that one read or one whole-file read carries. Default 1 MiB.
    pub read_bytes: usize,
    /// Bytes that a read of a whole endless device gives. Default 256.
    pub device_bytes: usize,
    /// Names listed of one folder. Default 65,536.
    pub listed_names: usize,
}

impl Default for GuestLimits {
    fn default() -> Self {
        Self { open_virtual_files: 1024, read_bytes: 1024 * 1024, device_bytes: 256, listed_names: 65_536 }
    }
}
