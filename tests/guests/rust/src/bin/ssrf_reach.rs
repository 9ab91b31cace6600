//! Tries to reach one address in one way: `ssrf_reach <way> <address or name:port>`. Prints `reached`, or how it
//! was refused. The ways with a 3 go through `wasi:sockets` 0.3, the others through `std::net`.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use wasip3::sockets::types as p3;

wasip3::cli::command::export!(Guest);

struct Guest;

impl wasip3::exports::cli::run::Guest for Guest {
    async fn run() -> Result<(), ()> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let target = arguments[1].as_str();
        let address = || target.parse::<SocketAddr>().expect("an address with a port");
        let result = match arguments[0].as_str() {
            "tcp" => TcpStream::connect(address()).map(drop),
            "udp" => {
                UdpSocket::bind(any(address())).and_then(|socket| socket.send_to(b"x", address()).map(drop))
            }
            "udp-connect" => UdpSocket::bind(any(address())).and_then(|socket| {
                socket.connect(address())?;
                socket.send(b"x").map(drop)
            }),
            "listen" => TcpListener::bind(address()).map(drop),
            "udp-bind" => UdpSocket::bind(address()).map(drop),
            // Looks the name up once, and connects to each answer in turn.
            "name" => TcpStream::connect(target).map(drop),
            // Looks the name up twice, and connects to the first answer of the second look-up.
            "name-twice" => target.to_socket_addrs().and_then(|_| TcpStream::connect(target).map(drop)),
            // Looks the name up, and connects to what stands behind the comma instead.
            "name-then" => {
                let (name, other) = target.split_once(',').expect("name:port,address:port");
                let _ = name.to_socket_addrs();
                TcpStream::connect(other.parse::<SocketAddr>().expect("an address")).map(drop)
            }
            "tcp3" => sort_out(tcp3(address()).await),
            "udp3" => sort_out(udp3(address()).await),
            "listen3" => sort_out(listen3(address())),
            other => panic!("`{other}` is not known"),
        };
        match result {
            Ok(()) => println!("reached"),
            Err(error) => println!("{:?}", error.kind()),
        }
        Ok(())
    }
}

fn any(address: SocketAddr) -> SocketAddr {
    if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() }
}

fn wasi(address: SocketAddr) -> p3::IpSocketAddress {
    match address {
        SocketAddr::V4(v4) => {
            let [a, b, c, d] = v4.ip().octets();
            p3::IpSocketAddress::Ipv4(p3::Ipv4SocketAddress { port: v4.port(), address: (a, b, c, d) })
        }
        SocketAddr::V6(v6) => {
            let [a, b, c, d, e, f, g, h] = v6.ip().segments();
            p3::IpSocketAddress::Ipv6(p3::Ipv6SocketAddress {
                port: v6.port(),
                flow_info: 0,
                address: (a, b, c, d, e, f, g, h),
                scope_id: v6.scope_id(),
            })
        }
    }
}

fn family(address: SocketAddr) -> p3::IpAddressFamily {
    if address.is_ipv4() { p3::IpAddressFamily::Ipv4 } else { p3::IpAddressFamily::Ipv6 }
}

async fn tcp3(address: SocketAddr) -> Result<(), p3::ErrorCode> {
    p3::TcpSocket::create(family(address))?.connect(wasi(address)).await
}

async fn udp3(address: SocketAddr) -> Result<(), p3::ErrorCode> {
    p3::UdpSocket::create(family(address))?.send(b"x".to_vec(), Some(wasi(address))).await
}

fn listen3(address: SocketAddr) -> Result<(), p3::ErrorCode> {
    let socket = p3::TcpSocket::create(family(address))?;
    socket.bind(wasi(address))?;
    socket.listen().map(drop)
}

fn sort_out(result: Result<(), p3::ErrorCode>) -> io::Result<()> {
    result.map_err(|code| {
        let kind = match code {
            p3::ErrorCode::AccessDenied => ErrorKind::PermissionDenied,
            p3::ErrorCode::InvalidArgument => ErrorKind::InvalidInput,
            p3::ErrorCode::ConnectionRefused => ErrorKind::ConnectionRefused,
            _ => ErrorKind::Other,
        };
        io::Error::new(kind, format!("{code:?}"))
    })
}

fn main() {}
