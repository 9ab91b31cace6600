//! Why a guest gets no session or loses it; knows no wire protocol's way to say it.

use crate::config::PoolOptions;
use crate::endpoint::Protocol;
use crate::secret::Secret;
use std::time::Duration;

/// Why a guest gets no session, or lost the one it had. No variant holds a secret, and none holds text of the server
/// except where it says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The server could not be reached.
    #[error("the server of `{endpoint}` cannot be reached: {reason}; it is tried again after {retry:?}")]
    Unreachable {
        /// The endpoint's name.
        endpoint: String,
        /// What the system said.
        reason: String,
        /// When the next attempt may be.
        retry: Duration,
    },
    /// Encryption failed: name, authority, date or version.
    #[error("the encrypted connection to the server of `{endpoint}` failed: {reason}")]
    Tls {
        /// The endpoint's name.
        endpoint: String,
        /// What rustls said.
        reason: String,
    },
    /// The server refused the credentials that the host holds.
    #[error(
        "the server of `{endpoint}` refused the login of user `{user}`: {reason}; look at `user` and `password` of the binding"
    )]
    Authentication {
        /// The endpoint's name.
        endpoint: String,
        /// Who wanted to log in.
        user: String,
        /// The server's code and text, at most 200 characters.
        reason: String,
    },
    /// What answers is not a server of this protocol, or it speaks a version that is not known.
    #[error("the server of `{endpoint}` does not speak {protocol}: {reason}")]
    NotThisProtocol {
        /// The endpoint's name.
        endpoint: String,
        /// The protocol that was expected.
        protocol: Protocol,
        /// What was seen.
        reason: String,
    },
    /// All sessions were taken for the whole waiting time.
    #[error(
        "all {size} sessions of `{endpoint}` were taken for {waited:?}; raise `size` of the binding's pool, or give sessions back earlier"
    )]
    Exhausted {
        /// The endpoint's name.
        endpoint: String,
        /// How many sessions there are.
        size: usize,
        /// How long the guest waited.
        waited: Duration,
    },
    /// As many guests wait as may wait.
    #[error("{queue} guests wait for a session of `{endpoint}` already, as many as may")]
    QueueFull {
        /// The endpoint's name.
        endpoint: String,
        /// How many may wait.
        queue: usize,
    },
    /// The pool is being closed and gives no new sessions.
    #[error("`{endpoint}` is being drained and gives no new sessions")]
    Draining {
        /// The endpoint's name.
        endpoint: String,
    },
    /// The guest may not use the endpoint so.
    #[error("`{endpoint}` is not for this guest: {reason}")]
    Denied {
        /// The endpoint's name.
        endpoint: String,
        /// What it may not.
        reason: String,
    },
    /// The guest sent what is not its protocol. Its session is destroyed.
    #[error("what the guest sent to `{endpoint}` is not {protocol}: {reason}")]
    Violation {
        /// The endpoint's name.
        endpoint: String,
        /// The protocol that was expected.
        protocol: Protocol,
        /// What was seen.
        reason: &'static str,
    },
    /// The session ended: the server or the host closed it.
    #[error("the session of `{endpoint}` ended: {reason}")]
    Closed {
        /// The endpoint's name.
        endpoint: String,
        /// Why.
        reason: &'static str,
    },
}

/// Why a guest loses the session that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The pool is drained.
    Drained,
    /// The guest left a transaction open.
    OpenTransaction,
    /// The guest left a frame half sent.
    HalfFrame,
    /// The guest left an answer unread.
    UnreadAnswer,
    /// The server left an answer unfinished.
    UnfinishedAnswer,
    /// The server took nothing more of a frame.
    UntakenFrame,
    /// The server closed the connection, or it broke.
    ServerClosed,
    /// The server broke the protocol.
    ServerViolation,
    /// The guest broke the protocol, in this way.
    Violation(&'static str),
}

impl Loss {
    /// The reason as it is counted.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Drained => "the pool is drained",
            Self::OpenTransaction => "its guest left a transaction open",
            Self::HalfFrame => "its guest left a frame half sent",
            Self::UnreadAnswer => "its guest left an answer unread",
            Self::UnfinishedAnswer => "its server left an answer unfinished",
            Self::UntakenFrame => "its server took nothing more",
            Self::ServerClosed => "the server closed the connection",
            Self::ServerViolation => "the server does not keep to its protocol",
            Self::Violation(reason) => reason,
        }
    }

    /// The limit that was reached, by the name that a binding's pool has for it.
    fn limit(self, options: &PoolOptions) -> Option<(&'static str, Duration)> {
        match self {
            Self::OpenTransaction => Some(("transaction-seconds", options.transaction)),
            Self::HalfFrame | Self::UnreadAnswer | Self::UntakenFrame => {
                Some(("stall-seconds", options.stall))
            }
            Self::UnfinishedAnswer => Some(("reply-seconds", options.reply)),
            Self::Drained | Self::ServerClosed | Self::ServerViolation | Self::Violation(_) => None,
        }
    }

    /// The error of a guest of this endpoint.
    pub(crate) fn error(self, endpoint: &str, protocol: Protocol) -> PoolError {
        let endpoint = endpoint.to_owned();
        match self {
            Self::Violation(reason) => PoolError::Violation { endpoint, protocol, reason },
            _ => PoolError::Closed { endpoint, reason: self.reason() },
        }
    }

    /// What a guest is told, besides the code that its protocol has for it.
    pub(crate) fn text(self, error: &PoolError, options: &PoolOptions) -> String {
        match self.limit(options) {
            Some((name, limit)) => {
                format!("{error}; the limit is `{name}` of the binding's pool, {} s", limit.as_secs_f64())
            }
            None => error.to_string(),
        }
    }
}

impl PoolError {
    /// The same without a password that the server repeated in its text.
    pub(crate) fn without(mut self, password: Option<&Secret>) -> Self {
        if let (
            Some(password),
            Self::Unreachable { reason, .. }
            | Self::Tls { reason, .. }
            | Self::Authentication { reason, .. }
            | Self::NotThisProtocol { reason, .. },
        ) = (password, &mut self)
        {
            *reason = password.strike_out(reason);
        }
        self
    }
}
