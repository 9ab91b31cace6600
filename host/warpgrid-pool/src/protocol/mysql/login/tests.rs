//! Servers that are broken, hostile or of another kind: each answers from a script over a simulated connection.

use super::super::frame::put_packet;
use super::super::packet::{put_error, put_ok};
use super::*;
use crate::config::PoolOptions;
use crate::endpoint::GuestLogin;
use crate::secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SCRAMBLE: &[u8; 20] = b"abcdefghijklmnopqrst";
const OFFERED: u32 = 0x81ff_f7df & !0x800;

/// A step of a scripted server: what it says, or that it reads one packet.
enum Step {
    Say(Vec<u8>),
    Read,
}

fn endpoint(host: &str) -> Endpoint {
    Endpoint {
        name: "orders".into(),
        protocol: Protocol::Mysql,
        server: ServerAddress::Tcp { host: host.into(), port: 3306 },
        database: None,
        user: Some("app".into()),
        password: Some(Secret::new("hunter2")),
        tls: None,
        guest_login: GuestLogin::Any,
        options: PoolOptions::default(),
    }
}

fn packet(sequence: u8, payload: &[u8]) -> Step {
    let mut bytes = Vec::new();
    put_packet(&mut bytes, sequence, payload);
    Step::Say(bytes)
}

fn greeting_payload(plugin: &[u8]) -> Vec<u8> {
    let version = if plugin == b"caching_sha2_password" { "9.7.0" } else { "5.5.5-10.11.6-MariaDB" };
    let mut payload = Vec::new();
    let (first, second) = SCRAMBLE.split_at(8);
    HandshakePacket::new(
        10,
        version.as_bytes(),
        42,
        first.try_into().unwrap(),
        Some([second, &[0]].concat()),
        CapabilityFlags::from_bits_retain(OFFERED),
        45,
        mysql_common::constants::StatusFlags::from_bits_retain(2),
        Some(plugin),
    )
    .serialize(&mut payload);
    payload
}

fn greeting(plugin: &[u8]) -> Step {
    packet(0, &greeting_payload(plugin))
}

fn ok(sequence: u8) -> Step {
    let mut bytes = Vec::new();
    put_ok(&mut bytes, sequence, 2);
    Step::Say(bytes)
}

/// Logs in to a server that plays a script, and gives what it read besides the outcome.
async fn play(endpoint: &Endpoint, script: Vec<Step>) -> (Result<MysqlFacts, PoolError>, Vec<Vec<u8>>) {
    let (client, mut server) = tokio::io::duplex(1 << 20);
    let script = async move {
        let mut read = Vec::new();
        for step in script {
            match step {
                Step::Say(bytes) => {
                    if server.write_all(&bytes).await.is_err() {
                        break;
                    }
                }
                Step::Read => match read_packet(&mut server, 1 << 20).await {
                    Ok((_, payload)) => read.push(payload),
                    Err(_) => break,
                },
            }
        }
        let _ = server.shutdown().await;
        let mut rest = Vec::new();
        let _ = server.read_to_end(&mut rest).await;
        read
    };
    let startup = StartupSet::default();
    let login = async {
        let outcome = login(Box::new(client), LoginRequest { endpoint, startup: &startup }).await;
        outcome.map(|logged_in| match logged_in.facts {
            ServerFacts::Mysql(facts) => facts,
            _ => unreachable!(),
        })
    };
    tokio::join!(login, script)
}

#[tokio::test]
async fn caching_sha2_by_its_fast_and_its_full_way() {
    let plugin = b"caching_sha2_password";
    let fast = vec![greeting(plugin), Step::Read, packet(2, &[1, 3]), ok(3)];
    let (facts, read) = play(&endpoint("db.example"), fast).await;
    assert_eq!(facts.unwrap().thread, 42);
    let expected = mysql_common::scramble::scramble_sha256(SCRAMBLE, b"hunter2").unwrap();
    assert!(read[0].windows(32).any(|window| window == expected));
    assert!(read[0].windows(21).any(|window| window == plugin));

    let full = || vec![greeting(plugin), Step::Read, packet(2, &[1, 4]), Step::Read];
    let (outcome, read) = play(&endpoint("db.example"), full()).await;
    assert!(outcome.unwrap_err().to_string().contains("`tls`"));
    assert_eq!(read.len(), 1, "nothing was said after the question for the password");

    let (_, read) = play(&endpoint("127.0.0.1"), full()).await;
    assert_eq!(read[1], [2], "asks for the key");
    let unix = Endpoint { server: ServerAddress::Unix("/run/mysqld.sock".into()), ..endpoint("") };
    let (_, read) = play(&unix, full()).await;
    assert_eq!(read[1], b"hunter2\0");
}

#[tokio::test]
async fn a_hostile_server_gets_no_password() {
    let native = b"mysql_native_password";
    let switch = |name: &[u8]| [&[0xfe][..], name, &[0], SCRAMBLE, &[0]].concat();
    for (answer, says) in [
        (switch(b"mysql_clear_password"), "clear text"),
        (switch(b"auth_gssapi_client"), "auth_gssapi_client"),
        (switch(b"dialog"), "dialog"),
        (vec![0xfe], "mysql_old_password"),
        (vec![2, b'x', 0], "second factor"),
        (vec![1, 4], "more than it may"),
        (vec![9], "not known"),
        (vec![], "not known"),
        (vec![0, 0], "broken"),
        (switch(native)[..30].to_vec(), "too short"),
    ] {
        let script = vec![greeting(native), Step::Read, packet(2, &answer), Step::Read];
        let (outcome, read) = play(&endpoint("db.example"), script).await;
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(says), "{answer:x?}: {error}");
        assert!(read.iter().all(|packet| !packet.windows(7).any(|window| window == b"hunter2")));
        assert!(!error.contains("hunter2"));
    }
    // Switching for ever ends.
    let mut script = vec![greeting(native), Step::Read];
    for round in 0..20u8 {
        script.extend([packet(2 + 2 * round, &switch(native)), Step::Read]);
    }
    let (outcome, _) = play(&endpoint("db.example"), script).await;
    assert!(outcome.unwrap_err().to_string().contains("yes or no"));
}

#[tokio::test]
async fn what_is_not_mysql_is_said_to_be_something_else() {
    let mut old = greeting_payload(b"mysql_native_password");
    old[0] = 9;
    let mut odd = Vec::new();
    put_packet(&mut odd, 5, &greeting_payload(b"mysql_native_password"));
    for (bytes, says) in [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "began with"),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "began with"),
        (vec![0, 0, 0, 0], "empty"),
        ([&[old.len() as u8, 0, 0, 0], &old[..]].concat(), "version 9"),
        (odd, "number 5"),
    ] {
        let (outcome, _) = play(&endpoint("db.example"), vec![Step::Say(bytes), Step::Read]).await;
        let error = outcome.unwrap_err();
        assert!(
            matches!(&error, PoolError::NotThisProtocol { reason, .. } if reason.contains(says)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_error_in_the_place_of_a_greeting_is_told() {
    for (code, text, unreachable) in [
        (1040, "Too many connections", true),
        (1129, "Host is blocked", true),
        (1130, "Host is not allowed", false),
    ] {
        let mut bytes = Vec::new();
        put_error(&mut bytes, 0, code, None, text);
        let (outcome, _) = play(&endpoint("db.example"), vec![Step::Say(bytes)]).await;
        let error = outcome.unwrap_err();
        assert_eq!(matches!(error, PoolError::Unreachable { .. }), unreachable, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[tokio::test]
async fn a_login_cut_at_any_byte_is_an_error_and_never_a_panic() {
    let mut bytes = Vec::new();
    put_packet(&mut bytes, 0, &greeting_payload(b"mysql_native_password"));
    for cut in 0..bytes.len() {
        let (outcome, _) = play(&endpoint("db.example"), vec![Step::Say(bytes[..cut].to_vec())]).await;
        assert!(matches!(outcome, Err(PoolError::Unreachable { .. })), "{cut}");
    }
    let payload = greeting_payload(b"mysql_native_password");
    for cut in 1..payload.len() {
        let _ = parse_greeting(&payload[..cut]);
        for value in [0, 0x7f, 0x80, 0xff] {
            let mut changed = payload.clone();
            changed[cut] = value;
            let _ = parse_greeting(&changed);
        }
    }
}

#[tokio::test]
async fn flags_that_a_guest_agreed_on_must_still_be_there() {
    let login =
        Login { stream: Box::new(tokio::io::empty()), endpoint: &endpoint("db.example"), sequence: 0 };
    let greeting = parse_greeting(&greeting_payload(b"mysql_native_password")).unwrap();
    let agreed = u64::from(CapabilityFlags::CLIENT_DEPRECATE_EOF.bits() | flags::REQUIRED);
    assert_eq!(login.agree(&greeting, agreed).unwrap(), CapabilityFlags::CLIENT_DEPRECATE_EOF.bits());
    let less = Greeting { offered: flags::REQUIRED, ..greeting };
    let error = login.agree(&less, agreed).unwrap_err();
    assert!(error.to_string().contains("DEPRECATE_EOF"), "{error}");
    assert_eq!(login.agree(&less, 0).unwrap(), 0);
}
