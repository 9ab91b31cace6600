//! What guests send out over HTTP: where it may go, over which connection, and how long it may take.
//!
//! ```text
//! request → service of the application? → called in process, with one more hop
//!         → name granted? → looked up once → each answer granted? → connect to that address
//!         → TLS by name → send, wait, stream the answer
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`OutgoingConfig`]: authorities, time-outs and limits |
//! | `hooks` | [`OutgoingHttp`]: the outgoing side of one instance, and what its application shares |
//! | `target` | the host and port of a request, read from its URI |
//! | `granted` | the addresses that a request may connect to |
//! | `connect` | a connection to one of these addresses |
//! | `tls` | the TLS client of an application |
//! | `send` | one request and its answer, over a connection or in process |
//! | `body` | bodies under way, with their time-outs |
//! | `error` | errors of the libraries as errors of WASI |

mod body;
mod config;
mod connect;
mod error;
mod granted;
mod hooks;
mod send;
mod target;
mod tls;

pub use config::{CertificateAuthorities, OutgoingConfig};
pub use hooks::{OutgoingApplication, OutgoingHttp};
pub use tls::OutgoingError;
