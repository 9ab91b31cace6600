//! The ways in which a network fails, as Toxiproxy names them, and what must come of each; plays none.

use crate::proof::line::Harm;
use std::time::Duration;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_pool::error::PoolError;

/// How much later bytes come with [`Toxic::Latency`], and the end with [`Toxic::SlowClose`].
pub(crate) const LATE: Duration = Duration::from_millis(50);
/// With [`Toxic::Bandwidth`]: so many bytes in this time.
pub(crate) const RATE: (usize, Duration) = (512, Duration::from_millis(5));
/// With [`Toxic::LimitData`]: after so many bytes of an answer, and of a login.
pub(crate) const LIMIT: usize = 100;
pub(crate) const LOGIN_LIMIT: usize = 10;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toxic {
    /// Everything comes late.
    Latency,
    /// Everything comes slowly.
    Bandwidth,
    /// The end comes late.
    SlowClose,
    /// Nothing comes, and nothing ends.
    Timeout,
    /// The connection is reset.
    ResetPeer,
    /// Everything comes in small pieces.
    Slicer,
    /// The connection ends in the middle of an answer.
    LimitData,
    /// No new connection.
    Down,
}

/// What comes of a way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The right answer, whole.
    Answered,
    /// [`PoolError::Closed`]: the server did not answer in time.
    Unanswered,
    /// [`PoolError::Closed`]: the connection ended.
    Broken,
    /// [`PoolError::Unreachable`].
    Unreachable,
    /// [`PoolError::Tls`].
    NotEncrypted,
}

impl Toxic {
    pub(crate) const ALL: [Self; 8] = [
        Self::Latency,
        Self::Bandwidth,
        Self::SlowClose,
        Self::Timeout,
        Self::ResetPeer,
        Self::Slicer,
        Self::LimitData,
        Self::Down,
    ];

    pub(crate) fn harm(self) -> Harm {
        let none = Harm::default();
        match self {
            Self::Latency => Harm { delay: Some(LATE), ..none },
            Self::Bandwidth => Harm { slice: Some(RATE.0), delay: Some(RATE.1), ..none },
            Self::SlowClose => Harm { late_end: Some(LATE), ..none },
            Self::Timeout => Harm { mute: true, loses: true, ..none },
            Self::ResetPeer => Harm { reset: true, ..none },
            Self::Slicer => Harm { slice: Some(3), ..none },
            Self::LimitData => Harm { bytes_left: Some(LIMIT), ..none },
            Self::Down => Harm { down: true, ..none },
        }
    }

    /// What comes of it in the middle of an answer.
    pub(crate) fn in_session(self) -> Outcome {
        match self {
            Self::Latency | Self::Bandwidth | Self::Slicer | Self::Down => Outcome::Answered,
            Self::Timeout => Outcome::Unanswered,
            Self::SlowClose | Self::ResetPeer | Self::LimitData => Outcome::Broken,
        }
    }

    /// The same, for a login.
    pub(crate) fn harm_at_login(self) -> Harm {
        match self {
            Self::LimitData => Harm { bytes_left: Some(LOGIN_LIMIT), ..self.harm() },
            _ => self.harm(),
        }
    }

    /// What comes of it at a login. Before the handshake it is the connection that fails, in it the encryption: Redis
    /// begins with it, PostgreSQL after one byte, MySQL after a greeting.
    pub(crate) fn at_login(self, encrypted: bool, protocol: Protocol) -> Outcome {
        match self {
            Self::Latency | Self::Bandwidth | Self::Slicer | Self::SlowClose => Outcome::Answered,
            Self::ResetPeer if encrypted && protocol == Protocol::Redis => Outcome::NotEncrypted,
            Self::LimitData if encrypted && protocol != Protocol::Mysql => Outcome::NotEncrypted,
            Self::Timeout | Self::Down | Self::ResetPeer | Self::LimitData => Outcome::Unreachable,
        }
    }
}

/// What an error is among the outcomes.
pub(crate) fn outcome(error: Option<&PoolError>) -> Option<Outcome> {
    match error? {
        PoolError::Closed { reason: "its server left an answer unfinished", .. } => Some(Outcome::Unanswered),
        PoolError::Closed { reason: "the server closed the connection", .. } => Some(Outcome::Broken),
        PoolError::Unreachable { .. } => Some(Outcome::Unreachable),
        PoolError::Tls { .. } => Some(Outcome::NotEncrypted),
        _ => None,
    }
}
