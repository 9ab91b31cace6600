//! HTTP: serving guests, and what they send out.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`HttpConfig`]: addresses, sizes and waits |
//! | `service` | [`HttpService`]: a guest that answers requests, with its queue and time-outs |
//! | `worker` | the instances of a service: made, reused, bounded in time |
//! | `serve` | [`HttpServer`]: the listener, and [`DrainReport`] when it ends |
//! | `admin` | [`AdminServer`]: metrics and health |
//! | `body`, `limited` | responses on their way out, requests on their way in |
//! | `current`, `in_flight` | which requests are answered now |
//! | `log_stream` | standard streams of a service as log lines |
//! | `metrics` | what is counted of HTTP |
//! | `outgoing` | [`OutgoingHttp`]: every request that a guest sends |
//! | `services` | [`LocalService`]: another service of the application, called in process |

mod admin;
mod body;
mod config;
mod current;
mod in_flight;
mod limited;
mod log_stream;
mod metrics;
mod outgoing;
mod serve;
mod service;
mod services;
mod worker;

pub use admin::AdminServer;
pub use body::ResponseBody;
pub use config::HttpConfig;
pub use current::{CurrentRequests, RequestId};
pub use in_flight::OpenRequest;
pub use log_stream::GUEST_TARGET;
pub use outgoing::{
    CertificateAuthorities, OutgoingApplication, OutgoingConfig, OutgoingError, OutgoingHttp,
};
pub use serve::{DrainReport, HttpServer, ListenError};
pub use service::{HttpService, OptionsTemplate};
pub use services::{LocalService, ServiceSlot, Services};

pub(crate) use metrics::HttpMetrics;
