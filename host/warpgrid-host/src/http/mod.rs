//! HTTP: serving guests, and what they send out.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`HttpConfig`]: addresses, sizes and waits |
//! | `outgoing` | [`OutgoingHttp`]: every request that a guest sends |
//! | `services` | [`LocalService`]: another service of the application, called in process |

mod config;
mod outgoing;
mod services;

pub use config::HttpConfig;
pub use outgoing::{OutgoingConfig, OutgoingHttp};
pub use services::{LocalService, Services};
