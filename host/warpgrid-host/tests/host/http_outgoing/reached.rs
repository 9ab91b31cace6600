//! Where requests may go: what is granted is reached, and nothing else is.

use super::client::{DOORS, Sender, System, answered, failed, refused};
use super::servers::{Behaviour, Server, ok};
use std::sync::Arc;
use tokio::sync::Barrier;
use warpgrid_grants::refusal::Reason;

#[tokio::test]
async fn a_host_is_reached_when_its_name_its_address_or_its_block_is_granted() {
    let server = Server::start(ok("hello")).await;
    let port = server.port();
    for (index, (rule, url)) in [
        (format!("users.example:{port}"), format!("http://users.example:{port}/a?b")),
        (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}/a?b")),
        (format!("127.0.0.0/8:{port}"), format!("http://127.0.0.1:{port}/a?b")),
        (format!("*.example:{port}"), format!("http://USERS.example.:{port}/a?b")),
        (format!("users.example:{port}"), format!("http://users.example:{port}/a?b")),
        (format!("127.0.0.1:{port}"), format!("http://[::ffff:127.0.0.1]:{port}/a?b")),
    ]
    .into_iter()
    .enumerate()
    {
        let sender = Sender::new(DOORS[index % 2], std::slice::from_ref(&rule), |_| {});
        assert_eq!(sender.get(&url, &[]).await, answered("200 hello"), "{rule} {url}");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    assert!(requests.iter().all(|request| request.starts_with("get /a?b http/1.1\r\n")), "{requests:?}");
}

#[tokio::test]
async fn what_is_not_granted_is_refused_and_recorded_and_nobody_is_asked() {
    let server = Server::start(ok("never")).await;
    let port = server.port();
    let other = Server::start(ok("never")).await.port();
    for (index, (allow, host, reason)) in [
        (vec![], "users.example", Reason::PrivateAddress),
        (vec![format!("users.example:{other}")], "users.example", Reason::NotGranted),
        (vec![], "127.0.0.1", Reason::PrivateAddress),
        (vec![format!("users.example:{port}")], "127.0.0.1", Reason::PrivateAddress),
        (vec![format!("127.0.0.1:{other}")], "127.0.0.1", Reason::NotGranted),
        (vec![format!("other.example:{port}")], "users.example", Reason::PrivateAddress),
        (vec![format!("*:{port}")], "127.0.0.1", Reason::PrivateAddress),
    ]
    .into_iter()
    .enumerate()
    {
        let sender = Sender::new(DOORS[index % 2], &allow, |_| {});
        let sent = sender.get(&format!("http://{host}:{port}/"), &[]).await;
        let expected = refused("HttpRequestDenied", &format!("{host}:{port}"), reason);
        assert_eq!(sent, expected, "{allow:?} {host}");
    }
    for door in DOORS {
        let system = System::new(&[&["127.0.0.1"]]);
        // The system may be asked for the granted name, and for no other.
        let allow = [format!("users.example:{port}")];
        let sender = Sender::with(door, "", &allow, |app| app.system_resolver = system.clone());
        let sent = sender.get(&format!("http://secret.evil.example:{port}/"), &[]).await;
        let subject = format!("secret.evil.example:{port}");
        assert_eq!(sent, refused("HttpRequestDenied", &subject, Reason::NotGranted));
        assert_eq!(system.asked(), 0);
    }
    assert_eq!(server.requests().len(), 0);
}

/// What a guest is told of a name that is there and may not be: the same as of one that is not.
const NO_SUCH_NAME: &str = "DnsError(DnsErrorPayload { rcode: Some(\"NXDOMAIN\"), info-code: None })";

#[tokio::test]
async fn a_granted_name_that_points_into_the_private_network_is_refused() {
    let server = Server::start(ok("never")).await;
    let port = server.port();
    let answers = [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "64:ff9b::7f00:1",
    ];
    let each: Vec<&[&str]> = answers.iter().map(std::slice::from_ref).collect();
    let system = System::new(&each);
    let sender = Sender::asking("httpout_get", &[format!("evil.example:{port}")], &system);
    for (index, answer) in answers.into_iter().enumerate() {
        let sent = sender.get(&format!("http://evil.example:{port}/"), &[]).await;
        let subject = format!("evil.example:{port}");
        assert_eq!(sent, refused(NO_SUCH_NAME, &subject, Reason::PrivateAddress), "{answer}");
        assert_eq!(system.asked(), index + 1);
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn of_several_answers_only_those_that_are_granted_are_connected_to() {
    let granted = Server::start(ok("granted")).await;
    let port = granted.port();
    let other = Server::at(format!("127.0.0.2:{port}").parse().unwrap(), ok("other"), None).await;
    let allow = [format!("users.example:{port}"), format!("127.0.0.1:{port}")];
    let system = System::new(&[&["127.0.0.2", "169.254.169.254", "127.0.0.1"]]);
    let sender = Sender::asking("httpout_get", &allow, &system);
    let sent = sender.get(&format!("http://users.example:{port}/"), &[]).await;
    assert_eq!(sent, answered("200 granted"));
    assert_eq!((granted.requests().len(), other.requests().len()), (1, 0));
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_connected_to() {
    for door in DOORS {
        let first = Server::start(ok("first")).await;
        let port = first.port();
        let second = Server::at(format!("127.0.0.2:{port}").parse().unwrap(), ok("second"), None).await;
        let allow = [format!("users.example:{port}"), format!("127.0.0.1:{port}")];
        let system = System::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
        let sender = Sender::asking(door, &allow, &system);
        let url = format!("http://users.example:{port}/");
        assert_eq!(sender.get(&url, &[]).await, answered("200 first"));
        assert_eq!(system.asked(), 1, "one look-up for one request");
        let subject = format!("users.example:{port}");
        let again = sender.get(&url, &[]).await;
        assert_eq!(again, refused(NO_SUCH_NAME, &subject, Reason::PrivateAddress));
        assert_eq!((first.requests().len(), second.requests().len()), (1, 0));
    }
}

#[tokio::test]
async fn authorities_that_can_be_read_in_two_ways_are_refused() {
    let server = Server::start(ok("never")).await;
    let port = server.port();
    let allow = [format!("users.example:{port}"), format!("127.0.0.1:{port}")];
    for door in DOORS {
        let sender = Sender::new(door, &allow, |_| {});
        for authority in [
            format!("users.example@127.0.0.1:{port}"),
            format!("user:secret@users.example:{port}"),
            format!("127.1:{port}"),
            format!("2130706433:{port}"),
            format!("0x7f000001:{port}"),
            format!("0x7f.0.0.1:{port}"),
            format!("0177.0.0.1:{port}"),
            format!("127.0.0.1.:{port}"),
            "users.example:0".to_owned(),
            "users.example:99999".to_owned(),
        ] {
            let sent = sender.get(&format!("http://{authority}/"), &[]).await;
            let subject = authority.rsplit('@').next().unwrap();
            // Some are refused by the interface itself, before the request is sent.
            let refusal = refused("HttpRequestUriInvalid", subject, Reason::Invalid);
            let early = ["authority refused", "no request", "error authority rejected"];
            let early = early.iter().any(|text| sent.text.starts_with(text)) && sent.refused.is_empty();
            assert!(early || sent == refusal, "{door} {authority}: {sent:?}");
            assert!(!format!("{sent:?}").contains("secret"), "{sent:?}");
        }
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_guest_can_neither_set_the_host_header_nor_name_another_host_in_the_request_line() {
    let server = Server::start(ok("hello")).await;
    let port = server.port();
    let allow = [format!("users.example:{port}")];
    let url = format!("http://Users.Example.:{port}/");
    for door in DOORS {
        let sender = Sender::new(door, &allow, |_| {});
        for header in ["host:evil.example", "transfer-encoding:chunked", "connection:close"] {
            let sent = sender.get(&url, &[&format!("header={header}")]).await;
            assert!(sent.text.to_lowercase().contains("forbidden"), "{door} {header} {sent:?}");
        }
        assert_eq!(server.requests().len(), 0);
    }
    let raw = Sender::new("httpout_get_p3", &allow, |_| {});
    for path in ["http://evil.example/", "evil.example/", "*"] {
        let arguments = ["guest", "http", &format!("users.example:{port}"), path].map(str::to_owned);
        assert_eq!(raw.run(0, arguments.to_vec()).await, answered("path refused"), "{path}");
    }
    assert_eq!(server.requests().len(), 0);
    for (sent, door) in DOORS.into_iter().enumerate() {
        let sender = Sender::new(door, &allow, |_| {});
        assert_eq!(sender.get(&url, &["header=x-mine:1"]).await, answered("200 hello"));
        let request = server.requests().remove(sent);
        let hosts: Vec<_> = request.lines().filter(|line| line.starts_with("host:")).collect();
        assert_eq!(hosts, [format!("host: users.example:{port}")], "{request}");
        assert!(request.contains("x-mine: 1"), "{request}");
    }
}

#[tokio::test]
async fn a_redirect_is_handed_to_the_guest_and_not_followed() {
    let elsewhere = Server::start(ok("elsewhere")).await;
    let to = format!("http://127.0.0.1:{}/", elsewhere.port());
    let head = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let server = Server::start(Behaviour::Answer(head)).await;
    let allow = [format!("users.example:{}", server.port()), format!("127.0.0.1:{}", elsewhere.port())];
    let sender = Sender::new("httpout_get", &allow, |_| {});
    let sent = sender.get(&format!("http://users.example:{}/", server.port()), &[]).await;
    assert_eq!(sent, answered(&format!("302  to \"{to}\"")));
    assert_eq!((server.requests().len(), elsewhere.requests().len()), (1, 0));
}

#[tokio::test]
async fn a_body_is_sent_and_the_method_connect_is_not() {
    let server = Server::start(ok("stored")).await;
    let port = server.port();
    for (sent, door) in DOORS.into_iter().enumerate() {
        let sender = Sender::new(door, &[format!("users.example:{port}")], |_| {});
        let url = format!("http://users.example:{port}/store");
        assert_eq!(sender.get(&url, &["post=some text"]).await, answered("200 stored"), "{door}");
        let request = server.requests().remove(sent);
        assert!(
            request.starts_with("post /store http/1.1\r\n") && request.contains("some text"),
            "{request}"
        );
    }
    let sender = Sender::new("httpout_get", &[format!("users.example:{port}")], |_| {});
    let sent = sender.get(&format!("http://users.example:{port}/"), &["method=CONNECT"]).await;
    let expected = refused("HttpRequestMethodInvalid", &format!("users.example:{port}"), Reason::Invalid);
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn without_the_dns_shim_only_addresses_are_reached() {
    let server = Server::start(ok("hello")).await;
    let port = server.port();
    let allow = [format!("users.example:{port}"), format!("127.0.0.1:{port}")];
    let toml = "[registry]\n'users.example' = '127.0.0.1'\n[shims]\ndns = false\n";
    let sender = Sender::with("httpout_get", toml, &allow, |_| {});
    assert_eq!(sender.get(&format!("http://127.0.0.1:{port}/"), &[]).await, answered("200 hello"));
    let sent = sender.get(&format!("http://users.example:{port}/"), &[]).await;
    assert_eq!(sent, refused("HttpRequestDenied", &format!("users.example:{port}"), Reason::NotGranted));
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told_from_one_that_is_refused() {
    let sender = Sender::new("httpout_get", &["*.example:80".to_owned()], |_| {});
    let sent = sender.get("http://nobody.example/", &[]).await;
    assert!(sent.text.contains("DnsError") && sent.text.contains("NXDOMAIN"), "{sent:?}");
    assert_eq!(sent.refused, []);
}

#[tokio::test]
async fn more_requests_at_the_same_time_than_the_limit_are_refused() {
    let server = Server::start(Behaviour::Together(Arc::new(Barrier::new(2)))).await;
    let port = server.port();
    let sender = Sender::new("httpout_get", &[format!("127.0.0.1:{port}")], |app| {
        app.outgoing.concurrent_requests = 2;
    });
    let url = format!("http://127.0.0.1:{port}/");
    let sent = sender.get(&url, &["times=5"]).await;
    let mut lines: Vec<_> = sent.text.lines().collect();
    lines.sort_unstable();
    let too_many = "error ErrorCode::ConnectionLimitReached";
    assert_eq!(lines, ["200 together", "200 together", too_many, too_many, too_many]);
    assert_eq!(sent.refused, vec![(format!("127.0.0.1:{port}"), Reason::Limit); 3]);
    assert_eq!(server.requests().len(), 2);
    let again = sender.get(&url, &["times=2"]).await;
    assert_eq!(again, answered("200 together\n200 together"), "places are given back");
}

#[tokio::test]
async fn a_server_that_is_not_there_refuses_the_connection() {
    let port = Server::start(ok("gone")).await.port();
    for door in DOORS {
        let sender = Sender::new(door, &[format!("127.0.0.9:{port}")], |_| {});
        assert_eq!(
            sender.get(&format!("http://127.0.0.9:{port}/"), &[]).await,
            failed("ConnectionRefused"),
            "{door}"
        );
    }
}
