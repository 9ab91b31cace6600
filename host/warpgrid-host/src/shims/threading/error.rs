//! Why a declaration was refused.

use warpgrid_grants::threading::ThreadingModel;

/// The instance has declared its model before; a declaration is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the instance has declared its threading model before, as {declared}")]
pub struct AlreadyDeclared {
    /// The model that stays.
    pub declared: ThreadingModel,
}
