//! Tries the operation that the first argument names with WASI 0.3, and prints `refused` with the error, or `allowed`
//! with what it got.

use wasip3::http::types::{Fields, Method, Request, Scheme};
use wasip3::sockets::types::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket, UdpSocket};

wasip3::cli::command::export!(Matrix);

struct Matrix;

impl wasip3::exports::cli::run::Guest for Matrix {
    async fn run() -> Result<(), ()> {
        let operation = std::env::args().nth(1).ok_or(())?;
        let subject = std::env::args().nth(2).unwrap_or_default();
        match operation.as_str() {
            "preopens" => match wasip3::filesystem::preopens::get_directories().len() {
                0 => println!("refused nothing"),
                count => println!("allowed {count}"),
            },
            "name" => say(wasip3::sockets::ip_name_lookup::resolve_addresses(subject).await),
            "tcp-connect" => say(connect().await),
            "tcp-listen" => say(listen()),
            "udp-send" => say(send().await),
            "http" => say(http(&subject).await),
            _ => return Err(()),
        }
        Ok(())
    }
}

fn say<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<T, E>) {
    match result {
        Ok(value) => println!("allowed {value:?}"),
        Err(error) => println!("refused {error:?}"),
    }
}

fn address(last: u8, port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, last) })
}

async fn connect() -> Result<(), wasip3::sockets::types::ErrorCode> {
    TcpSocket::create(IpAddressFamily::Ipv4)?.connect(address(1, 80)).await
}

fn listen() -> Result<(), wasip3::sockets::types::ErrorCode> {
    let socket = TcpSocket::create(IpAddressFamily::Ipv4)?;
    socket.bind(address(1, 0))?;
    socket.listen().map(drop)
}

async fn send() -> Result<(), wasip3::sockets::types::ErrorCode> {
    let socket = UdpSocket::create(IpAddressFamily::Ipv4)?;
    socket.send(b"x".to_vec(), Some(address(1, 53))).await
}

async fn http(authority: &str) -> Result<u16, wasip3::http::types::ErrorCode> {
    let (trailers, end) = wasip3::wit_future::new(|| Ok(None));
    drop(trailers);
    let (request, _) = Request::new(Fields::new(), None, end, None);
    request.set_method(&Method::Get).expect("a method");
    request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    request.set_authority(Some(authority)).expect("an authority");
    request.set_path_with_query(Some("/")).expect("a path");
    Ok(wasip3::http::client::send(request).await?.get_status_code())
}

fn main() {}
