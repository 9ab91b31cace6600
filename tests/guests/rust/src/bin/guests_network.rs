//! `std::net`: a connection, a listener of its own, a datagram and a refused address.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address = arguments[1].as_str();
    match arguments[0].as_str() {
        "tcp" => {
            let mut stream = TcpStream::connect(address)?;
            stream.write_all(b"from the guest")?;
            stream.shutdown(Shutdown::Write)?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            println!("{answer}");
        }
        "listen" => {
            let listener = TcpListener::bind(address)?;
            println!("{}", listener.local_addr()?.port());
            let (mut stream, _) = listener.accept()?;
            let mut text = String::new();
            stream.read_to_string(&mut text)?;
            println!("{text}");
        }
        "udp" => {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            socket.send_to(b"ping", address)?;
            let mut buffer = [0; 16];
            let (length, from) = socket.recv_from(&mut buffer)?;
            println!("{} {}", String::from_utf8_lossy(&buffer[..length]), from.to_string() == address);
        }
        "refused" => match TcpStream::connect(address) {
            Ok(_) => println!("connected"),
            Err(error) => println!("{:?}", error.kind()),
        },
        other => panic!("unknown: {other}"),
    }
    Ok(())
}
