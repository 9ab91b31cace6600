//! Capability × operation, as data; runs nothing.

/// What a guest tries, and how it must be told no.
pub(super) struct Row {
    pub(super) capability: &'static str,
    /// `deny_matrix` for `std` and WASI 0.2, `deny_matrix_p3` for WASI 0.3.
    pub(super) guest: &'static str,
    pub(super) operation: &'static str,
    /// `{tcp}`, `{tcp6}`, `{udp}` and `{file}` stand for real ones of this machine.
    pub(super) subject: &'static str,
    pub(super) expected: Expected,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    /// One of these errors.
    Refused(&'static [&'static str]),
    /// It reaches nothing outside of the guest.
    Harmless(&'static str),
    /// The exit code; without `wasi:cli/exit.exit-with-code`, which is not stable, every failure is 1.
    Exit(i32),
    /// This text, which the files that the host makes up give on every machine; without the shim, [`NO_FILE`].
    MadeUp(&'static str),
}

use Expected::{Exit, Harmless, MadeUp, Refused};

const P2: &str = "deny_matrix";
const P3: &str = "deny_matrix_p3";

/// What is not there and what may not be touched look alike: a guest learns nothing of the host's files.
const NO_FILE: Expected = Refused(NO_FILE_ERRORS);
pub(super) const NO_FILE_ERRORS: &[&str] =
    &["NotFound", "PermissionDenied", "ReadOnlyFilesystem", "Uncategorized", "Unsupported"];
const NO_ADDRESS: Expected = Refused(&["PermissionDenied", "ErrorCode::AccessDenied"]);
const NO_NAME: Expected = Refused(&[
    "Uncategorized",
    "PermissionDenied",
    "NotFound",
    "ErrorCode::AccessDenied",
    "ErrorCode::NameUnresolvable",
    "ErrorCode::PermanentResolverFailure",
]);
const NO_REQUEST: Expected = Refused(&["ErrorCode::HttpRequestDenied"]);

const fn row(
    capability: &'static str,
    guest: &'static str,
    operation: &'static str,
    subject: &'static str,
    expected: Expected,
) -> Row {
    Row { capability, guest, operation, subject, expected }
}

pub(super) const ROWS: &[Row] = &[
    row("environment", P2, "environment", "", Refused(&["NotFound"])),
    row("arguments", P2, "arguments", "", Refused(&["NotFound"])),
    row("input", P2, "input", "", Refused(&["NotFound"])),
    row("files", P2, "open", "/", MadeUp("allowed ()")),
    row("files", P2, "open", "{file}", NO_FILE),
    row("files", P2, "open", "..", NO_FILE),
    row("files", P2, "read", "/etc/shadow", NO_FILE),
    row("files", P2, "read", "/etc/hostname", NO_FILE),
    row("files", P2, "read", "/proc/self/environ", MadeUp("allowed 0")),
    row("files", P2, "read", "/proc/1/cmdline", NO_FILE),
    row("files", P2, "read", "{file}", NO_FILE),
    row("files", P2, "read", "/etc/../{file}", NO_FILE),
    row("files", P2, "list", "/root", NO_FILE),
    row("files", P2, "list", "/home", NO_FILE),
    row("files", P2, "stat", "{file}", NO_FILE),
    row("files", P2, "create", "/new", NO_FILE),
    row("files", P2, "create", "/tmp/new", NO_FILE),
    row("files", P2, "append", "/etc/hosts", NO_FILE),
    row("files", P2, "append", "{file}", NO_FILE),
    row("files", P2, "make-folder", "/new", NO_FILE),
    row("files", P2, "remove", "/etc/hosts", NO_FILE),
    row("files", P2, "remove", "{file}", NO_FILE),
    row("files", P2, "rename", "{file}", NO_FILE),
    row("files", P2, "link", "{file}", NO_FILE),
    row("files", P2, "read-link", "/proc/self/exe", NO_FILE),
    row("names", P2, "name", "example.com", NO_NAME),
    row("names", P2, "name", "db.production.warp.local", NO_NAME),
    row("names", P2, "name", "metadata.google.internal", NO_NAME),
    row("names", P3, "name", "example.com", NO_NAME),
    row("tcp", P2, "tcp-connect", "{tcp}", NO_ADDRESS),
    row("tcp", P2, "tcp-connect", "{tcp6}", NO_ADDRESS),
    row("tcp", P2, "tcp-connect", "169.254.169.254:80", NO_ADDRESS),
    row("tcp", P2, "tcp-connect", "192.0.2.1:80", NO_ADDRESS),
    row("tcp", P2, "tcp-connect", "[2001:db8::1]:80", NO_ADDRESS),
    row("tcp", P2, "tcp-listen", "127.0.0.1:0", NO_ADDRESS),
    row("tcp", P2, "tcp-listen", "0.0.0.0:0", NO_ADDRESS),
    row("tcp", P2, "tcp-listen", "[::]:0", NO_ADDRESS),
    row("tcp", P3, "tcp-connect", "", NO_ADDRESS),
    row("tcp", P3, "tcp-listen", "", NO_ADDRESS),
    row("udp", P2, "udp-send", "{udp}", NO_ADDRESS),
    row("udp", P2, "udp-send", "[::1]:53", NO_ADDRESS),
    row("udp", P2, "udp-send", "8.8.8.8:53", NO_ADDRESS),
    row("udp", P3, "udp-send", "", NO_ADDRESS),
    row("http", P2, "http", "{tcp}", NO_REQUEST),
    row("http", P2, "http", "example.com", NO_REQUEST),
    row("http", P2, "http", "169.254.169.254", NO_REQUEST),
    row("http", P3, "http", "{tcp}", NO_REQUEST),
    row("http", P3, "http", "example.com", NO_REQUEST),
    row("clock", P2, "clock", "", Harmless("allowed true")),
    row("random", P2, "random", "", Harmless("allowed 8")),
    row("exit", P2, "exit", "", Exit(1)),
];

/// Interfaces that reach nothing outside of the guest's own instance, whatever is called.
pub(super) const HARMLESS: &[&str] = &[
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/types",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/system-clock",
    "wasi:clocks/types",
    "wasi:clocks/wall-clock",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure-seed",
    "wasi:random/insecure",
    "wasi:random/random",
];

/// Interfaces that could reach something, and the capabilities whose rows show that they do not.
pub(super) const PRIVILEGED: &[(&str, &str)] = &[
    ("wasi:cli/environment", "environment"),
    ("wasi:cli/stdin", "input"),
    ("wasi:filesystem/types", "files"),
    ("wasi:filesystem/preopens", "files"),
    ("wasi:http/client", "http"),
    ("wasi:http/outgoing-handler", "http"),
    ("wasi:sockets/instance-network", "tcp"),
    ("wasi:sockets/ip-name-lookup", "names"),
    ("wasi:sockets/network", "tcp"),
    ("wasi:sockets/tcp", "tcp"),
    ("wasi:sockets/tcp-create-socket", "tcp"),
    ("wasi:sockets/types", "tcp"),
    ("wasi:sockets/udp", "udp"),
    ("wasi:sockets/udp-create-socket", "udp"),
];
