//! Calls every method of `wasi:sockets` 0.2 on a socket in each of its states: `sockets_every_method <address>`
//! of an echo server. A method that the host forgot would trap.

use std::net::{SocketAddr, SocketAddrV4};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasip2::sockets::tcp::{ShutdownType, TcpSocket};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp::{OutgoingDatagram, UdpSocket};
use wasip2::sockets::udp_create_socket::create_udp_socket;

fn main() {
    let address = std::env::args().nth(1).expect("an address").parse().expect("an address with a port");
    let SocketAddr::V4(address) = address else { panic!("an address of IPv4") };
    let remote = wasi(address);
    let local = wasi("127.0.0.1:0".parse().expect("an address"));
    let network = instance_network();

    let fresh = create_tcp_socket(IpAddressFamily::Ipv4).expect("a socket");
    every_tcp_method(&fresh);
    assert_eq!(fresh.finish_connect().map(drop), Err(ErrorCode::NotInProgress));
    assert_eq!(fresh.accept().map(drop), Err(ErrorCode::InvalidState));
    assert_eq!(fresh.start_listen(), Err(ErrorCode::InvalidState));

    let connected = create_tcp_socket(IpAddressFamily::Ipv4).expect("a socket");
    connected.start_connect(&network, remote).expect("the connection is granted");
    connected.subscribe().block();
    let (input, output) = connected.finish_connect().expect("the server answers");
    every_tcp_method(&connected);
    // Once both sides have closed, the system knows no remote address any more.
    assert_eq!(connected.remote_address().map(|address| format!("{address:?}")), Ok(format!("{remote:?}")));
    output.blocking_write_and_flush(b"hello").expect("the server reads");
    connected.shutdown(ShutdownType::Send).expect("the connection is open");
    assert_eq!(input.blocking_read(64).expect("the server echoes"), b"hello");

    let listening = create_tcp_socket(IpAddressFamily::Ipv4).expect("a socket");
    listening.start_bind(&network, local).expect("listening is granted");
    listening.finish_bind().expect("the address is free");
    listening.start_listen().expect("listening is granted");
    listening.finish_listen().expect("the address is free");
    every_tcp_method(&listening);
    assert!(listening.is_listening());
    assert_eq!(listening.accept().map(drop), Err(ErrorCode::WouldBlock));
    let client = create_tcp_socket(IpAddressFamily::Ipv4).expect("a socket");
    client.start_connect(&network, listening.local_address().expect("bound")).expect("granted");
    client.subscribe().block();
    let client_streams = client.finish_connect().expect("the listener is there");
    listening.subscribe().block();
    let (accepted, accepted_input, accepted_output) = listening.accept().expect("a connection");
    every_tcp_method(&accepted);
    accepted_output.blocking_write_and_flush(b"hi").expect("the client is there");
    assert_eq!(client_streams.0.blocking_read(64).expect("the guest itself"), b"hi");
    drop((client_streams, accepted_input, accepted_output, client, accepted));

    let datagrams = create_udp_socket(IpAddressFamily::Ipv4).expect("a socket");
    every_udp_method(&datagrams);
    datagrams.start_bind(&network, local).expect("granted");
    datagrams.finish_bind().expect("the address is free");
    every_udp_method(&datagrams);
    let itself = datagrams.local_address().expect("bound");
    let (incoming, outgoing) = datagrams.stream(None).expect("bound");
    every_udp_method(&datagrams);
    outgoing.subscribe().block();
    assert!(outgoing.check_send().expect("room") > 0);
    let datagram = OutgoingDatagram { data: b"hello".to_vec(), remote_address: Some(itself) };
    assert_eq!(outgoing.send(&[datagram]).expect("granted"), 1);
    incoming.subscribe().block();
    assert_eq!(incoming.receive(4).expect("the guest itself")[0].data, b"hello");
    println!("every method answered");
}

fn wasi(address: SocketAddrV4) -> IpSocketAddress {
    let [a, b, c, d] = address.ip().octets();
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port: address.port(), address: (a, b, c, d) })
}

/// What each gives depends on the state; that it gives something does not.
fn every_tcp_method(socket: &TcpSocket) {
    let _ = (socket.finish_bind(), socket.finish_listen(), socket.local_address(), socket.remote_address());
    let _ = (socket.is_listening(), socket.set_listen_backlog_size(16));
    assert_eq!(socket.address_family(), IpAddressFamily::Ipv4);
    let _ = (socket.set_keep_alive_enabled(true), socket.keep_alive_enabled());
    let _ = (socket.set_keep_alive_idle_time(5_000_000_000), socket.keep_alive_idle_time());
    let _ = (socket.set_keep_alive_interval(5_000_000_000), socket.keep_alive_interval());
    let _ = (socket.set_keep_alive_count(3), socket.keep_alive_count());
    assert_eq!(socket.set_hop_limit(42), Ok(()));
    assert_eq!(socket.hop_limit(), Ok(42));
    let _ = (socket.set_receive_buffer_size(65536), socket.receive_buffer_size());
    let _ = (socket.set_send_buffer_size(65536), socket.send_buffer_size());
    drop(socket.subscribe());
    if socket.remote_address().is_err() {
        assert!(socket.shutdown(ShutdownType::Both).is_err());
    }
}

fn every_udp_method(socket: &UdpSocket) {
    let _ = (socket.finish_bind(), socket.local_address(), socket.remote_address());
    assert_eq!(socket.address_family(), IpAddressFamily::Ipv4);
    assert_eq!(socket.set_unicast_hop_limit(42), Ok(()));
    assert_eq!(socket.unicast_hop_limit(), Ok(42));
    let _ = (socket.set_receive_buffer_size(65536), socket.receive_buffer_size());
    let _ = (socket.set_send_buffer_size(65536), socket.send_buffer_size());
    drop(socket.subscribe());
}
