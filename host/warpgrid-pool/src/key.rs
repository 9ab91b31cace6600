//! Which sessions are alike; holds no secret.

use crate::endpoint::Tenant;
use std::collections::BTreeMap;

/// What a guest's login asks of its session beyond what the endpoint says. Sessions with different sets are never
/// exchanged: a reset goes back to these values.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct StartupSet {
    /// The database, where the endpoint leaves it to the guest.
    pub database: Option<String>,
    /// PostgreSQL: the parameters of the start-up message but user and database. MySQL: `character-set`. At most
    /// [`MAX_STARTUP_BYTES`] in all.
    pub parameters: BTreeMap<String, String>,
    /// MySQL: the capability flags agreed with the guest, without those of encryption and login.
    pub capabilities: u64,
}

/// The most bytes of names and values in a [`StartupSet`]. More is refused.
pub const MAX_STARTUP_BYTES: usize = 8 * 1024;

/// Sessions of one pool with equal keys are alike: any of them can serve the guest. The pool itself stands for the
/// server, the user, the credential and the encryption.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey {
    /// Whose they are.
    pub tenant: Tenant,
    /// What the guest's login asked for.
    pub startup: StartupSet,
}
