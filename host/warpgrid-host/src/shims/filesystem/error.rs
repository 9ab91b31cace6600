//! Errors as each door has them: grants' errors for `warpgrid:shim`, the system's for WASI; adds no error of
//! its own.

use crate::bindings::warpgrid::shim::filesystem as wit;
use rustix::io::Errno;
use warpgrid_grants::files::FsError;
use wasmtime_wasi::p2::{self, bindings::filesystem::types as p2_types};
use wasmtime_wasi::p3::{self, bindings::filesystem::types as p3_types};

/// The WIT value of an error.
pub(super) fn to_wit(error: FsError) -> wit::FsError {
    match error {
        FsError::NotVirtual => wit::FsError::NotVirtual,
        FsError::NoEntry => wit::FsError::NoEntry,
        FsError::IsDirectory => wit::FsError::IsDirectory,
        FsError::NotDirectory => wit::FsError::NotDirectory,
        FsError::ReadOnly => wit::FsError::ReadOnly,
        FsError::InvalidPath(_) => wit::FsError::InvalidPath,
        FsError::TooLarge { .. } => wit::FsError::TooLarge,
        FsError::Io => wit::FsError::Io,
        FsError::LimitReached { .. } => wit::FsError::LimitReached,
    }
}

/// An error of the system in WASI 0.2.
pub(super) fn to_p2(error: Errno) -> p2::FsError {
    match error {
        // Upstream has no translation for this one.
        Errno::ROFS => p2_types::ErrorCode::ReadOnly,
        error => p2_types::ErrorCode::from(std::io::Error::from(error)),
    }
    .into()
}

/// An error of the system in WASI 0.3.
pub(super) fn to_p3(error: Errno) -> p3::filesystem::FilesystemError {
    p3_code(error).into()
}

/// The same as a plain code.
pub(super) fn p3_code(error: Errno) -> p3_types::ErrorCode {
    match error {
        Errno::ROFS => p3_types::ErrorCode::ReadOnly,
        error => p3_types::ErrorCode::from(std::io::Error::from(error)),
    }
}
