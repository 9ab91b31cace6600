//! What runs, as a file and as text: without passwords, which are in a file of their own. Starts nothing.
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use warpgrid_test_services::Server;

use super::clients::quoted;
use super::started::Started;

/// Name of the file of passwords in the folder of the state.
const VARIABLES: &str = "environment.sh";

/// Writes both files; the one that others wait for is last and arrives as a whole.
pub(super) fn write(state: &Path, started: &Started, variables: &[(String, String)]) -> anyhow::Result<()> {
    let mut text = String::from("# Read by `.`; holds passwords.\n");
    for (name, value) in variables {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "export {name}={}", quoted(value));
    }
    let _ = writeln!(text, "export PATH={}:\"$PATH\"", quoted(&state.join("bin").to_string_lossy()));
    let path = state.join(VARIABLES);
    // A file that others could read keeps its mode: it is made anew.
    let _ = std::fs::remove_file(&path);
    let mut file = std::fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("writing `{}`", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("writing `{}`", path.display()))?;

    let servers: Vec<Value> = started.servers.iter().map(describe).collect();
    let value = json!({
        "process": std::process::id(),
        "servers": servers,
        "skipped": started.missing,
        "environment": path,
        "programs": state.join("bin"),
    });
    let draft = state.join("state.json.new");
    let text = serde_json::to_string_pretty(&value).context("writing the state")?;
    std::fs::write(&draft, text).with_context(|| format!("writing `{}`", draft.display()))?;
    let path = state.join("state.json");
    std::fs::rename(&draft, &path).with_context(|| format!("writing `{}`", path.display()))
}

/// What a living `serve` wrote.
pub(super) fn read(state: &Path) -> anyhow::Result<Value> {
    let path = state.join("state.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading `{}`", path.display()))
}

/// Removes what tells that something runs.
pub(super) fn remove(state: &Path) {
    for name in ["state.json", VARIABLES] {
        // What is not there need not be removed.
        let _ = std::fs::remove_file(state.join(name));
    }
}

/// Prints it for people, or as it is.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) fn print(value: &Value, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(value).context("writing the state")?);
        return Ok(());
    }
    let Some(servers) = value["servers"].as_array() else { bail!("the state names no servers") };
    for server in servers {
        let text = |name: &str| server[name].as_str().unwrap_or_default().to_owned();
        println!("{:9} {}", text("name"), text("address"));
        println!("{:9} socket {}", "", text("socket"));
        println!("{:9} log    {}", "", text("log"));
    }
    if let Some(reason) = value["skipped"].as_str() {
        println!("{reason}");
    }
    let file = value["environment"].as_str().unwrap_or_default();
    println!("passwords, variables and client programs: . {file}");
    Ok(())
}

fn describe(server: &Server) -> Value {
    let password = server.password("app");
    json!({
        "name": server.kind().as_str(),
        "address": server.address("app").replace(&format!(":{password}@"), "@"),
        "port": server.port(),
        "tls_port": server.tls_port(),
        "socket": server.socket_path(),
        "ca": server.ca_pem_path(),
        "log": server.log_path(),
        "process": server.pid(),
        "users": server.users().collect::<Vec<_>>(),
    })
}
