//! What can go wrong when a name is looked up.

use crate::bindings::warpgrid::shim::dns as wit;
use warpgrid_grants::names::HostNameError;

/// A look-up gave no address.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// No link of the chain knows the name.
    #[error("no link of the look-up chain knows the host")]
    HostNotFound,
    /// The text is not a host name.
    #[error(transparent)]
    InvalidName(#[from] HostNameError),
    /// The system's resolver did not answer.
    #[error("the system's resolver did not answer")]
    Temporary(#[source] std::io::Error),
}

/// The WIT value of an error.
pub(super) fn to_wit(error: &DnsError) -> wit::DnsError {
    match error {
        DnsError::HostNotFound => wit::DnsError::HostNotFound,
        DnsError::InvalidName(_) => wit::DnsError::InvalidName,
        DnsError::Temporary(_) => wit::DnsError::TemporaryFailure,
    }
}
