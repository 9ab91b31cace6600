//! The flags of `warp run`; runs nothing.

use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use warpgrid_host::instance::Folder;

/// Run a component: a command of WASI 0.2 or 0.3, a Preview 1 module, or an HTTP service.
///
/// A command gets standard input, output and error, its arguments, and what warp.toml and the flags grant;
/// nothing else. A service is served on `--listen` until SIGTERM or Ctrl-C; what it writes to its standard
/// streams becomes log lines.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code of a command: that of the guest; 134 when the guest trapped or reached a limit; 125 when it could not be run.
Exit code of a service: 0 when all open requests were answered; 1 when some were cut; 125 when it could not be served.

Signals: SIGTERM, Ctrl-C and SIGHUP reach guests that asked for them. A service is drained by SIGTERM and Ctrl-C: it takes no new requests and ends when the open ones are answered; a second one ends it at once.

Examples:
  warp run hello.wasm
  warp run --config warp.toml users.wasm -- --verbose
  warp run --explain --config warp.toml users.wasm
  warp run --env LANG=C --dir ./data::/data import.wasm /data/users.csv
  warp run --listen 127.0.0.1:8080 --metrics-listen 127.0.0.1:9090 service.wasm")]
pub(crate) struct RunArgs {
    /// The component or module.
    pub(super) component: PathBuf,
    /// The configuration; `warp.toml` in the current folder is not read by itself.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Read the configuration again when it changes: names come into force, other changes are reported.
    #[arg(long, requires = "config")]
    pub(super) watch_config: bool,
    /// Set a variable of the guest's environment; it wins over the configuration.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(super) env: Vec<(String, String)>,
    /// Let the guest see a folder of the host, to read and write. Without `::GUEST` the path is the same.
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = parse_folder)]
    pub(super) dir: Vec<Folder>,
    /// Where a service listens; port 0 takes a free one. [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<SocketAddr>,
    /// Where `/metrics` and `/healthz` of a service are answered. [default: nowhere]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) metrics_listen: Option<SocketAddr>,
    /// Say what the guest is, what it needs and what it is granted, and run nothing. The exit code is 1 when
    /// something that it needs is missing.
    #[arg(long)]
    pub(super) explain: bool,
    /// As JSON on standard output: the start and the end of a service, one object each, or what `--explain`
    /// says.
    #[arg(long)]
    pub(super) json: bool,
    /// Compile the component even if its compiled code was kept, and keep none. It is kept in
    /// `$XDG_CACHE_HOME/warpgrid/compiled`.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// The guest's arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) arguments: Vec<String>,
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn parse_folder(text: &str) -> Result<Folder, String> {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    if host.is_empty() || guest.is_empty() {
        return Err("expected HOST or HOST::GUEST".to_owned());
    }
    Ok(Folder { host: host.into(), guest: guest.to_owned(), read_only: false })
}
