//! The flags of `warp proxy` and its commands; opens nothing.

use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Give native programs the pooled database sessions of warp.toml: psql, mysql, redis-cli and every driver
/// connect to the listeners as to the database itself.
///
/// The host logs in to the database with the credentials of `[bindings]`; the programs need none. Each
/// program has a session to itself until it disconnects; then the session is reset, and the next one gets it.
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = false)]
#[command(after_help = "\
Exit code: 0 when every session ended in its own time; 1 when some were cut, or `--check` found a database that it cannot use; 125 when warp could not do its work.

Signals: SIGTERM and Ctrl-C drain: nobody is let in any more, and a session ends when its answers are sent and no transaction is open; a second one ends everything at once. SIGHUP reads the configuration again.

A warp.toml with one database for PostgreSQL clients, by TCP and by a Unix socket:
  [bindings.db]
  protocol = \"postgres\"                        # or \"mysql\", \"redis\"
  address = \"db.example.com:5432\"
  user = \"app\"
  password = { env = \"DB_PASSWORD\" }           # or { file = \"db.password\" }
  database = \"app\"
  tls = { mode = \"verify-full\" }               # the default; \"verify-ca\", \"disable\"

  [listeners.tcp]
  binding = \"db\"
  address = \"127.0.0.1:6432\"                   # port 0 takes a free one

  [listeners.local]
  binding = \"db\"
  socket = \"/run/warp/.s.PGSQL.6432\"           # psql -h /run/warp -p 6432

With `--json` each listener is one line on standard output, as soon as programs can connect, and then comes one line `ready`:
  {\"event\":\"listening\",\"listener\":\"tcp\",\"binding\":\"db\",\"protocol\":\"postgres\",\"tenant\":\"tcp\",\"tls\":false,\"address\":\"127.0.0.1:6432\",\"host\":\"127.0.0.1\",\"port\":6432}
  {\"event\":\"listening\",\"listener\":\"local\",\"binding\":\"db\",\"protocol\":\"postgres\",\"tenant\":\"local\",\"tls\":false,\"socket\":\"/run/warp/.s.PGSQL.6432\"}
  {\"event\":\"ready\",\"listeners\":2,\"admin\":\"/etc/warp/warp-proxy.sock\",\"metrics\":null}

Examples:
  warp proxy --config warp.toml
  warp proxy --config warp.toml --check
  warp proxy --config warp.toml --metrics-listen 127.0.0.1:9090
  warp proxy status --config warp.toml
  warp proxy reload --config warp.toml
  warp proxy drain --admin /etc/warp/warp-proxy.sock
  psql -h 127.0.0.1 -p 6432 -U anyone app")]
pub(crate) struct ProxyArgs {
    /// The configuration with `[bindings]` and `[listeners]`.
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    /// The Unix socket through which `status`, `drain` and `reload` ask; only its owner may use it. [default:
    /// warp-proxy.sock beside the configuration]
    #[arg(long, value_name = "PATH", global = true)]
    pub(super) admin: Option<PathBuf>,
    /// As JSON on standard output, one object a line.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Where `/metrics` and `/healthz` are answered. [default: nowhere]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) metrics_listen: Option<SocketAddr>,
    /// Read the configuration, log in once to each database, say what is wrong, and serve nobody.
    #[arg(long)]
    pub(super) check: bool,
    #[command(subcommand)]
    pub(super) command: Option<ProxyCommand>,
}

impl ProxyArgs {
    /// Whether it only checks.
    pub(crate) fn is_check(&self) -> bool {
        self.check
    }
}

/// What can be asked of a proxy that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(super) enum ProxyCommand {
    /// Show the pools and the listeners of the proxy that runs.
    Status,
    /// End the proxy that runs, once every session is at rest; print what was cut.
    Drain,
    /// Let the proxy that runs read its configuration again. A wrong file changes nothing.
    Reload,
}
