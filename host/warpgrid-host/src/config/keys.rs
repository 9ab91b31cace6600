//! Every key of `warp.toml`: the one list that the check, the suggestions and the reference page use.

/// Whether this version knows what to do with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// It does.
    Now,
    /// It does not: the key is an error that says so.
    Later,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The names from the top of the file; `*` stands for a name that the user chooses.
    pub(super) path: &'static [&'static str],
    /// What stands behind it.
    pub(super) shape: &'static str,
    /// What holds when it is absent.
    pub(super) default: &'static str,
    /// What it does.
    pub(super) meaning: &'static str,
    pub(super) since: Since,
}

const fn now(
    path: &'static [&'static str],
    shape: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key { path, shape, default, meaning, since: Since::Now }
}

const fn later(path: &'static [&'static str], meaning: &'static str) -> Key {
    Key { path, shape: "table", default: "", meaning, since: Since::Later }
}

/// The list, in the order of the reference page.
pub(super) const KEYS: &[Key] = &[
    now(&["package"], "table", "", "What the application is called."),
    now(
        &["package", "name"],
        "text",
        "the component's file name",
        "The application's name. The guest sees it in `/proc/self/comm` and as its first argument.",
    ),
    now(&["package", "version"], "text", "none", "The application's version. Kept for packing."),
    now(
        &["package", "language"],
        "text",
        "none",
        "The language the application is written in: `c`, `rust`, `go`, `js` or `bun`. Kept for packing.",
    ),
    now(
        &["command"],
        "empty table",
        "present",
        "The application is a command: it runs once and ends. The only kind in this version.",
    ),
    now(
        &["env"],
        "table",
        "empty",
        "The guest's environment, all of it: nothing of the host's environment is passed on by itself.",
    ),
    now(
        &["env", "*"],
        "text, or `{ from = \"VARIABLE\" }`",
        "",
        "The value, or the variable of the host's environment to take it from. A variable that is not set is an error.",
    ),
    now(&["env", "*", "from"], "text", "", "The variable of the host's environment."),
    now(&["files"], "table", "empty", "Folders of the host that the guest sees, by the guest's path."),
    now(&["files", "*"], "table", "", "One folder; the key is the absolute path that the guest sees."),
    now(
        &["files", "*", "host"],
        "text",
        "required",
        "Where the folder is on the host. A relative path starts at the folder of `warp.toml`.",
    ),
    now(&["files", "*", "read-only"], "true or false", "true", "Whether the guest may only read."),
    now(
        &["registry"],
        "table",
        "empty",
        "The service registry: names that the guest can resolve, with their addresses. They are also in `/etc/hosts`.",
    ),
    now(
        &["registry", "*"],
        "address, or list of addresses",
        "",
        "The addresses of one service, IPv4 or IPv6. Several take turns. A name with dots stands in quotes.",
    ),
    now(
        &["hosts"],
        "table",
        "empty",
        "Further lines of the virtual `/etc/hosts`, asked after the registry. `localhost` is always there.",
    ),
    now(&["hosts", "*"], "address, or list of addresses", "", "The addresses of one name."),
    now(
        &["shims"],
        "table",
        "all on but `database-proxy`",
        "What the host adds to WASI. A shim that is switched off is not linked: a guest that needs it does not start. An unknown shim is a warning.",
    ),
    now(
        &["shims", "filesystem"],
        "true, false or table",
        "true",
        "Virtual files: `/dev/null`, `/dev/urandom`, `/etc/hosts`, `/etc/resolv.conf`, `/proc/self/*`, `/usr/share/zoneinfo/**`.",
    ),
    now(
        &["shims", "filesystem", "nameservers"],
        "list of addresses",
        "`[\"127.0.0.1\"]`",
        "The servers that `/etc/resolv.conf` names.",
    ),
    now(
        &["shims", "filesystem", "time-zones"],
        "true or false",
        "true",
        "Whether `/usr/share/zoneinfo` is there.",
    ),
    now(
        &["shims", "filesystem", "local-time-zone"],
        "text",
        "none",
        "The zone that `/etc/localtime` is, such as `\"Europe/London\"`.",
    ),
    now(
        &["shims", "filesystem", "extra-virtual-paths"],
        "table",
        "empty",
        "Further virtual files, by absolute path.",
    ),
    now(&["shims", "filesystem", "extra-virtual-paths", "*"], "text", "", "The text of one virtual file."),
    now(
        &["shims", "dns"],
        "true, false or table",
        "true",
        "Names: the registry, then the virtual hosts file, then the system if it is granted.",
    ),
    now(
        &["shims", "dns", "ttl-seconds"],
        "whole number",
        "30",
        "How long an answer is served from the cache; 0 keeps none.",
    ),
    now(&["shims", "dns", "cache-entries"], "whole number", "1024", "How many names the cache keeps."),
    now(
        &["shims", "dns", "system"],
        "true or false",
        "false",
        "Whether a name that neither the registry nor the hosts file knows may be asked of the machine's own resolver.",
    ),
    now(
        &["shims", "signals"],
        "true or false",
        "true",
        "Life-cycle signals for guests that ask for them: `terminate`, `hangup`, `interrupt`.",
    ),
    now(
        &["shims", "sockets"],
        "true or false",
        "true",
        "TCP and UDP, to what `[network]` grants. Switched off, a guest has no network at all.",
    ),
    now(
        &["shims", "threading"],
        "true or false",
        "true",
        "The declaration of a threading model. A guest that requires parallel threads runs cooperatively, with a warning.",
    ),
    now(
        &["shims", "database-proxy"],
        "true or false",
        "false",
        "Pooled database sessions. This version has no host side for it: `true` is a warning.",
    ),
    later(&["http"], "An application that serves HTTP."),
    later(&["bindings"], "Databases that the guest can connect to."),
    later(&["network"], "Addresses that the guest may connect to. In this version it may connect to none."),
    later(&["limits"], "Memory, instances and time of a guest."),
    later(&["services"], "Other services of the application, callable by name."),
];

/// The key at a path, the user's own names matching `*`.
pub(super) fn find(path: &[&str]) -> Option<&'static Key> {
    let fits = |key: &&Key| {
        key.path.len() == path.len()
            && key.path.iter().zip(path).all(|(known, name)| *known == "*" || known == name)
    };
    KEYS.iter().find(fits)
}

/// The names that may stand below a path in this version, without those that the user chooses.
pub(super) fn names_below(path: &[&str]) -> Vec<&'static str> {
    let below = |key: &&Key| {
        key.since == Since::Now
            && key.path.len() == path.len() + 1
            && key.path.iter().zip(path).all(|(known, name)| *known == "*" || known == name)
    };
    KEYS.iter().filter(below).map(|key| key.path[path.len()]).filter(|name| *name != "*").collect()
}

/// The known name that is nearest to a misspelled one, if any is near.
pub(super) fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let distance = |known: &&str| strsim::damerau_levenshtein(&name.to_ascii_lowercase(), known);
    let nearest = known.iter().min_by_key(|known| distance(known))?;
    let near = distance(nearest) <= 1.max(nearest.len() / 3);
    near.then_some(*nearest)
}
