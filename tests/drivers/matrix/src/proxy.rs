//! `warp proxy` in front of the servers: its configuration, its start and its end. Knows no driver.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use warpgrid_test_services::{ProductKind, Server, TlsCertificate};

use crate::door::Door;
use crate::lab::{Entrance, Pair};

/// The user that programs have to be; the servers know none of that name.
const GUEST: &str = "driver";
/// The password that programs have to give; no server has it.
const GUEST_PASSWORD: &str = "of the programs alone";
/// Sessions of a binding.
const SESSIONS: u32 = 20;
/// How long it may take to start, and to end.
const LIMIT: Duration = Duration::from_secs(60);

/// A running `warp proxy`.
pub(crate) struct Proxy {
    child: Child,
    listeners: BTreeMap<String, Value>,
    messages: PathBuf,
}

impl Proxy {
    /// Writes a configuration for all servers and starts it.
    ///
    /// # Errors
    /// When it does not start: with what it says.
    pub(crate) fn start(warp: &Path, pairs: &[Pair], scratch: &Path) -> anyhow::Result<Self> {
        let folder = scratch.join("proxy");
        std::fs::create_dir(&folder).with_context(|| format!("creating `{}`", folder.display()))?;
        let mut text = String::new();
        for pair in pairs {
            for (server, name) in [(&pair.calm, name(pair.kind)), (&pair.restarting, restarting(pair.kind))] {
                write_file(&folder.join(format!("{name}.password")), &server.password("app"))?;
                text.push_str(&binding(server, &name));
                text.push_str(&listeners(server, &name, &folder)?);
            }
        }
        write_file(&folder.join("guest.password"), GUEST_PASSWORD)?;
        let config = folder.join("warp.toml");
        write_file(&config, &text)?;
        let messages = folder.join("messages");
        let log = File::create(&messages).with_context(|| format!("creating `{}`", messages.display()))?;
        let mut child = Command::new(warp)
            .args(["proxy", "--json", "--config"])
            .arg(&config)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting `{}`", warp.display()))?;
        let events = child.stdout.take().map(events).context("the proxy has no output")?;
        let mut proxy = Self { child, listeners: BTreeMap::new(), messages };
        proxy.wait_until_ready(&events)?;
        Ok(proxy)
    }

    fn wait_until_ready(&mut self, events: &Receiver<Value>) -> anyhow::Result<()> {
        let end = Instant::now() + LIMIT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let event = events
                .recv_timeout(left)
                .map_err(|_| anyhow!("`warp proxy` did not start: {}", self.said()))?;
            match event["event"].as_str() {
                Some("ready") => return Ok(()),
                Some("listening") => {
                    let name = event["listener"].as_str().context("a listener without a name")?.to_owned();
                    self.listeners.insert(name, event);
                }
                _ => bail!("`warp proxy` printed {event}"),
            }
        }
    }

    /// What it wrote to standard error.
    fn said(&self) -> String {
        std::fs::read_to_string(&self.messages).unwrap_or_default()
    }

    /// The doors to both servers of a product.
    ///
    /// # Errors
    /// When a listener is missing.
    pub(crate) fn entrance(&self, pair: &Pair) -> anyhow::Result<Entrance> {
        Ok(Entrance {
            kind: pair.kind,
            calm: self.door(&pair.calm, &name(pair.kind))?,
            restarting: self.door(&pair.restarting, &restarting(pair.kind))?,
            restart: pair.restart.clone(),
        })
    }

    fn door(&self, server: &Server, name: &str) -> anyhow::Result<Door> {
        let listener = |name: &str| {
            self.listeners.get(name).with_context(|| format!("`warp proxy` has no listener `{name}`"))
        };
        let port = |name: &str| {
            let port = listener(name)?["port"].as_u64().and_then(|port| u16::try_from(port).ok());
            port.with_context(|| format!("the listener `{name}` has no port"))
        };
        let socket = listener(&format!("{name}-socket"))?["socket"].as_str();
        let of_server = Door::of_server(server);
        Ok(Door {
            port: port(name)?,
            tls_port: port(&format!("{name}-tls"))?,
            socket: Some(socket.context("the Unix listener has no path")?.into()),
            user: GUEST.to_owned(),
            password: GUEST_PASSWORD.to_owned(),
            always_tls: false,
            pools: true,
            ..of_server
        })
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// When it ended before, or does not end well.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait().context("waiting for the proxy")? {
            bail!("`warp proxy` ended early with {status}: {}", self.said());
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no process id")?;
        kill_process(pid, Signal::TERM).context("ending the proxy")?;
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().context("waiting for the proxy")? {
                if status.success() {
                    return Ok(());
                }
                bail!("`warp proxy` ended with {status}: {}", self.said());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("`warp proxy` did not end within {} s: {}", LIMIT.as_secs(), self.said())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // When it runs still, something else failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines that it prints, as they come.
fn events(output: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens when it runs; its output is read to the end all the same.
            let _ = sender.send(serde_json::from_str(&line).unwrap_or(Value::String(line)));
        }
    });
    receiver
}

fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing `{}`", path.display()))
}

fn name(kind: ProductKind) -> String {
    kind.as_str().to_owned()
}

fn restarting(kind: ProductKind) -> String {
    format!("{}-restarting", kind.as_str())
}

/// A path as a TOML text.
fn quoted(path: &Path) -> String {
    Value::String(path.display().to_string()).to_string()
}

/// Encrypted to the server, with a login that programs do not know.
fn binding(server: &Server, name: &str) -> String {
    let (protocol, database) = match server.kind() {
        ProductKind::Mariadb | ProductKind::Mysql => ("mysql", "database = \"app\"\n"),
        ProductKind::Redis => ("redis", ""),
        ProductKind::Postgres | ProductKind::Pgbouncer => ("postgres", "database = \"app\"\n"),
    };
    format!(
        "[bindings.{name}]\nprotocol = \"{protocol}\"\naddress = \"127.0.0.1:{}\"\nuser = \"app\"\n{database}\
         password = {{ file = \"{name}.password\" }}\n\
         guest = {{ user = \"{GUEST}\", password = {{ file = \"guest.password\" }} }}\n\
         tls = {{ mode = \"verify-full\", ca = {} }}\npool = {{ size = {SESSIONS} }}\n\n",
        server.tls_port(),
        quoted(&server.ca_pem_path()),
    )
}

/// Without and with encryption, and a Unix socket with the name that drivers of PostgreSQL expect.
fn listeners(server: &Server, name: &str, folder: &Path) -> anyhow::Result<String> {
    let sockets = folder.join(name);
    std::fs::create_dir(&sockets).with_context(|| format!("creating `{}`", sockets.display()))?;
    let certificates = server.certificates();
    let mut text = format!("[listeners.{name}]\nbinding = \"{name}\"\naddress = \"127.0.0.1:0\"\n\n");
    let _ = write!(
        text,
        "[listeners.{name}-tls]\nbinding = \"{name}\"\naddress = \"127.0.0.1:0\"\n\
         tls = {{ certificate = {}, key = {}, required = true }}\n\n\
         [listeners.{name}-socket]\nbinding = \"{name}\"\nsocket = {}\n\n",
        quoted(&certificates.certificate_pem_path(TlsCertificate::Good)),
        quoted(&certificates.key_pem_path(TlsCertificate::Good)),
        quoted(&sockets.join(".s.PGSQL.6432")),
    );
    Ok(text)
}
