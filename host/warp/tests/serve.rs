//! `warp run` with services and signals, as an operator meets them: real program, real guests.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "set-up code: what fails here is a failed test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Prints `started`, then spins until it is ended.
const SPINS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "started\0a")
    (data (i32.const 0) "\10\00\00\00\08\00\00\00")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (loop (br 0))))"#;

fn guest(name: &str) -> PathBuf {
    let folder = std::env::var_os("WARPGRID_GUESTS").expect(
        "WARPGRID_GUESTS must name the folder of built guests: run `cargo xtask ci --only guests-rust`",
    );
    Path::new(&folder).join(format!("{name}.wasm"))
}

/// A running `warp`, killed if the test fails.
struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    errors: Receiver<String>,
}

impl Running {
    fn start(arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warp"));
        command.arg("run").args(arguments.iter().map(|argument| argument.as_ref()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).env_remove("RUST_LOG");
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (errors, (tell, told)) = (BufReader::new(child.stderr.take().unwrap()), channel());
        std::thread::spawn(move || errors.lines().map_while(Result::ok).all(|line| tell.send(line).is_ok()));
        Self { child, out, errors: told }
    }

    /// Waits for a line on standard error.
    fn says(&self, words: &str) -> String {
        let start = Instant::now();
        while let Some(left) = Duration::from_secs(120).checked_sub(start.elapsed()) {
            match self.errors.recv_timeout(left) {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        panic!("it never said `{words}`");
    }

    /// The address of a line such as `listening on http://127.0.0.1:80`.
    fn address(&self, words: &str) -> String {
        let line = self.says(words);
        line.split_once("http://").unwrap().1.trim_end_matches("/metrics").to_owned()
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// The next line on standard output.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    /// Waits for its end, and gives the exit code and what is left of standard output.
    fn end(&mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request and gives the whole answer.
fn get(address: &str, path: &str) -> String {
    let mut stream = ask(address, path);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn ask(address: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    stream
}

/// Waits until the metrics say that so many requests are open.
fn until_open(metrics: &str, count: usize) {
    let line = format!("\nwarpgrid_http_requests_in_flight {count}\n");
    let start = Instant::now();
    while !get(metrics, "/metrics").contains(&line) {
        assert!(start.elapsed() < Duration::from_secs(60));
    }
}

#[test]
fn a_service_is_served_and_ends_in_order() {
    for name in ["http_hello", "http_hello_p3"] {
        let free = "127.0.0.1:0";
        let mut warp = Running::start(&[&"--listen", &free, &"--metrics-listen", &free, &guest(name)]);
        let address = warp.address("listening on http://127.0.0.1:");
        let metrics = warp.address("metrics on http://127.0.0.1:");
        let answer = get(&address, "/");
        // One of the guests declares no length: its body comes in chunks.
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("hello\n"), "{answer}");
        assert!(answer.contains("\r\nx-request-id: "), "{answer}");
        assert!(
            get(&metrics, "/metrics")
                .contains("warpgrid_http_requests_total{method=\"GET\",status=\"2xx\"} 1")
        );
        warp.signal("TERM");
        assert_eq!(warp.end(), (Some(0), String::new()), "{name}");
        assert!(warp.says("drained in").ends_with(": 0 requests answered, 0 cut"));
    }
}

#[test]
fn open_requests_are_answered_before_the_end() {
    let free = "127.0.0.1:0";
    let mut warp = Running::start(&[&"--listen", &free, &"--metrics-listen", &free, &guest("http_routes")]);
    let address = warp.address("listening on http://");
    let metrics = warp.address("metrics on http://");
    let mut slow = ask(&address, "/slow?ms=700");
    until_open(&metrics, 1);
    warp.signal("INT");
    warp.says("draining: 1 requests are open");
    assert!(get(&metrics, "/healthz").starts_with("HTTP/1.1 503 "));
    assert!(TcpStream::connect(&address).is_err(), "no new work");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("late\n"), "{answer}");
    assert_eq!(warp.end().0, Some(0));
}

#[test]
fn a_second_signal_ends_at_once_and_what_was_cut_is_told() {
    let free = "127.0.0.1:0";
    let arguments: &[&dyn AsRef<std::ffi::OsStr>] =
        &[&"--json", &"--listen", &free, &"--metrics-listen", &free, &guest("http_routes")];
    let mut warp = Running::start(arguments);
    let started: serde_json::Value = serde_json::from_str(&warp.line()).unwrap();
    assert_eq!(started["event"], "listening");
    let address = started["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    let metrics = started["metrics"].as_str().unwrap();
    let metrics = metrics.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    let _never = ask(&address, "/slow?ms=600000");
    until_open(metrics, 1);
    warp.signal("TERM");
    while !get(metrics, "/healthz").starts_with("HTTP/1.1 503 ") {}
    warp.signal("TERM");
    let (code, rest) = warp.end();
    assert_eq!(code, Some(1), "{rest}");
    let report: serde_json::Value = serde_json::from_str(&rest).unwrap();
    assert_eq!((&report["event"], &report["finished"]), (&"drained".into(), &0.into()));
    assert_eq!((&report["cut"][0]["method"], &report["cut"][0]["path"]), (&"GET".into(), &"/slow".into()));
    assert!(report["cut"][0]["instance"].is_u64());
}

fn output(arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warp"));
    command.arg("run").args(arguments.iter().map(|argument| argument.as_ref())).env_remove("RUST_LOG");
    command.output().unwrap()
}

#[test]
fn a_port_that_is_taken_is_named_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--metrics-listen"] {
        let free = if flag == "--listen" { "--metrics-listen" } else { "--listen" };
        let output = output(&[&flag, &address, &free, &"127.0.0.1:0", &guest("http_hello")]);
        assert_eq!(output.status.code(), Some(125));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(&format!("the address of `{flag}` cannot be used")), "{error}");
        assert!(error.contains(&format!("cannot listen on `{address}`")), "{error}");
        assert!(error.contains("hint: another program listens there"), "{error}");
    }
}

#[test]
fn flags_of_services_are_refused_for_commands() {
    for flags in [&["--listen", "127.0.0.1:0"][..], &["--json"]] {
        let mut arguments: Vec<&dyn AsRef<std::ffi::OsStr>> = Vec::new();
        arguments.extend(flags.iter().map(|flag| flag as &dyn AsRef<std::ffi::OsStr>));
        let guest = guest("files_hosts");
        arguments.push(&guest);
        let output = output(&arguments);
        assert_eq!(output.status.code(), Some(125));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(&format!("`{}` is for services, and `", flags[0])), "{error}");
    }
}

#[test]
fn a_command_that_asked_for_no_signal_ends_as_any_program_does() {
    let room = tempfile::tempdir().unwrap();
    let spins = room.path().join("spins.wasm");
    std::fs::write(&spins, wat::parse_str(SPINS).unwrap()).unwrap();
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut warp = Running::start(&[&spins]);
        assert_eq!(warp.line(), "started\n");
        warp.signal(name);
        assert_eq!(warp.end().0, Some(code), "{name}");
    }
}

#[test]
fn a_command_that_asked_for_a_signal_gets_it_and_goes_on() {
    let mut warp = Running::start(&[&guest("signals_console")]);
    let mut input = warp.child.stdin.take().unwrap();
    input.write_all(b"ask terminate\nask hangup\nwait\n").unwrap();
    assert_eq!((warp.line().as_str(), warp.line().as_str()), ("asked\n", "asked\n"));
    warp.signal("HUP");
    assert_eq!(warp.line(), "hangup empty\n");
    input.write_all(b"wait\n").unwrap();
    warp.signal("TERM");
    assert_eq!(warp.line(), "terminate empty\n");
    // By its own will: there is nothing more to read.
    drop(input);
    assert_eq!(warp.end(), (Some(0), String::new()));
}

#[test]
fn a_changed_configuration_is_noticed_and_a_broken_one_changes_nothing() {
    let room = tempfile::tempdir().unwrap();
    let config = room.path().join("warp.toml");
    let put = |text: &str| {
        // Renamed over the old one, as editors do.
        std::fs::write(room.path().join("new"), text).unwrap();
        std::fs::rename(room.path().join("new"), &config).unwrap();
    };
    put("[http]\n");
    let free = "127.0.0.1:0";
    let arguments: &[&dyn AsRef<std::ffi::OsStr>] =
        &[&"--config", &config, &"--watch-config", &"--listen", &free, &guest("http_hello")];
    let mut warp = Running::start(arguments);
    let address = warp.address("listening on http://");
    put("[http]\n[env]\nA = 'b'\n");
    warp.says("the configuration has changes besides names: they need a restart");
    put("[http]\n[evn]\n");
    let broken = warp.says("the configuration stays as it was");
    assert!(broken.contains("unknown"), "{broken}");
    assert!(get(&address, "/").ends_with("hello\n"));
    warp.signal("TERM");
    assert_eq!(warp.end().0, Some(0));
}
