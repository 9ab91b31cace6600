//! Sockets of guests: TCP and UDP by std, tokio and `wasi:sockets` 0.3, granted, refused and counted.

use crate::harness::{guest, run_watched, run_with};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::net::{Binding, BindingProtocol, NetworkPolicy};
use warpgrid_grants::refusal::{Capability, Reason, Refusal};
use warpgrid_host::{AppConfig, Application, ShimConfig};

fn load(name: &str, config: AppConfig) -> Application {
    crate::harness::engine(ShimConfig::default()).unwrap().load_module(&guest(name), config).unwrap()
}

fn network(allow: &[String], listen: &[&str]) -> Arc<NetworkPolicy> {
    let listen: Vec<String> = listen.iter().map(|rule| (*rule).to_owned()).collect();
    Arc::new(NetworkPolicy::new(allow, &listen).unwrap())
}

fn granted(address: SocketAddr) -> AppConfig {
    AppConfig { network: network(&[address.to_string()], &[]), ..AppConfig::default() }
}

/// Echoes what each connection sends. Gone with the test's runtime.
async fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut input, mut output) = stream.into_split();
                // A client that goes away is no fault of the server's.
                let _ = tokio::io::copy(&mut input, &mut output).await;
            });
        }
    });
    address
}

/// Sends each datagram back.
async fn udp_echo_server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 64];
        while let Ok((count, sender)) = socket.recv_from(&mut buffer).await {
            let _ = socket.send_to(&buffer[..count], sender).await;
        }
    });
    address
}

/// Runs a guest; gives what it printed and what it was refused.
async fn run(name: &str, config: AppConfig, arguments: &[&str]) -> (String, Vec<Refusal>) {
    let (ran, facts) = run_watched(&load(name, config), arguments, &[], |_| ()).await;
    (ran.text().trim_end().to_owned(), facts.refusals.newest())
}

fn refused(subject: &str, reason: Reason) -> Vec<Refusal> {
    vec![Refusal { capability: Capability::Address, subject: subject.to_owned(), reason }]
}

#[tokio::test]
async fn a_connection_needs_a_grant() {
    let server = echo_server().await;
    let address = server.to_string();
    for program in ["sockets_std", "sockets_p3"] {
        assert_eq!(run(program, granted(server), &["echo", &address]).await, ("hello".into(), vec![]));
    }
    let record = refused(&address, Reason::PrivateAddress);
    let (text, refusals) = run("sockets_std", AppConfig::default(), &["echo", &address]).await;
    assert_eq!((text.as_str(), &refusals), ("PermissionDenied", &record));
    let (text, refusals) = run("sockets_p3", AppConfig::default(), &["echo", &address]).await;
    assert_eq!((text.as_str(), &refusals), ("ErrorCode::AccessDenied", &record));
}

#[tokio::test]
async fn a_datagram_needs_a_grant() {
    let server = udp_echo_server().await;
    let address = server.to_string();
    for (program, what) in [("sockets_std", "udp"), ("sockets_std", "udp-connected"), ("sockets_p3", "udp")] {
        assert_eq!(
            run(program, granted(server), &[what, &address]).await,
            ("hello".into(), vec![]),
            "{what}"
        );
        let (text, refusals) = run(program, AppConfig::default(), &[what, &address]).await;
        assert!(
            ["PermissionDenied", "ErrorCode::AccessDenied"].contains(&text.as_str()),
            "{program} {what}: {text}"
        );
        assert_eq!(refusals, refused(&address, Reason::PrivateAddress), "{program} {what}");
    }
    // Each datagram is judged by itself.
    let arguments = ["udp-two", "127.0.0.1:9", &address];
    let (text, refusals) = run("sockets_std", granted(server), &arguments).await;
    assert_eq!(text, "Err(PermissionDenied) hello");
    assert_eq!(refusals, refused("127.0.0.1:9", Reason::NotGranted));
}

/// Takes the guest's word where it listens.
async fn told(control: &TcpListener) -> SocketAddr {
    let (stream, _) = control.accept().await.unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.unwrap();
    line.trim_end().parse().unwrap()
}

#[tokio::test]
async fn listening_needs_a_grant() {
    let control = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = control.local_addr().unwrap();
    let allow = [address.to_string()];
    let arguments = ["listen", "127.0.0.1:0", &allow[0]];
    let config = AppConfig { network: network(&allow, &["127.0.0.1:*"]), ..AppConfig::default() };
    let client = async {
        let mut stream = TcpStream::connect(told(&control).await).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut echoed = String::new();
        stream.read_to_string(&mut echoed).await.unwrap();
        echoed
    };
    let both = async { tokio::join!(run("sockets_std", config, &arguments), client) };
    let ((text, refusals), echoed) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    assert_eq!((text.as_str(), refusals, echoed.as_str()), ("echoed", vec![], "hello"));

    let (text, refusals) = run("sockets_std", granted(address), &arguments).await;
    assert_eq!(text, "PermissionDenied");
    assert_eq!(refusals, refused("127.0.0.1:0", Reason::NotGranted));
    let (text, _) = run("sockets_p3", granted(address), &["listen", "127.0.0.1:0"]).await;
    assert_eq!(text, "ErrorCode::AccessDenied");
}

#[tokio::test]
async fn a_guest_that_listens_for_datagrams_answers_those_who_wrote() {
    let control = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let allow = [control.local_addr().unwrap().to_string()];
    let config = AppConfig { network: network(&allow, &["127.0.0.1:*"]), ..AppConfig::default() };
    let client = async {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(b"hello", told(&control).await).await.unwrap();
        let mut buffer = [0; 64];
        let count = socket.recv(&mut buffer).await.unwrap();
        buffer[..count].to_vec()
    };
    let arguments = ["udp-serve", &allow[0], "127.0.0.1:0"];
    let both = async { tokio::join!(run("sockets_std", config, &arguments), client) };
    let ((text, refusals), answer) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    assert_eq!((text.as_str(), refusals, answer.as_slice()), ("answered", vec![], &b"hello"[..]));
}

/// A rule to listen holds for the socket that is bound so, and for no other one of the guest.
async fn a_socket_beside_one_that_listens(program: &str) {
    let control = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let friend = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let allow = [&control.local_addr(), &friend.local_addr()].map(|at| at.as_ref().unwrap().to_string());
    let unnamed = stranger.local_addr().unwrap().to_string();
    let config = AppConfig { network: network(&allow, &["127.0.0.1:*"]), ..AppConfig::default() };
    let others = async {
        let (stream, _) = control.accept().await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        let listening = lines.next_line().await.unwrap().unwrap();
        let beside = lines.next_line().await.unwrap().unwrap();
        stranger.send_to(b"stranger", &listening).await.unwrap();
        stranger.send_to(b"stranger", &beside).await.unwrap();
        friend.send_to(b"friend", &beside).await.unwrap();
        let mut buffer = [0; 64];
        let (_, from) = stranger.recv_from(&mut buffer).await.unwrap();
        assert_eq!(from.to_string(), listening, "{program}");
    };
    let arguments = ["udp-beside", &allow[0], "127.0.0.1:0", &unnamed];
    let both = async { tokio::join!(run(program, config, &arguments), others) };
    let ((text, refusals), ()) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    assert_eq!(text, "heard friend; is refused; answers", "{program}");
    assert_eq!(refusals, refused(&unnamed, Reason::NotGranted), "{program}");
}

#[tokio::test]
async fn a_socket_beside_one_that_listens_hears_and_answers_only_whom_a_rule_names() {
    a_socket_beside_one_that_listens("sockets_std").await;
}

#[tokio::test]
async fn a_socket_of_0_3_that_failed_to_listen_hears_and_answers_only_whom_a_rule_names() {
    a_socket_beside_one_that_listens("sockets_p3").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_connections_at_once_carry_the_right_bytes() {
    let server = echo_server().await;
    let arguments = [&server.to_string(), "300", "200000"];
    let running = run("sockets_tokio", granted(server), &arguments);
    let (text, refusals) = tokio::time::timeout(Duration::from_secs(300), running).await.unwrap();
    assert_eq!((text.as_str(), refusals), ("300 of 300 right", vec![]));
}

/// What made guests with more than about 128 ready sockets stand still: each look saw the same ones.
#[tokio::test]
async fn one_look_sees_all_sockets_that_are_ready() {
    let server = echo_server().await;
    let (text, _) = run("sockets_many_ready", granted(server), &[&server.to_string(), "300"]).await;
    assert_eq!(text, "301 of 301 ready");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_sockets_end_at_the_limit_and_another_guest_is_served() {
    let server = echo_server().await;
    let address = server.to_string();
    let limited =
        |sockets| AppConfig { limits: GuestLimits { sockets, ..GuestLimits::default() }, ..granted(server) };
    let other = load("sockets_std", granted(server));
    let attacks = [
        ("sockets_std", "many-tcp", &address[..], "100 open, 9900 refused, true"),
        ("sockets_std", "many-udp", "0.0.0.0:0", "100 open, 9900 refused, true"),
        (
            "sockets_p3",
            "many",
            &address,
            "100 open, 9900 refused, Some(ErrorCode::Other(Some(\"new-socket-limit\")))",
        ),
    ];
    for (program, what, target, expected) in attacks {
        let arguments = [what, target, "10000"];
        let attack = run(program, limited(100), &arguments);
        let echo = ["echo", &address[..]];
        let ((text, refusals), ran) = tokio::join!(attack, run_with(&other, &echo, &[]));
        assert_eq!(text, expected);
        assert!(refusals.iter().all(|refusal| refusal.reason == Reason::Limit) && !refusals.is_empty());
        assert_eq!(ran.text(), "hello\n");
    }
}

#[tokio::test]
async fn a_socket_that_is_gone_is_not_counted() {
    let server = echo_server().await;
    let network = network(&["127.0.0.1:*".to_owned()], &["127.0.0.1:*"]);
    let limits = GuestLimits { sockets: 4, ..GuestLimits::default() };
    let config = AppConfig { network, limits, ..AppConfig::default() };
    let (text, _) = run("sockets_std", config.clone(), &["again", &server.to_string(), "200"]).await;
    assert_eq!(text, "done");
    let (text, _) = run("sockets_p3", config, &["accept-many", "127.0.0.1:0", "200"]).await;
    assert_eq!(text, "done");
}

#[tokio::test]
async fn one_read_gives_no_more_than_the_limit() {
    let server = echo_server().await;
    let limits = GuestLimits { read_bytes: 3, ..GuestLimits::default() };
    let config = AppConfig { limits, ..granted(server) };
    assert_eq!(run("sockets_std", config.clone(), &["read-once", &server.to_string()]).await.0, "3");
    assert_eq!(run("sockets_std", config, &["echo", &server.to_string()]).await.0, "hello");
    assert_eq!(run("sockets_std", granted(server), &["read-once", &server.to_string()]).await.0, "5");
}

/// The guard for upgrades: a method that a door forgot would meet our object under upstream's type, and trap.
#[tokio::test]
async fn every_method_answers_on_a_socket_in_each_state() {
    let server = echo_server().await;
    let network = network(&["127.0.0.1:*".to_owned()], &["127.0.0.1:*"]);
    let config = AppConfig { network, ..AppConfig::default() };
    let (text, _) = run("sockets_every_method", config.clone(), &[&server.to_string()]).await;
    assert_eq!(text, "every method answered");
    let (text, _) = run("sockets_p3", config, &["every-method", &server.to_string()]).await;
    assert_eq!(text, "every method answered");
}

#[tokio::test]
async fn a_binding_is_not_reached_by_the_network() {
    // A real listener and a grant: what refuses the connection is that the address is a binding's.
    let server = echo_server().await;
    let address = server.to_string();
    let binding = |host: &str, port| Binding {
        name: "db".into(),
        protocol: BindingProtocol::Postgres,
        host: host.into(),
        port,
    };
    let bindings: Arc<[Binding]> =
        Arc::new([binding("127.0.0.1", server.port()), binding("db.warp.local", 5432)]);
    let config = AppConfig { bindings, ..granted(server) };
    for (program, expected) in
        [("sockets_std", "ConnectionRefused"), ("sockets_p3", "ErrorCode::ConnectionRefused")]
    {
        let application = load(program, config.clone());
        let (ran, facts) = run_watched(&application, &["echo", &address], &[], |_| ()).await;
        assert_eq!(ran.text().trim_end(), expected);
        assert_eq!(facts.refusals.newest(), refused(&address, Reason::NotYet));
        // By the address that stands for the binding's name, on its port and on another one.
        let synthetic = application.config().synthetic_addresses().address_of("db.warp.local").unwrap();
        for port in [5432, 5433] {
            let target = SocketAddr::new(synthetic, port).to_string();
            let (ran, facts) = run_watched(&application, &["echo", &target], &[], |_| ()).await;
            assert_eq!(ran.text().trim_end(), expected, "{target}");
            assert_eq!(facts.refusals.newest(), refused(&target, Reason::NotYet), "{target}");
        }
    }
}

#[tokio::test]
async fn without_the_shim_there_is_no_socket() {
    let server = echo_server().await;
    let shims = ShimConfig { sockets: None, ..ShimConfig::default() };
    let engine = crate::harness::engine(shims).unwrap();
    let application = engine.load_module(&guest("sockets_std"), granted(server)).unwrap();
    let ran = run_with(&application, &["echo", &server.to_string()], &[]).await;
    assert_eq!(ran.text(), "PermissionDenied\n");
}
