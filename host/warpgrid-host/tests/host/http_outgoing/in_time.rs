//! Time-outs, limits and broken servers.

use super::client::{DOORS, Sender, Sent, System, answered, failed};
use super::servers::{Behaviour, Server, ok};
use std::time::Duration;

const READ: &str = "connection read timeout";
const LONG: &str = "first=3600000";

#[tokio::test]
async fn a_server_that_never_answers_ends_in_a_time_out() {
    let server = Server::start(Behaviour::Stall(String::new())).await;
    let port = server.port();
    for door in DOORS {
        let url = format!("http://127.0.0.1:{port}/");
        let sender = Sender::new(door, &[format!("127.0.0.1:{port}")], |_| {});
        assert_eq!(sender.get(&url, &["first=30"]).await, failed("ConnectionReadTimeout"), "{door}");
        assert_eq!(sender.get(&url, &["first=0"]).await, failed("ConnectionReadTimeout"), "{door}");
        let capped = Sender::new(door, &[format!("127.0.0.1:{port}")], |app| {
            app.outgoing.first_byte = Duration::from_millis(30);
        });
        assert_eq!(capped.get(&url, &[LONG]).await, failed("ConnectionReadTimeout"), "{door}");
        assert_eq!(capped.get(&url, &[]).await, failed("ConnectionReadTimeout"), "{door}");
    }
}

/// The interface of 0.2 gives a guest no code for a body that breaks off, only the words.
fn assert_breaks_off(sent: &Sent, code: &str, words: &str) {
    let end = sent.text.strip_prefix("200 part then error ").unwrap_or_else(|| panic!("{sent:?}"));
    assert!(end.contains(code) || end.contains(words), "{sent:?}");
}

#[tokio::test]
async fn a_server_that_stalls_in_the_middle_of_the_body_ends_in_a_time_out() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart";
    let server = Server::start(Behaviour::Stall(head.to_owned())).await;
    let port = server.port();
    for door in DOORS {
        let url = format!("http://127.0.0.1:{port}/");
        let sender = Sender::new(door, &[format!("127.0.0.1:{port}")], |_| {});
        assert_breaks_off(&sender.get(&url, &["between=30"]).await, "ConnectionReadTimeout", READ);
        let capped = Sender::new(door, &[format!("127.0.0.1:{port}")], |app| {
            app.outgoing.between_bytes = Duration::from_millis(30);
        });
        assert_breaks_off(&capped.get(&url, &["between=3600000"]).await, "ConnectionReadTimeout", READ);
    }
}

#[tokio::test]
async fn a_handshake_and_a_look_up_that_never_end_are_within_the_time_to_connect() {
    let server = Server::start(Behaviour::Stall(String::new())).await;
    let port = server.port();
    for door in DOORS {
        let sender = Sender::new(door, &[format!("127.0.0.1:{port}")], |_| {});
        let sent = sender.get(&format!("https://127.0.0.1:{port}/"), &["connect=30"]).await;
        assert_eq!(sent, failed("ConnectionTimeout"), "{door}");
        let silent = System::new(&[]);
        let sender = Sender::asking(door, &[format!("users.example:{port}")], &silent);
        let sent = sender.get(&format!("http://users.example:{port}/"), &["connect=30"]).await;
        assert_eq!(sent, failed("DnsTimeout"), "{door}");
    }
}

#[tokio::test]
async fn what_a_broken_server_does_is_told_by_a_code() {
    let long = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "a".repeat(100_000));
    let many: String = (0..200).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let senders = DOORS.map(|door| Sender::new(door, &["127.0.0.1:*".to_owned()], |_| {}));
    for (text, code) in [
        (String::new(), "HttpResponseIncomplete"),
        ("HTTP/1.1 200".to_owned(), "HttpResponseIncomplete"),
        ("SSH-2.0-nonsense\r\n\r\n".to_owned(), "HttpProtocolError"),
        (long, "HttpResponseHeaderSectionSize"),
        (format!("HTTP/1.1 200 OK\r\n{many}\r\n"), "HttpResponseHeaderSectionSize"),
        ("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n".to_owned(), "HttpUpgradeFailed"),
    ] {
        let server = Server::start(Behaviour::Answer(text.clone())).await;
        for sender in &senders {
            let sent = sender.get(&format!("http://127.0.0.1:{}/", server.port()), &[]).await;
            assert!(sent.text.starts_with(&format!("error ErrorCode::{code}")), "{text:.30} {sent:?}");
        }
    }
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart".to_owned();
    let server = Server::start(Behaviour::Answer(cut)).await;
    for sender in &senders {
        let sent = sender.get(&format!("http://127.0.0.1:{}/", server.port()), &[]).await;
        assert_breaks_off(&sent, "HttpResponseIncomplete", "incomplete HTTP response");
    }
}

#[tokio::test]
async fn a_large_answer_arrives_whole() {
    let body = "0123456789abcdef".repeat(32 * 1024);
    let server = Server::start(ok(&body)).await;
    let port = server.port();
    for door in DOORS {
        let sender = Sender::new(door, &[format!("127.0.0.1:{port}")], |_| {});
        let sent = sender.get(&format!("http://127.0.0.1:{port}/"), &[]).await;
        assert_eq!(sent.text.len(), body.len() + "200 ".len(), "{door}");
        assert!(sent == answered(&format!("200 {body}")), "{door}");
    }
}
