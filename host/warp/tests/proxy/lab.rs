//! A configuration in a folder of its own, and a proxy that reads it; knows no protocol.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use warpgrid_test_services::{ClientProgram, Server, Services};

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// The unpacked servers.
pub(crate) fn services() -> Services {
    Services::from_environment().unwrap()
}

/// A folder with `warp.toml` and what belongs to it.
pub(crate) struct Folder {
    folder: TempDir,
    config: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), config: String::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Lines of `warp.toml`.
    pub(crate) fn lines(mut self, text: &str) -> Self {
        self.config.push_str(text);
        self.config.push('\n');
        self
    }

    /// A binding in plain text, unless `more` has a `tls`, for the server's user `app` and its database `app`.
    pub(crate) fn binding(self, name: &str, server: &Server, more: &str) -> Self {
        let protocol = match server.kind().as_str() {
            "mariadb" | "mysql" => "mysql",
            other => other,
        };
        let database = if protocol == "redis" { "" } else { "database = 'app'" };
        let port =
            if protocol == "redis" && more.contains("tls") { server.tls_port() } else { server.port() };
        self.write(&format!("{name}.password"), &server.password("app"));
        self.binding_to(name, protocol, port, &format!("{database}\n{more}"))
    }

    /// A binding to whatever is at that port, whose password is in `NAME.password`.
    pub(crate) fn binding_to(self, name: &str, protocol: &str, port: u16, more: &str) -> Self {
        let tls = if more.contains("tls") { "" } else { "tls = { mode = 'disable' }\n" };
        self.lines(&format!(
            "[bindings.{name}]\nprotocol = '{protocol}'\naddress = '{name}.warp.local:1'\n\
             server = '127.0.0.1:{port}'\nuser = 'app'\npassword = {{ file = '{name}.password' }}\n{tls}{more}"
        ))
    }

    /// A listener of the same name at a free port.
    pub(crate) fn listener(self, name: &str, more: &str) -> Self {
        let lines = format!("[listeners.{name}]\nbinding = '{name}'\naddress = '127.0.0.1:0'\n{more}");
        self.lines(&lines)
    }

    /// Writes `warp.toml`.
    pub(crate) fn save(&self) {
        self.write("warp.toml", &self.config);
    }

    /// The text of `warp.toml` as it is put together here.
    pub(crate) fn config(&self) -> &str {
        &self.config
    }

    /// `warp proxy` with this configuration.
    pub(crate) fn warp(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warp"));
        command.arg("proxy").arg("--config").arg(self.path("warp.toml")).args(arguments);
        command.env_remove("RUST_LOG").stdin(Stdio::null());
        command
    }

    /// `warp proxy` until its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(self.warp(arguments).output().unwrap())
    }

    /// Saves the configuration and starts a proxy with it.
    pub(crate) fn start(self) -> Proxy {
        self.start_with(&[])
    }

    /// Starts a proxy with the configuration as it lies there.
    pub(crate) fn start_again(self) -> Proxy {
        Proxy::start(self, &[])
    }

    pub(crate) fn start_with(self, arguments: &[&str]) -> Proxy {
        self.save();
        Proxy::start(self, arguments)
    }
}

/// What a program said, and whether it succeeded.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Said {
    /// What it said, having succeeded.
    #[track_caller]
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Its complaint, having failed.
    #[track_caller]
    pub(crate) fn badly(self) -> String {
        assert_ne!(self.code, Some(0), "{self:?}");
        // redis-cli complains on its standard output.
        self.error + &self.out
    }
}

fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end().to_owned();
    Said { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

/// A running `warp proxy --json`, killed if the test fails.
pub(crate) struct Proxy {
    pub(crate) folder: Folder,
    child: Child,
    out: Receiver<String>,
    errors: Receiver<String>,
    listeners: BTreeMap<String, Value>,
    /// The line `ready`.
    pub(crate) ready: Value,
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        BufReader::new(from).lines().map_while(Result::ok).all(|line| tell.send(line).is_ok())
    });
    told
}

impl Proxy {
    fn start(folder: Folder, arguments: &[&str]) -> Self {
        let mut command = folder.warp(arguments);
        let mut child = command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, errors) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        let listeners = BTreeMap::new();
        let mut proxy = Self { folder, child, out, errors, listeners, ready: Value::Null };
        loop {
            let line = proxy.line();
            match line["event"].as_str() {
                Some("listening") => proxy.add(&line),
                Some("ready") => {
                    proxy.ready = line;
                    return proxy;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn add(&mut self, listener: &Value) {
        self.listeners.insert(listener["listener"].as_str().unwrap().to_owned(), listener.clone());
    }

    fn line(&self) -> Value {
        match self.out.recv_timeout(LIMIT) {
            Ok(line) => serde_json::from_str(&line).unwrap(),
            Err(_) => panic!("no line; on standard error: {:?}", self.errors.try_iter().collect::<Vec<_>>()),
        }
    }

    /// The next line of this kind on standard output.
    pub(crate) fn event(&mut self, event: &str) -> Value {
        loop {
            let line = self.line();
            if line["event"] == event {
                return line;
            }
            if line["event"] == "listening" {
                self.add(&line);
            }
        }
    }

    /// Waits for a line on standard error.
    pub(crate) fn says(&self, words: &str) -> String {
        let start = Instant::now();
        let mut heard = Vec::new();
        while let Some(left) = LIMIT.checked_sub(start.elapsed()) {
            match self.errors.recv_timeout(left) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => heard.push(line),
                Err(_) => break,
            }
        }
        panic!("it never said `{words}`, but {heard:?}");
    }

    /// What was announced of a listener.
    pub(crate) fn listener(&self, name: &str) -> &Value {
        &self.listeners[name]
    }

    pub(crate) fn port(&self, listener: &str) -> u16 {
        self.listeners[listener]["port"].as_u64().unwrap().try_into().unwrap()
    }

    /// Gives an order through the admin socket, and the answer.
    pub(crate) fn order(&self, word: &str) -> Value {
        let mut stream = UnixStream::connect(self.folder.path("warp-proxy.sock")).unwrap();
        writeln!(stream, "{word}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    /// The pool of a binding, as `status` has it.
    pub(crate) fn pool(&self, binding: &str) -> Value {
        let status = self.order("status");
        status["pools"].as_array().unwrap().iter().find(|pool| pool["binding"] == binding).unwrap().clone()
    }

    /// Waits until `status` is so.
    #[track_caller]
    pub(crate) fn until(&self, what: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let status = self.order("status");
            if what(&status) {
                return status;
            }
            assert!(start.elapsed() < LIMIT, "still {status}");
        }
    }

    /// Waits until nobody has a session and none is being reset.
    pub(crate) fn until_at_rest(&self) {
        self.until(|status| {
            status["pools"].as_array().unwrap().iter().all(|pool| pool["taken"] == 0 && pool["busy"] == 0)
        });
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a client finds a listener.
pub(crate) enum Place {
    Tcp(u16),
    /// For psql the folder and the number of the socket's name, for others the path.
    Unix(PathBuf, u16),
}

/// psql as user `app`, without a password.
pub(crate) fn psql(services: &Services, place: &Place) -> ClientProgram {
    let (host, port) = match place {
        Place::Tcp(port) => ("127.0.0.1".to_owned(), port),
        Place::Unix(folder, port) => (folder.display().to_string(), port),
    };
    services
        .program("psql")
        .unwrap()
        .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"])
        .envs([("PGHOST", host), ("PGPORT", port.to_string())])
        .envs([("PGUSER", "anyone"), ("PGDATABASE", "app"), ("PGSSLMODE", "disable")])
        .envs([("PGCONNECT_TIMEOUT", "100")])
}

/// The client of MariaDB as user `anyone`, without a password.
pub(crate) fn mariadb(services: &Services, place: &Place) -> ClientProgram {
    let program =
        services.program("mariadb").unwrap().args(["--no-defaults", "--batch", "--skip-column-names"]);
    let program = match place {
        Place::Tcp(port) => program.args(["--protocol=tcp", "-h127.0.0.1", &format!("-P{port}")]),
        Place::Unix(path, _) => program.args(["--protocol=socket", &format!("-S{}", path.display())]),
    };
    program.args(["-uanyone"])
}

/// redis-cli, without a password.
pub(crate) fn redis_cli(services: &Services, place: &Place) -> ClientProgram {
    let program = services.program("redis-cli").unwrap().arg("-e");
    match place {
        Place::Tcp(port) => program.args(["-h", "127.0.0.1", "-p", &port.to_string()]),
        Place::Unix(path, _) => program.args(["-s", &path.display().to_string()]),
    }
}

/// Runs a program to its end.
pub(crate) fn run(program: &ClientProgram, arguments: &[&str]) -> Said {
    said(program.clone().args(arguments).output().unwrap())
}
