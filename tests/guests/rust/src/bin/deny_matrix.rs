//! Tries the operation that the first argument names, with plain `std` and WASI 0.2, and prints `refused` with the
//! error, or `allowed` with what it got.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{ErrorCode, Fields, Method, OutgoingRequest, Scheme};

fn main() {
    let operation = std::env::args().nth(1).expect("an operation");
    let subject = std::env::args().nth(2).unwrap_or_default();
    match operation.as_str() {
        "environment" => say(some(std::env::vars().map(|(name, _)| name).collect())),
        "arguments" => say(some(std::env::args().skip(2).collect())),
        "preopens" => {
            let folders = wasip2::filesystem::preopens::get_directories();
            say(some(folders.into_iter().map(|(_, name)| name).collect()));
        }
        "open" => say(std::fs::File::open(&subject).map(|_| ())),
        "read" => say(std::fs::read(&subject).map(|bytes| bytes.len())),
        "list" => say(std::fs::read_dir(&subject).map(|entries| entries.count())),
        "stat" => say(std::fs::metadata(&subject).map(|_| ())),
        "create" => say(std::fs::File::create(&subject).map(|_| ())),
        "append" => say(std::fs::File::options().append(true).open(&subject).and_then(|mut file| {
            file.write_all(b"x")?;
            file.flush()
        })),
        "make-folder" => say(std::fs::create_dir(&subject)),
        "remove" => say(std::fs::remove_file(&subject)),
        "rename" => say(std::fs::rename(&subject, "/renamed")),
        "link" => say(std::fs::hard_link(&subject, "/linked")),
        "read-link" => say(std::fs::read_link(&subject)),
        "name" => say((subject.as_str(), 80).to_socket_addrs().map(|found| found.count())),
        "tcp-connect" => say(TcpStream::connect(&subject).map(|_| ())),
        "tcp-listen" => say(TcpListener::bind(&subject).map(|_| ())),
        "udp-bind" => say(UdpSocket::bind(&subject).map(|_| ())),
        "udp-send" => say(udp_send(&subject)),
        "http" => say(http(&subject)),
        "input" => say(some(Vec::from_iter(input()))),
        "clock" => say::<_, io::Error>(Ok(std::time::SystemTime::now() > std::time::UNIX_EPOCH)),
        "random" => say::<_, io::Error>(Ok(wasip2::random::random::get_random_bytes(8).len())),
        "exit" => std::process::exit(7),
        other => panic!("unknown operation {other}"),
    }
}

fn say<T: std::fmt::Debug, E: Describe>(result: Result<T, E>) {
    match result {
        Ok(value) => println!("allowed {value:?}"),
        Err(error) => println!("refused {}", error.describe()),
    }
}

trait Describe {
    fn describe(&self) -> String;
}

impl Describe for io::Error {
    fn describe(&self) -> String {
        format!("{:?}", self.kind())
    }
}

impl Describe for ErrorCode {
    fn describe(&self) -> String {
        format!("{self:?}")
    }
}

/// An empty list is a refusal: there is nothing to see.
fn some(list: Vec<String>) -> io::Result<Vec<String>> {
    if list.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(list) }
}

fn input() -> Option<String> {
    let mut bytes = Vec::new();
    let read = io::stdin().read_to_end(&mut bytes);
    read.is_ok_and(|count| count > 0).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// A socket that may be bound may still not send.
fn udp_send(to: &str) -> io::Result<usize> {
    let from = if to.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" };
    UdpSocket::bind(from)?.send_to(b"x", to)
}

fn http(authority: &str) -> Result<u16, ErrorCode> {
    let request = OutgoingRequest::new(Fields::new());
    request.set_method(&Method::Get).expect("a method");
    request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    request.set_authority(Some(authority)).expect("an authority");
    request.set_path_with_query(Some("/")).expect("a path");
    let answer = outgoing_handler::handle(request, None)?;
    loop {
        if let Some(result) = answer.get() {
            return Ok(result.expect("asked once")?.status());
        }
        answer.subscribe().block();
    }
}
