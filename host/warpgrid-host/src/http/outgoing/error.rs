//! Errors of the libraries as errors of WASI: the narrowest code for the guest, the detail for the host's log.

use rustls::AlertDescription;
use std::error::Error as StdError;
use std::fmt::Write;
use std::io::{self, ErrorKind};
use wasmtime_wasi_http::Error;

/// An error with its causes, for the host's log.
fn in_full(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        // Writing into a text cannot fail.
        let _ = write!(text, ": {next}");
        cause = next.source();
    }
    text
}

fn log(phase: &'static str, error: &(dyn StdError + 'static)) {
    tracing::info!(phase, error = in_full(error), "an outgoing request failed");
}

/// No connection came about.
pub(super) fn from_connect(error: &io::Error) -> Error {
    log("connect", error);
    match error.kind() {
        ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Error::ConnectionTerminated,
        ErrorKind::TimedOut => Error::ConnectionTimeout,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Error::DestinationIpUnroutable,
        ErrorKind::PermissionDenied => Error::DestinationIpProhibited,
        _ => Error::DestinationUnavailable,
    }
}

/// The TLS handshake failed.
pub(super) fn from_handshake(error: &io::Error) -> Error {
    log("tls", error);
    from_stream(error).unwrap_or(Error::TlsProtocolError)
}

/// A request or a response failed on an open connection.
pub(super) fn from_hyper(error: &hyper::Error) -> Error {
    log("exchange", error);
    let mut cause = error.source();
    while let Some(next) = cause {
        if let Some(own) = next.downcast_ref::<Error>() {
            return copy(own);
        }
        if let Some(io) = next.downcast_ref::<io::Error>() {
            match from_stream(io) {
                Some(Error::ConnectionTerminated) if io.kind() == ErrorKind::UnexpectedEof => {
                    return Error::HttpResponseIncomplete;
                }
                Some(known) => return known,
                None => {}
            }
        }
        cause = next.source();
    }
    if error.is_timeout() {
        Error::HttpResponseTimeout
    } else if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(None)
    } else if error.is_incomplete_message() {
        Error::HttpResponseIncomplete
    } else if error.is_closed() || error.is_canceled() {
        Error::ConnectionTerminated
    } else {
        Error::HttpProtocolError
    }
}

/// What a read or write says about the connection or its encryption.
fn from_stream(error: &io::Error) -> Option<Error> {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Some(from_tls(tls));
    }
    match error.kind() {
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some(Error::ConnectionTerminated),
        ErrorKind::TimedOut => Some(Error::ConnectionReadTimeout),
        _ => None,
    }
}

fn from_tls(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::NoCertificatesPresented
        | rustls::Error::UnsupportedNameType => Error::TlsCertificateError,
        rustls::Error::AlertReceived(alert) => Error::TlsAlertReceived {
            alert_id: Some(number(*alert)),
            alert_message: Some(format!("{alert:?}")),
        },
        _ => Error::TlsProtocolError,
    }
}

fn number(alert: AlertDescription) -> u8 {
    alert.into()
}

/// What the guest's own body reported; the type itself cannot be cloned.
fn copy(error: &Error) -> Error {
    match error {
        Error::HttpRequestBodySize(size) => Error::HttpRequestBodySize(*size),
        Error::HttpRequestTrailerSectionSize(size) => Error::HttpRequestTrailerSectionSize(*size),
        Error::InternalError(text) => Error::InternalError(text.clone()),
        Error::ConnectionTerminated => Error::ConnectionTerminated,
        Error::ConnectionReadTimeout => Error::ConnectionReadTimeout,
        _ => Error::HttpProtocolError,
    }
}
