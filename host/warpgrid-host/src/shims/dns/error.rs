//! What can go wrong when a name is looked up, and what each door says of it.

use crate::bindings::warpgrid::shim::dns as wit;
use std::sync::Arc;
use warpgrid_grants::names::HostNameError;
use wasmtime_wasi::p2::bindings::sockets::network as p2;
use wasmtime_wasi::p3::bindings::sockets::ip_name_lookup as p3;

/// A look-up gave no address.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DnsError {
    /// No link of the chain knows the name.
    #[error("no link of the look-up chain knows the host")]
    HostNotFound,
    /// Neither the registry nor the hosts file knows the name, and the system may not be asked for it.
    #[error(
        "neither the registry nor the hosts file knows the host, and nothing grants asking the system for it"
    )]
    NotGranted,
    /// The system knows the name, and all its addresses are private ones that no rule grants.
    #[error("the host has only private addresses, and no rule of the network policy grants them")]
    PrivateAddress,
    /// The text is not a host name.
    #[error(transparent)]
    InvalidName(#[from] HostNameError),
    /// The system's resolver did not answer.
    #[error("the system's resolver did not answer")]
    Temporary(#[source] Arc<std::io::Error>),
    /// The instance has as many look-ups under way as its limits allow.
    #[error("too many look-ups are under way")]
    Limit,
}

/// A guest is not told whether a name is there that it may not look up.
pub(super) fn to_wit(error: &DnsError) -> wit::DnsError {
    match error {
        DnsError::HostNotFound | DnsError::NotGranted | DnsError::PrivateAddress => {
            wit::DnsError::HostNotFound
        }
        DnsError::InvalidName(_) => wit::DnsError::InvalidName,
        DnsError::Temporary(_) => wit::DnsError::TemporaryFailure,
        DnsError::Limit => wit::DnsError::LimitReached,
    }
}

/// WASI 0.2 has no word for a limit; "ask again later" is what helps.
pub(super) fn to_p2(error: &DnsError) -> p2::ErrorCode {
    match error {
        DnsError::HostNotFound | DnsError::NotGranted | DnsError::PrivateAddress => {
            p2::ErrorCode::NameUnresolvable
        }
        DnsError::InvalidName(_) => p2::ErrorCode::InvalidArgument,
        DnsError::Temporary(_) | DnsError::Limit => p2::ErrorCode::TemporaryResolverFailure,
    }
}

/// As for WASI 0.2.
pub(super) fn to_p3(error: &DnsError) -> p3::ErrorCode {
    match error {
        DnsError::HostNotFound | DnsError::NotGranted | DnsError::PrivateAddress => {
            p3::ErrorCode::NameUnresolvable
        }
        DnsError::InvalidName(_) => p3::ErrorCode::InvalidArgument,
        DnsError::Temporary(_) | DnsError::Limit => p3::ErrorCode::TemporaryResolverFailure,
    }
}
