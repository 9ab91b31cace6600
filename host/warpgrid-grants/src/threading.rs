//! What a guest can expect of threads; runs none.

use core::fmt;

/// The threading model that a guest declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThreadingModel {
    /// Threads must run at the same time. The host has no such mode yet and runs the guest cooperatively.
    ParallelRequired,
    /// One thread of execution at a time is enough.
    Cooperative,
}

impl fmt::Display for ThreadingModel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            ThreadingModel::ParallelRequired => "parallel-required",
            ThreadingModel::Cooperative => "cooperative",
        })
    }
}
