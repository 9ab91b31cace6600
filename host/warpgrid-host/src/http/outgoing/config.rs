//! How requests leave the host: authorities, time-outs and limits; reads no file and opens nothing.

use std::fmt;
use std::time::Duration;

/// Certificate authorities in PEM form.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateAuthorities {
    /// Where they come from, for error messages: a path, as a rule.
    pub origin: String,
    /// One or more `CERTIFICATE` sections.
    pub pem: Vec<u8>,
}

impl fmt::Debug for CertificateAuthorities {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("CertificateAuthorities")
            .field("origin", &self.origin)
            .field("bytes", &self.pem.len())
            .finish()
    }
}

/// How requests of an application leave the host. The default trusts the built-in roots (Mozilla's) and
/// nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingConfig {
    /// Authorities that are trusted besides the built-in ones. Default none.
    pub extra_authorities: Vec<CertificateAuthorities>,
    /// Whether only `extra_authorities` are trusted, and none of the built-in ones. Default false.
    pub only_extra_authorities: bool,
    /// The longest time for the look-up, the connection and the TLS handshake together. A guest may ask for
    /// less. Default 10 seconds.
    pub connect: Duration,
    /// The longest wait for the head of the response, counted from the last byte of the request. A guest may
    /// ask for less. Default 60 seconds.
    pub first_byte: Duration,
    /// The longest wait for the next bytes of the response's body. A guest may ask for less. Default 60
    /// seconds.
    pub between_bytes: Duration,
    /// Requests that one instance may have under way at the same time, from the call to the end of the
    /// response's body. Default 128.
    pub concurrent_requests: usize,
    /// The largest head of a response, in bytes; at least 8192. Default 64 KiB.
    pub response_head_bytes: usize,
    /// How many services of the application a request may pass through. Default 16.
    pub hops: u32,
}

impl Default for OutgoingConfig {
    fn default() -> Self {
        Self {
            extra_authorities: Vec::new(),
            only_extra_authorities: false,
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(60),
            between_bytes: Duration::from_secs(60),
            concurrent_requests: 128,
            response_head_bytes: 64 * 1024,
            hops: 16,
        }
    }
}
