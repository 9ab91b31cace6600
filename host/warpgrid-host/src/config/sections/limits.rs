//! `[limits]`: what one instance may grow; counts nothing.

use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use crate::config::values::{Count, Seconds, Size};
use std::time::Duration;
use warpgrid_grants::limits::GuestLimits;

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["limits"],
        "table",
        "",
        "What one instance may make the host hold, and how many instances there may be.",
    ),
    key(
        &["limits", "instances"],
        "whole number",
        "`100`",
        "Instances of an HTTP service that may exist at the same time. Requests beyond them wait.",
    ),
    key(
        &["limits", "memory"],
        "size",
        "`\"128MiB\"`",
        "Linear memory, all memories together; from 64 KiB, one page, to 4 GiB. More is refused to the guest, whose allocation fails.",
    ),
    key(&["limits", "table-elements"], "whole number", "`100000`", "Elements of all tables together."),
    key(
        &["limits", "handles"],
        "whole number",
        "`10000`",
        "Handles that the guest may hold at the same time: files, sockets, streams, pollables, tasks. One more ends the guest.",
    ),
    key(
        &["limits", "call-size"],
        "size",
        "`\"16MiB\"`",
        "What one call may carry from the guest to the host, and how many random bytes it may ask for; more ends the guest.",
    ),
    key(&["limits", "header-size"], "size", "`\"128KiB\"`", "The headers of one HTTP message of the guest."),
    key(
        &["limits", "open-files"],
        "whole number",
        "`1024`",
        "Files and folders, real or virtual, that may be open at the same time.",
    ),
    key(&["limits", "sockets"], "whole number", "`1024`", "Sockets that may be open at the same time."),
    key(
        &["limits", "database-sessions"],
        "whole number",
        "`100`",
        "Connections to databases that may be open at the same time.",
    ),
    key(
        &["limits", "lookups"],
        "whole number",
        "`64`",
        "Look-ups of names that may be under way at the same time.",
    ),
    key(
        &["limits", "read-size"],
        "size",
        "`\"1MiB\"`",
        "What one read, one receive or one read of a whole virtual file carries.",
    ),
    key(
        &["limits", "device-size"],
        "size",
        "`256`",
        "What a read of a whole endless device, such as `/dev/urandom`, gives.",
    ),
    key(
        &["limits", "listed-names"],
        "whole number",
        "`65536`",
        "Names listed of one folder. All listings that a guest holds open have room for four times as many.",
    ),
    key(
        &["limits", "log-size"],
        "size",
        "`\"16MiB\"`",
        "Log lines that one instance of a service may write; more is dropped with one warning.",
    ),
    key(
        &["limits", "signals"],
        "whole number",
        "`16`",
        "Signals that wait for the guest; one more drops the oldest.",
    ),
    key(
        &["limits", "cpu-seconds"],
        "seconds",
        "no limit",
        "Time on the processor, of one run of a command or one request of a service.",
    ),
    key(
        &["limits", "request-seconds"],
        "seconds",
        "`30`",
        "Time for one request of an HTTP service, from its arrival to the end of the answer.",
    ),
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawLimits {
    instances: Option<Count>,
    memory: Option<Size>,
    table_elements: Option<Count>,
    handles: Option<Count>,
    call_size: Option<Size>,
    header_size: Option<Size>,
    open_files: Option<Count>,
    sockets: Option<Count>,
    database_sessions: Option<Count>,
    lookups: Option<Count>,
    read_size: Option<Size>,
    device_size: Option<Size>,
    listed_names: Option<Count>,
    log_size: Option<Size>,
    signals: Option<Count>,
    cpu_seconds: Option<Seconds>,
    request_seconds: Option<Seconds>,
}

/// The limits of an instance. `instances` is replaced if the file says something.
pub(in crate::config) fn read(
    reader: &Reader<'_>,
    raw: RawLimits,
    instances: &mut usize,
) -> Result<GuestLimits, ConfigError> {
    const MANY: usize = 1_000_000;
    const KIB: usize = 1 << 10;
    const MIB: usize = 1 << 20;
    const GIB: usize = 1 << 30;
    let table = reader.table(&["limits"]);
    let mut limits = GuestLimits::default();
    table.count("instances", raw.instances, 1..=100_000, instances)?;
    table.size("memory", raw.memory, 64 * KIB..=4 * GIB, &mut limits.memory_bytes)?;
    table.count("table-elements", raw.table_elements, 1..=10 * MANY, &mut limits.table_elements)?;
    // A guest without a few handles has no standard streams.
    table.count("handles", raw.handles, 16..=MANY, &mut limits.handles)?;
    table.size("call-size", raw.call_size, 64 * KIB..=GIB, &mut limits.call_bytes)?;
    table.size("header-size", raw.header_size, KIB..=16 * MIB, &mut limits.header_bytes)?;
    table.count("open-files", raw.open_files, 0..=MANY, &mut limits.open_files)?;
    table.count("sockets", raw.sockets, 0..=MANY, &mut limits.sockets)?;
    table.count("database-sessions", raw.database_sessions, 0..=MANY, &mut limits.database_sessions)?;
    table.count("lookups", raw.lookups, 0..=MANY, &mut limits.lookups)?;
    table.size("read-size", raw.read_size, KIB..=64 * MIB, &mut limits.read_bytes)?;
    table.size("device-size", raw.device_size, 0..=MIB, &mut limits.device_bytes)?;
    table.count("listed-names", raw.listed_names, 1..=MANY, &mut limits.listed_names)?;
    table.size("log-size", raw.log_size, 0..=64 * GIB, &mut limits.log_bytes)?;
    table.count("signals", raw.signals, 1..=1024, &mut limits.signals)?;
    if raw.cpu_seconds.is_some() {
        let mut cpu = Duration::ZERO;
        table.some_seconds("cpu-seconds", raw.cpu_seconds, &mut cpu)?;
        limits.cpu = Some(cpu);
    }
    table.some_seconds("request-seconds", raw.request_seconds, &mut limits.request)?;
    Ok(limits)
}
