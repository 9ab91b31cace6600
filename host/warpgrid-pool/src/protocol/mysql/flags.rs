//! Which capability flags are agreed with whom; reads no bytes.
//!
//! Source: the protocol chapter "Capabilities Flags" of MySQL, and "Connecting" of MariaDB's.

use mysql_common::constants::CapabilityFlags as Flag;

/// Without these nobody speaks the protocol that is known here (4.1 and later).
pub(super) const REQUIRED: u32 = Flag::CLIENT_PROTOCOL_41.bits() | Flag::CLIENT_SECURE_CONNECTION.bits();

/// What changes how a session behaves, and what is known of it: these are agreed with the guest and become a part of
/// the session's key. Missing by intent: compression; query attributes (they move the text of a query); optional
/// metadata (answers without column definitions); progress reports; expired passwords; `CLIENT_INTERACTIVE` (the
/// server forgets it at a reset, and the pool has its own time-outs); what MariaDB calls extended capabilities.
pub(super) const SESSION: u32 = Flag::CLIENT_FOUND_ROWS.bits()
    | Flag::CLIENT_NO_SCHEMA.bits()
    | Flag::CLIENT_LOCAL_FILES.bits()
    | Flag::CLIENT_IGNORE_SPACE.bits()
    | Flag::CLIENT_MULTI_STATEMENTS.bits()
    | Flag::CLIENT_MULTI_RESULTS.bits()
    | Flag::CLIENT_PS_MULTI_RESULTS.bits()
    | Flag::CLIENT_SESSION_TRACK.bits()
    | Flag::CLIENT_DEPRECATE_EOF.bits();

/// What a session has when no guest asked for anything: the host's own logins.
pub(super) const PLAIN: u32 = Flag::CLIENT_MULTI_RESULTS.bits()
    | Flag::CLIENT_PS_MULTI_RESULTS.bits()
    | Flag::CLIENT_DEPRECATE_EOF.bits();

/// What concerns only the login, or is always so.
const LOGIN: u32 = REQUIRED
    | Flag::CLIENT_LONG_PASSWORD.bits()
    | Flag::CLIENT_LONG_FLAG.bits()
    | Flag::CLIENT_TRANSACTIONS.bits()
    | Flag::CLIENT_PLUGIN_AUTH.bits()
    | Flag::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA.bits()
    | Flag::CLIENT_CONNECT_ATTRS.bits();

/// `utf8mb4_general_ci`, which every server since 5.5.3 has: the character set when nobody named one.
pub(super) const CHARACTER_SET: u8 = 45;

/// What the host offers a guest in the place of a server that offers `offered`.
pub(super) fn offer(offered: u32, tls: bool) -> u32 {
    let session = offered & SESSION;
    let login = LOGIN | Flag::CLIENT_CONNECT_WITH_DB.bits();
    session | login | if tls { Flag::CLIENT_SSL.bits() } else { 0 }
}

/// What the host answers a server: the login's own flags as far as the server has them, and `session`.
pub(super) fn answer(offered: u32, session: u32, database: bool, tls: bool) -> Flag {
    let login = (LOGIN & offered) | REQUIRED | Flag::CLIENT_LONG_PASSWORD.bits();
    let mut flags = Flag::from_bits_retain(login | session);
    flags.set(Flag::CLIENT_CONNECT_WITH_DB, database);
    flags.set(Flag::CLIENT_SSL, tls);
    flags
}

/// Whether `flag` is among `flags`.
pub(super) fn has(flags: u32, flag: Flag) -> bool {
    flags & flag.bits() != 0
}
