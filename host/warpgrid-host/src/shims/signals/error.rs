//! Why a signal could not be delivered.

use crate::instance::InstanceId;

/// A signal could not be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// The instance has not started, has ended, or belongs to another application.
    #[error("no instance {0} of this application is running")]
    NoInstance(InstanceId),
    /// The shim is switched off for this application.
    #[error("the signals shim is switched off; switch it on with `signals = true` under `[shims]`")]
    SwitchedOff,
}
