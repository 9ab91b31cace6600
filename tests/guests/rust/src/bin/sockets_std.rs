//! TCP and UDP by plain `std::net`: `sockets_std <what> <address> [<number>]`, prints what came of it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address: SocketAddr = arguments[1].parse().expect("an address with a port");
    let number = || arguments[2].parse::<usize>().expect("a number");
    let result = match arguments[0].as_str() {
        "echo" => echo(address),
        "read-once" => read_once(address),
        "udp" => udp(address, false),
        "udp-connected" => udp(address, true),
        "udp-two" => udp_two(address, arguments[2].parse().expect("another address")),
        "udp-serve" => udp_serve(address, arguments[2].parse().expect("another address")),
        "udp-beside" => udp_beside(address, arguments[2].parse().expect("an address"), &arguments[3]),
        "listen" => listen(address, arguments[2].parse().expect("another address")),
        "many-tcp" => many(number(), || TcpStream::connect(address).map(drop_later)),
        "many-udp" => many(number(), || UdpSocket::bind(address).map(drop_later)),
        "again" => {
            (0..number()).try_for_each(|_| TcpStream::connect(address).map(drop)).map(|()| "done".to_owned())
        }
        other => panic!("`{other}` is not known"),
    };
    match result {
        Ok(text) => println!("{text}"),
        Err(error) => println!("{:?}", error.kind()),
    }
}

fn echo(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"hello")?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// How much one read gives.
fn read_once(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"hello")?;
    stream.read(&mut [0; 64]).map(|count| count.to_string())
}

fn any(address: SocketAddr) -> SocketAddr {
    if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() }
}

fn udp(address: SocketAddr, connected: bool) -> io::Result<String> {
    let socket = UdpSocket::bind(any(address))?;
    if connected {
        socket.connect(address)?;
        socket.send(b"hello")?;
    } else {
        socket.send_to(b"hello", address)?;
    }
    let mut buffer = [0; 64];
    let (count, sender) = socket.recv_from(&mut buffer)?;
    assert_eq!(sender, address);
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

/// One socket, two receivers: what is refused for one does not stop the other.
fn udp_two(refused: SocketAddr, granted: SocketAddr) -> io::Result<String> {
    let socket = UdpSocket::bind(any(granted))?;
    let first = socket.send_to(b"hello", refused).map_err(|error| error.kind());
    socket.send_to(b"hello", granted)?;
    let mut buffer = [0; 64];
    let (count, _) = socket.recv_from(&mut buffer)?;
    Ok(format!("{first:?} {}", String::from_utf8_lossy(&buffer[..count])))
}

/// Listens for a datagram, tells `control` where, and answers it.
fn udp_serve(control: SocketAddr, local: SocketAddr) -> io::Result<String> {
    let socket = UdpSocket::bind(local)?;
    let mut control = TcpStream::connect(control)?;
    writeln!(control, "{}", socket.local_addr()?)?;
    let mut buffer = [0; 64];
    let (count, sender) = socket.recv_from(&mut buffer)?;
    socket.send_to(&buffer[..count], sender)?;
    Ok("answered".to_owned())
}

/// One socket listens, another one only sends. Tells `control` where both are, and prints what the other hears
/// first, and whether each may answer the stranger who wrote to both.
fn udp_beside(control: SocketAddr, local: SocketAddr, stranger: &str) -> io::Result<String> {
    let listening = UdpSocket::bind(local)?;
    let beside = UdpSocket::bind(any(local))?;
    let mut control = TcpStream::connect(control)?;
    writeln!(control, "{}", listening.local_addr()?)?;
    writeln!(control, "127.0.0.1:{}", beside.local_addr()?.port())?;
    let mut buffer = [0; 64];
    listening.recv_from(&mut buffer)?;
    let (count, _) = beside.recv_from(&mut buffer)?;
    let heard = String::from_utf8_lossy(&buffer[..count]).into_owned();
    let answer = |socket: &UdpSocket| match socket.send_to(b"answer", stranger) {
        Ok(_) => "answers",
        Err(error) if error.kind() == ErrorKind::PermissionDenied => "is refused",
        Err(_) => "fails",
    };
    let answers = (answer(&beside), answer(&listening));
    Ok(format!("heard {heard}; {}; {}", answers.0, answers.1))
}

/// Listens, tells `control` where, and echoes one connection.
fn listen(local: SocketAddr, control: SocketAddr) -> io::Result<String> {
    let listener = TcpListener::bind(local)?;
    let mut control = TcpStream::connect(control)?;
    writeln!(control, "{}", listener.local_addr()?)?;
    let (mut stream, _) = listener.accept()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    stream.write_all(&bytes)?;
    Ok("echoed".to_owned())
}

fn drop_later<T: 'static>(socket: T) -> Box<dyn std::any::Any> {
    Box::new(socket)
}

/// Opens as many as it can, up to a number, and holds them.
fn many(number: usize, open: impl Fn() -> io::Result<Box<dyn std::any::Any>>) -> io::Result<String> {
    let mut held = Vec::new();
    let mut refused = 0;
    let mut kind = None::<ErrorKind>;
    for _ in 0..number {
        match open() {
            Ok(socket) => held.push(socket),
            Err(error) => {
                refused += 1;
                kind = Some(error.kind());
            }
        }
    }
    Ok(format!("{} open, {refused} refused, {}", held.len(), kind.is_some()))
}
