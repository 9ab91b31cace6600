//! Limits and time-outs of one pool, with their defaults; reads no file.

use std::time::Duration;

/// How many sessions a pool has and how long anything may take. Every limit is a value here; there are no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    /// Sessions that may be open at the same time, over all tenants. Default 10.
    pub size: usize,
    /// How long a guest waits for a session when all are taken. Default 5 seconds.
    pub wait: Duration,
    /// How many guests may wait at the same time; one more is refused at once. Default 1,000.
    pub queue: usize,
    /// How long a session that nobody uses is kept. Default 300 seconds.
    pub idle: Duration,
    /// How old a session may get; each lives up to a tenth shorter, by chance, so that they do not all end
    /// together. A session in use ends when it is given back. Default 3,600 seconds.
    pub lifetime: Duration,
    /// The age of idleness at which a session is asked whether it lives, and how often. Default 30 seconds.
    pub healthcheck: Duration,
    /// How long connecting, encryption and login may take together. Default 15 seconds.
    pub connect: Duration,
    /// For how long nobody tries again after a failed attempt to connect; until then waiting guests are refused
    /// at once. Default 1 second.
    pub retry: Duration,
    /// How long a guest may take to say who it is. Default 15 seconds.
    pub greeting: Duration,
    /// How long a guest may leave an answer unread, or a frame half sent, before its session is destroyed. Less than
    /// 4 KiB in that time count as nothing. A server that takes nothing more of a frame has as long. Default 60 seconds.
    pub stall: Duration,
    /// How long a server may take for the next byte of an answer. Default 300 seconds.
    pub reply: Duration,
    /// How long a transaction may stand open without any byte before its session is destroyed. Default 300 seconds.
    pub transaction: Duration,
    /// How long resetting a session may take before it is destroyed. A guest that could use it waits so long before a new
    /// one is opened for it. Default 5 seconds.
    pub reset: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            size: 10,
            wait: Duration::from_secs(5),
            queue: 1000,
            idle: Duration::from_secs(300),
            lifetime: Duration::from_secs(3600),
            healthcheck: Duration::from_secs(30),
            connect: Duration::from_secs(15),
            retry: Duration::from_secs(1),
            greeting: Duration::from_secs(15),
            stall: Duration::from_secs(60),
            reply: Duration::from_secs(300),
            transaction: Duration::from_secs(300),
            reset: Duration::from_secs(5),
        }
    }
}
