//! Why encryption could not be had, in plain words; knows no secret.

use rustls::{AlertDescription, CertificateError, Error};
use std::io;

/// Why encryption could not be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate could be read from the PEM text.
    #[error("the authorities hold no certificate in PEM form")]
    NoAuthority,
    /// A certificate among the authorities is broken.
    #[error("an authority is not a certificate: {0}")]
    BadAuthority(String),
    /// The name of the server cannot stand in a certificate.
    #[error("`{0}` cannot be checked against a certificate: use a host name or an address")]
    BadName(String),
    /// The handshake failed, or the server is not who it should be.
    #[error("{0}")]
    Handshake(String),
}

/// How many of a certificate's names an error lists, and how long each may be.
const NAMES_LISTED: usize = 3;
const NAME_LENGTH: usize = 80;

/// What a failed handshake means, for an operator. `host` is the name that was expected.
pub(super) fn in_plain_words(error: &io::Error, host: &str) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => of_rustls(error, host),
        None if matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
        ) =>
        {
            "the server closed the connection during the TLS handshake".into()
        }
        None => format!("the connection broke during the TLS handshake: {error}"),
    }
}

fn of_rustls(error: &Error, host: &str) -> String {
    match error {
        Error::InvalidCertificate(error) => of_certificate(error, host),
        Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. } => "what the server answers is not TLS".into(),
        Error::PeerIncompatible(reason) => {
            format!(
                "the server has no version or cipher of TLS in common with us (1.2 and 1.3 are spoken): {reason:?}"
            )
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "the server speaks neither TLS 1.2 nor TLS 1.3".into()
        }
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "the server has no cipher of TLS in common with us".into()
        }
        Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            "the server does not know the protocol that is asked for (ALPN)".into()
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server wants a certificate of its clients, and none is configured".into()
        }
        Error::AlertReceived(alert) => format!("the server refused the TLS handshake: {alert:?}"),
        other => format!("the TLS handshake failed: {other}"),
    }
}

fn of_certificate(error: &CertificateError, host: &str) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet: compare the clocks".into()
        }
        CertificateError::UnknownIssuer => {
            "the server's certificate is signed by an authority that is not known here".into()
        }
        CertificateError::NotValidForName => format!("the server's certificate is not for the name `{host}`"),
        CertificateError::NotValidForNameContext { presented, .. } => {
            format!("the server's certificate is not for the name `{host}`: {}", names(presented))
        }
        CertificateError::Revoked => "the server's certificate is revoked".into(),
        CertificateError::BadSignature => "the signature on the server's certificate is wrong".into(),
        CertificateError::BadEncoding => "the server's certificate cannot be read".into(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the server's certificate is not made for servers (extended key usage)".into()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the server's certificate is signed by a method that is not accepted".into()
        }
        other => format!("the server's certificate is refused: {}", only_printable(&other.to_string())),
    }
}

/// The names that a certificate has. They come from the server: few, short and printable.
fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        return "it has no subject alternative name, and its common name does not count".into();
    }
    let listed: Vec<String> =
        presented.iter().take(NAMES_LISTED).map(|name| format!("`{}`", only_printable(bare(name)))).collect();
    let more = if presented.len() > NAMES_LISTED { ", and others" } else { "" };
    format!("it is for {}{more}", listed.join(", "))
}

/// webpki writes a name as `DnsName("db.example.com")`.
fn bare(name: &str) -> &str {
    name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name).trim_matches('"')
}

fn only_printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(NAME_LENGTH).collect()
}
