//! What one guest may make the host hold; knows nothing of who counts.

use core::time::Duration;

/// The limits of one guest instance. The defaults are the documented ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestLimits {
    /// Bytes of linear memory, all memories together. Default 128 MiB.
    pub memory_bytes: usize,
    /// Elements of all tables together. Default 100,000.
    pub table_elements: usize,
    /// Handles that the guest may hold at the same time: files, sockets, streams, pollables, tasks. One more
    /// ends the guest. Default 10,000.
    pub handles: usize,
    /// Bytes that one call may carry from the guest to the host, and random bytes that one call may ask for;
    /// more ends the guest. Default 16 MiB.
    pub call_bytes: usize,
    /// Bytes of the headers of one HTTP message. Default 128 KiB.
    pub header_bytes: usize,
    /// Files and folders, real or virtual, that may be open at the same time. Default 1024.
    pub open_files: usize,
    /// Sockets that may be open at the same time. Default 1024.
    pub sockets: usize,
    /// Connections to databases that may be open at the same time. Default 100.
    pub database_sessions: usize,
    /// Look-ups of names that may be under way at the same time. Default 64.
    pub lookups: usize,
    /// Bytes that one read, one receive or one whole-file read carries. Default 1 MiB.
    pub read_bytes: usize,
    /// Bytes that a read of a whole endless device gives. Default 256.
    pub device_bytes: usize,
    /// Names listed of one folder; all listings that are open hold four times as many at most. Default 65,536.
    pub listed_names: usize,
    /// Bytes of log lines that one instance may write; more is dropped with one warning. Default 16 MiB.
    pub log_bytes: usize,
    /// Signals that wait for the guest. Default 16.
    pub signals: usize,
    /// Time on the processor, of one run or one request; none: no limit. Default none.
    pub cpu: Option<Duration>,
    /// Time for one request of an HTTP service. Default 30 seconds.
    pub request: Duration,
}

impl Default for GuestLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 128 * 1024 * 1024,
            table_elements: 100_000,
            handles: 10_000,
            call_bytes: 16 * 1024 * 1024,
            header_bytes: 128 * 1024,
            open_files: 1024,
            sockets: 1024,
            database_sessions: 100,
            lookups: 64,
            read_bytes: 1024 * 1024,
            device_bytes: 256,
            listed_names: 65_536,
            log_bytes: 16 * 1024 * 1024,
            signals: 16,
            cpu: None,
            request: Duration::from_secs(30),
        }
    }
}
