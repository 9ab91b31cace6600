//! Which import belongs to what, and who offers it; knows no configuration.

use crate::compose::SHIM_PREFIX;

/// What an import is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Arguments, clocks, random numbers, standard streams, HTTP messages.
    Standard,
    /// Folders and files, real and virtual.
    Files,
    /// Look-up of names.
    Names,
    /// TCP and UDP.
    Sockets,
    /// HTTP requests that the guest sends.
    OutgoingHttp,
    /// Life-cycle signals.
    Signals,
    /// The declaration of a threading model.
    Threading,
    /// Pooled database sessions.
    DatabaseProxy,
    /// Nothing that this host knows.
    Other,
}

impl Area {
    /// The area of an import.
    pub(super) fn of(import: &str) -> Self {
        let (name, _) = split(import);
        if let Some(interface) = name.strip_prefix(SHIM_PREFIX) {
            return match interface {
                "filesystem" => Area::Files,
                "dns" => Area::Names,
                "signals" => Area::Signals,
                "threading" => Area::Threading,
                interface if interface.starts_with("database-") => Area::DatabaseProxy,
                _ => Area::Other,
            };
        }
        let (package, interface) = name.split_once('/').unwrap_or((name, ""));
        match (package, interface) {
            ("wasi:filesystem", _) => Area::Files,
            ("wasi:sockets", "ip-name-lookup") => Area::Names,
            ("wasi:sockets", _) => Area::Sockets,
            ("wasi:http", "outgoing-handler" | "client" | "handler") => Area::OutgoingHttp,
            ("wasi:cli" | "wasi:clocks" | "wasi:http" | "wasi:io" | "wasi:random", _) => Area::Standard,
            _ => Area::Other,
        }
    }

    /// The key under `[shims]` of the shim that stands behind it.
    pub(super) fn shim(self) -> Option<&'static str> {
        match self {
            Area::Standard | Area::OutgoingHttp | Area::Other => None,
            Area::Files => Some("filesystem"),
            Area::Names => Some("dns"),
            Area::Sockets => Some("sockets"),
            Area::Signals => Some("signals"),
            Area::Threading => Some("threading"),
            Area::DatabaseProxy => Some("database-proxy"),
        }
    }

    /// What it is called.
    pub(super) fn title(self) -> &'static str {
        match self {
            Area::Standard => "standard WASI",
            Area::Files => "files",
            Area::Names => "names",
            Area::Sockets => "sockets",
            Area::OutgoingHttp => "outgoing HTTP",
            Area::Signals => "signals",
            Area::Threading => "threading",
            Area::DatabaseProxy => "database sessions",
            Area::Other => "of other packages",
        }
    }
}

/// Name and version of an import.
fn split(import: &str) -> (&str, &str) {
    import.split_once('@').unwrap_or((import, ""))
}

/// The version of WASI that an import belongs to, such as `0.2`.
pub(super) fn wasi_version(import: &str) -> Option<&str> {
    let (name, version) = split(import);
    if !name.starts_with("wasi:") {
        return None;
    }
    let (minor, patch) = version.rsplit_once('.')?;
    patch.parse::<u32>().is_ok().then_some(minor)
}

/// Whether the engine offers a package of WASI, in any of its shims' configurations.
pub(super) fn wasi_is_offered(import: &str) -> bool {
    let package = split(import).0.split('/').next().unwrap_or_default();
    match wasi_version(import) {
        Some("0.2") => matches!(
            package,
            "wasi:cli"
                | "wasi:clocks"
                | "wasi:filesystem"
                | "wasi:http"
                | "wasi:io"
                | "wasi:random"
                | "wasi:sockets"
        ),
        Some("0.3") => matches!(
            package,
            "wasi:cli" | "wasi:clocks" | "wasi:filesystem" | "wasi:http" | "wasi:random" | "wasi:sockets"
        ),
        _ => false,
    }
}
