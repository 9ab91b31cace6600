//! Looks at many sockets at once: `sockets_many_ready <address> <connections>` of an echo server. All can be
//! written to, and the last one has something to read. Prints how many one look finds ready.

use std::net::SocketAddr;
use wasip2::io::poll::poll;
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let SocketAddr::V4(address) = arguments[0].parse().expect("an address with a port") else {
        panic!("IPv4")
    };
    let [a, b, c, d] = address.ip().octets();
    let remote = IpSocketAddress::Ipv4(Ipv4SocketAddress { port: address.port(), address: (a, b, c, d) });
    let connections: usize = arguments[1].parse().expect("a number");
    let network = instance_network();
    let mut sockets = Vec::new();
    for _ in 0..connections {
        let socket = create_tcp_socket(IpAddressFamily::Ipv4).expect("a socket");
        socket.start_connect(&network, remote).expect("granted");
        socket.subscribe().block();
        let (input, output) = socket.finish_connect().expect("the server is there");
        let (readable, writable) = (input.subscribe(), output.subscribe());
        writable.block();
        // In the order in which they are dropped.
        sockets.push((readable, writable, input, output, socket));
    }
    let last = sockets.last().expect("at least one");
    last.3.blocking_write_and_flush(b"x").expect("the server reads");
    last.0.block();
    last.1.block();
    let mut looked_at: Vec<_> = sockets.iter().map(|socket| &socket.1).collect();
    looked_at.push(&last.0);
    println!("{} of {} ready", poll(&looked_at).len(), looked_at.len());
}
