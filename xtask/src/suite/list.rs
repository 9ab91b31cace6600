//! The one list of suites; adding a suite is a file and a row here.
use super::{
    SuiteContext, driver_matrix, first_guest, host_suites, libc, lint, no_std, pool_suites, repro,
    robustness, rust_tests, series, sysroot, third_party,
};
use crate::report::SuiteReport;

/// A suite of `cargo xtask ci`.
pub struct Suite {
    /// Name as `--only` takes it.
    pub name: &'static str,
    /// One line for `--list`.
    pub about: &'static str,
    /// Whether `--quick` runs it.
    pub quick: bool,
    /// Whether it needs a built SDK.
    pub needs_sdk: bool,
    /// Runs it.
    pub run: fn(&SuiteContext<'_>) -> anyhow::Result<SuiteReport>,
}

/// Every suite in the order they run: cheap and telling ones first.
pub const SUITES: &[Suite] = &[
    Suite {
        name: "tidy",
        about: "rules of the tree that the compiler does not check",
        quick: true,
        needs_sdk: false,
        run: lint::tidy,
    },
    Suite {
        name: "lint",
        about: "rustfmt and clippy, warnings are errors",
        quick: true,
        needs_sdk: false,
        run: lint::lint,
    },
    Suite {
        name: "unit",
        about: "tests of the build driver, with the snapshots of the plan",
        quick: true,
        needs_sdk: false,
        run: rust_tests::unit,
    },
    Suite {
        name: "series",
        about: "patch series: tooling on made-up repositories, and every fork's series",
        quick: true,
        needs_sdk: false,
        run: series::run,
    },
    Suite {
        name: "no-std",
        about: "the pure core of the host builds without std",
        quick: true,
        needs_sdk: false,
        run: no_std::run,
    },
    Suite {
        name: "pool",
        about: "the pool of database sessions, its wire protocols against real servers",
        quick: false,
        needs_sdk: false,
        run: pool_suites::rest,
    },
    Suite {
        name: "sim",
        about: "the pool simulated from seeds, under a clock that does not run (`--full`: 10,000 seeds)",
        quick: false,
        needs_sdk: false,
        run: |context| pool_suites::named(context, "sim"),
    },
    Suite {
        name: "tls-table",
        about: "whom the pool trusts: certificates, names, dates, versions",
        quick: false,
        needs_sdk: false,
        run: |context| pool_suites::named(context, "tls-table"),
    },
    Suite {
        name: "host",
        about: "tests of the host crates and of `warp` that no suite below has",
        quick: false,
        needs_sdk: false,
        run: host_suites::rest,
    },
    Suite {
        name: "dns",
        about: "names: registry, hosts file, resolver, cache, from guests",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "dns"),
    },
    Suite {
        name: "files",
        about: "virtual files, mounts and their rules, from guests",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "files"),
    },
    Suite {
        name: "sockets",
        about: "the network policy and connections of guests",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "sockets"),
    },
    Suite {
        name: "http",
        about: "serving guests over HTTP, and what they send out",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "http"),
    },
    Suite {
        name: "signals",
        about: "signals of the host, delivered to guests",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "signals"),
    },
    Suite {
        name: "threading",
        about: "what guests declare about threads",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "threading"),
    },
    Suite {
        name: "config",
        about: "`warp.toml`: every key, and what is said about wrong ones",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "config"),
    },
    Suite {
        name: "limits",
        about: "every limit against a guest that tries to pass it",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "limits"),
    },
    Suite {
        name: "deny-matrix",
        about: "what is not granted is refused, at every door",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "deny-matrix"),
    },
    Suite {
        name: "ssrf",
        about: "addresses that a guest must not reach, in all spellings",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "ssrf"),
    },
    Suite {
        name: "vfs-fuzz",
        about: "made-up paths against the kernel's own rules (`--full`: a million)",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "vfs-fuzz"),
    },
    Suite {
        name: "guests-rust",
        about: "Rust programs built with plain cargo, and with the SDK's environment",
        quick: false,
        needs_sdk: true,
        run: |context| host_suites::named(context, "guests-rust"),
    },
    Suite {
        name: "guests-go",
        about: "Go programs built with the stock toolchain",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "guests-go"),
    },
    Suite {
        name: "guests-db",
        about: "Rust and C programs with unmodified drivers against real databases",
        quick: false,
        needs_sdk: true,
        run: |context| host_suites::named(context, "guests-db"),
    },
    Suite {
        name: "warp-proxy",
        about: "`warp proxy` between native clients and real databases",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "warp-proxy"),
    },
    Suite {
        name: "embed",
        about: "the crate as another program uses it",
        quick: false,
        needs_sdk: false,
        run: |context| host_suites::named(context, "embed"),
    },
    Suite {
        name: "driver-matrix",
        about: "stock drivers of PostgreSQL, MySQL and Redis against real servers, directly and through `warp proxy`",
        quick: false,
        needs_sdk: false,
        run: driver_matrix::run,
    },
    Suite {
        name: "sysroot",
        about: "symbols, descriptor audit, archive size, C and C++, import rules, the source road",
        quick: false,
        needs_sdk: true,
        run: sysroot::run,
    },
    Suite {
        name: "libc",
        about: "tests/libc/*.c on the host, both targets and both variants",
        quick: false,
        needs_sdk: true,
        run: libc::run,
    },
    Suite {
        name: "third-party",
        about: "SQLite, zlib and Mbed TLS in the sandbox against the same code built natively",
        quick: false,
        needs_sdk: true,
        run: third_party::run,
    },
    Suite {
        name: "first-guest",
        about: "the README's tour from an unpacked tarball, and bad input",
        quick: false,
        needs_sdk: true,
        run: first_guest::run,
    },
    Suite {
        name: "robustness",
        about: "kill -9, a full disk and two builds at once lose nothing",
        quick: false,
        needs_sdk: true,
        run: robustness::run,
    },
    Suite {
        name: "repro",
        about: "the same inputs give the same bytes over path, user, umask, zone, locale, jobs, cache and clock",
        quick: false,
        needs_sdk: true,
        run: repro::run,
    },
];
