//! Log lines on standard error, chosen by `RUST_LOG`; the default shows warnings and what services write.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use warpgrid_host::http::GUEST_TARGET;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// One line of text for each event.
    Text,
    /// One JSON object for each event.
    Json,
}

/// Starts logging for this process. `default` is for those who set no `RUST_LOG`.
pub(crate) fn start(format: LogFormat, default: &str) {
    let directives = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(&directives, default))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.without_time().with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
}

/// Thousands of lines about each compiled function: shown only to those who name the compiler.
const COMPILER: [&str; 5] =
    ["cranelift_codegen", "cranelift_frontend", "regalloc2", "wasmtime_internal_cranelift", "wasmtime"];

fn filter(directives: &str, default: &str) -> EnvFilter {
    let mut filter = match directives {
        "" => format!("{default},{GUEST_TARGET}=info"),
        directives => directives.to_owned(),
    };
    if !COMPILER.iter().any(|name| directives.contains(name)) {
        for name in COMPILER {
            filter.push_str(&format!(",{name}=warn"));
        }
    }
    EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("warn"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_is_quiet_unless_it_is_named() {
        assert!(filter("debug", "warn").to_string().contains("cranelift_codegen=warn"));
        assert_eq!(filter("cranelift_codegen=trace", "warn").to_string(), "cranelift_codegen=trace");
        assert!(filter("", "warn").to_string().contains("guest=info"));
        assert!(filter("not a = filter", "warn").to_string().contains("warn"));
    }
}
