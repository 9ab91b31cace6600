//! A running `warp proxy` in front of PostgreSQL; knows no measurement.

use crate::lab::{Lab, SESSIONS};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

pub(super) struct Proxy {
    child: Child,
    warp: PathBuf,
    config: PathBuf,
    /// Kept open: whoever prints into a closed pipe ends.
    _events: BufReader<ChildStdout>,
    pub(super) port: u16,
}

impl Proxy {
    /// Starts it and waits until it listens. Clients log in by SCRAM, as PgBouncer's do.
    pub(super) fn start(lab: &Lab) -> Self {
        let server = &lab.postgres;
        let secret = lab.write("proxy.password", &server.password("app"));
        let text = format!(
            "[bindings.db]\nprotocol = 'postgres'\naddress = '127.0.0.1:{}'\nuser = 'app'\ndatabase = 'app'\n\
             password = {{ file = '{secret}' }}\nguest = {{ user = 'app', password = {{ file = '{secret}' }} }}\n\
             tls = {{ mode = 'disable' }}\npool = {{ size = {SESSIONS} }}\n\
             [listeners.tcp]\nbinding = 'db'\naddress = '127.0.0.1:0'\n",
            server.port(),
            secret = secret.display(),
        );
        let config = lab.write("proxy.toml", &text);
        let mut child = Command::new(&lab.warp)
            .args(["proxy", "--json", "--config"])
            .arg(&config)
            .current_dir(lab.folder())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut events = BufReader::new(child.stdout.take().unwrap());
        events.read_line(&mut line).unwrap();
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        let port = event["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        Self { child, warp: lab.warp.clone(), config, _events: events, port: port.unwrap() }
    }

    /// What `warp proxy status` says of the pool.
    pub(super) fn status(&self) -> serde_json::Value {
        let output = Command::new(&self.warp)
            .args(["proxy", "status", "--json", "--config"])
            .arg(&self.config)
            .output()
            .unwrap();
        let whole: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        whole["pools"][0].clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
