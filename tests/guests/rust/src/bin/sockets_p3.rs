//! TCP and UDP by `wasi:sockets` 0.3: `sockets_p3 <what> <address> [<number>]`, prints what came of it.

use std::net::SocketAddr;
use wasip3::sockets::types::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket, UdpSocket,
};
use wasip3::wit_stream;

wasip3::cli::command::export!(Guest);

struct Guest;

impl wasip3::exports::cli::run::Guest for Guest {
    async fn run() -> Result<(), ()> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let address = wasi(&arguments[1]);
        let number = || arguments[2].parse::<usize>().expect("a number");
        let result = match arguments[0].as_str() {
            "echo" => echo(address).await,
            "udp" => udp(address).await,
            "udp-beside" => udp_beside(address, wasi(&arguments[2]), wasi(&arguments[3])).await,
            "listen" => listen(address).await,
            "many" => many(address, number()).await,
            "accept-many" => accept_many(address, number()).await,
            "every-method" => every_method(address).await,
            other => panic!("`{other}` is not known"),
        };
        match result {
            Ok(text) => println!("{text}"),
            Err(code) => println!("{code:?}"),
        }
        Ok(())
    }
}

fn wasi(text: &str) -> IpSocketAddress {
    let SocketAddr::V4(address) = text.parse().expect("an address with a port") else { panic!("IPv4") };
    let [a, b, c, d] = address.ip().octets();
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port: address.port(), address: (a, b, c, d) })
}

fn tcp() -> Result<TcpSocket, ErrorCode> {
    TcpSocket::create(IpAddressFamily::Ipv4)
}

async fn echo_with(socket: &TcpSocket) -> Result<String, ErrorCode> {
    let (mut writer, reader) = wit_stream::new();
    let sent = socket.send(reader);
    let (received, end) = socket.receive();
    assert!(writer.write_all(b"hello".to_vec()).await.is_empty());
    drop(writer);
    sent.await?;
    let text = received.collect().await;
    end.await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

async fn echo(address: IpSocketAddress) -> Result<String, ErrorCode> {
    let socket = tcp()?;
    socket.connect(address).await?;
    echo_with(&socket).await
}

async fn udp(address: IpSocketAddress) -> Result<String, ErrorCode> {
    let socket = UdpSocket::create(IpAddressFamily::Ipv4)?;
    socket.send(b"hello".to_vec(), Some(address)).await?;
    let (data, _) = socket.receive().await?;
    Ok(String::from_utf8_lossy(&data).into_owned())
}

/// One socket listens; another one fails to, and then only sends. Tells `control` where both are, and prints
/// what the other hears first, and whether each may answer the stranger who wrote to both.
async fn udp_beside(
    control: IpSocketAddress,
    local: IpSocketAddress,
    stranger: IpSocketAddress,
) -> Result<String, ErrorCode> {
    let port = |address: IpSocketAddress| match address {
        IpSocketAddress::Ipv4(address) => address.port,
        IpSocketAddress::Ipv6(address) => address.port,
    };
    let listening = UdpSocket::create(IpAddressFamily::Ipv4)?;
    listening.bind(local)?;
    let taken = listening.get_local_address()?;
    let beside = UdpSocket::create(IpAddressFamily::Ipv4)?;
    assert!(matches!(beside.bind(taken), Err(ErrorCode::AddressInUse)));
    beside.bind(wasi("0.0.0.0:0"))?;
    let ports = (port(taken), port(beside.get_local_address()?));

    let socket = tcp()?;
    socket.connect(control).await?;
    let (mut writer, reader) = wit_stream::new();
    let sent = socket.send(reader);
    let told = format!("127.0.0.1:{}\n127.0.0.1:{}\n", ports.0, ports.1);
    assert!(writer.write_all(told.into_bytes()).await.is_empty());
    drop(writer);
    sent.await?;

    listening.receive().await?;
    let (heard, _) = beside.receive().await?;
    let mut answers = Vec::new();
    for socket in [&beside, &listening] {
        answers.push(match socket.send(b"answer".to_vec(), Some(stranger)).await {
            Ok(()) => "answers",
            Err(ErrorCode::AccessDenied) => "is refused",
            Err(_) => "fails",
        });
    }
    Ok(format!("heard {}; {}; {}", String::from_utf8_lossy(&heard), answers[0], answers[1]))
}

async fn listen(address: IpSocketAddress) -> Result<String, ErrorCode> {
    let socket = tcp()?;
    socket.bind(address)?;
    socket.listen()?;
    Ok("listening".to_owned())
}

async fn many(address: IpSocketAddress, number: usize) -> Result<String, ErrorCode> {
    let (mut held, mut refused, mut last) = (Vec::new(), 0, None);
    for _ in 0..number {
        match tcp() {
            Ok(socket) => {
                socket.connect(address).await?;
                held.push(socket);
            }
            Err(code) => {
                refused += 1;
                last = Some(code);
            }
        }
    }
    Ok(format!("{} open, {refused} refused, {last:?}", held.len()))
}

/// Takes its own connections, each in turn, and holds none: none stays counted.
async fn accept_many(address: IpSocketAddress, number: usize) -> Result<String, ErrorCode> {
    let listener = tcp()?;
    listener.bind(address)?;
    let mut incoming = listener.listen()?;
    let address = listener.get_local_address()?;
    for _ in 0..number {
        let client = tcp()?;
        client.connect(address).await?;
        drop(incoming.next().await.expect("a connection"));
    }
    Ok("done".to_owned())
}

async fn every_method(address: IpSocketAddress) -> Result<String, ErrorCode> {
    let fresh = tcp()?;
    every_tcp_method(&fresh);
    let connected = tcp()?;
    connected.connect(address).await?;
    every_tcp_method(&connected);
    assert_eq!(echo_with(&connected).await?, "hello");
    let listening = tcp()?;
    listening.bind(wasi("127.0.0.1:0"))?;
    let mut incoming = listening.listen()?;
    every_tcp_method(&listening);
    let client = tcp()?;
    client.connect(listening.get_local_address()?).await?;
    let accepted = incoming.next().await.expect("a connection");
    every_tcp_method(&accepted);

    let datagrams = UdpSocket::create(IpAddressFamily::Ipv4)?;
    every_udp_method(&datagrams);
    datagrams.bind(wasi("127.0.0.1:0"))?;
    every_udp_method(&datagrams);
    let itself = datagrams.get_local_address()?;
    datagrams.connect(itself)?;
    every_udp_method(&datagrams);
    datagrams.send(b"hello".to_vec(), None).await?;
    assert_eq!(datagrams.receive().await?.0, b"hello");
    datagrams.disconnect()?;
    every_udp_method(&datagrams);
    Ok("every method answered".to_owned())
}

/// What each gives depends on the state; that it gives something does not.
fn every_tcp_method(socket: &TcpSocket) {
    let _ = (socket.get_local_address(), socket.get_remote_address(), socket.get_is_listening());
    assert_eq!(socket.get_address_family(), IpAddressFamily::Ipv4);
    let _ = socket.set_listen_backlog_size(16);
    let _ = (socket.set_keep_alive_enabled(true), socket.get_keep_alive_enabled());
    let _ = (socket.set_keep_alive_idle_time(5_000_000_000), socket.get_keep_alive_idle_time());
    let _ = (socket.set_keep_alive_interval(5_000_000_000), socket.get_keep_alive_interval());
    let _ = (socket.set_keep_alive_count(3), socket.get_keep_alive_count());
    socket.set_hop_limit(42).expect("an option");
    assert_eq!(socket.get_hop_limit().expect("an option"), 42);
    let _ = (socket.set_receive_buffer_size(65536), socket.get_receive_buffer_size());
    let _ = (socket.set_send_buffer_size(65536), socket.get_send_buffer_size());
}

fn every_udp_method(socket: &UdpSocket) {
    let _ = (socket.get_local_address(), socket.get_remote_address());
    assert_eq!(socket.get_address_family(), IpAddressFamily::Ipv4);
    socket.set_unicast_hop_limit(42).expect("an option");
    assert_eq!(socket.get_unicast_hop_limit().expect("an option"), 42);
    let _ = (socket.set_receive_buffer_size(65536), socket.get_receive_buffer_size());
    let _ = (socket.set_send_buffer_size(65536), socket.get_send_buffer_size());
}

fn main() {}
