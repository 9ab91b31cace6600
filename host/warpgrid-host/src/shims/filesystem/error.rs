//! Grants' errors as the WIT interface has them; adds no error of its own.

use crate::bindings::warpgrid::shim::filesystem as wit;
use warpgrid_grants::files::FsError;

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
