//! HTTP: serving guests, and what they send out.
//!
//! | file | what it holds |
//! |---|---|
//! | `outgoing` | [`OutgoingHttp`]: every request that a guest sends |
//! | `services` | [`LocalService`]: another service of the application, called in process |

mod outgoing;
mod services;

pub use outgoing::{
    CertificateAuthorities, OutgoingApplication, OutgoingConfig, OutgoingError, OutgoingHttp,
};
pub use services::{LocalService, Services};
