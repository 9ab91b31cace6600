//! Guests of every kind: those that log in, those that may not, those that send something else.

use super::*;
use crate::protocol::CancelKey;
use crate::secret::Secret;
use mysql_common::scramble::scramble_sha256;
use std::sync::Arc;
use std::time::Duration;

const BASE: u32 = 0x0000_8200;
const PLUGIN: u32 = 0x0008_0000;
const DATABASE: u32 = 8;

fn terms(login: GuestLogin, database: Option<&str>, tls_offered: bool) -> GreetTerms {
    let facts = MysqlFacts {
        version: "5.5.5-10.11.6-MariaDB".into(),
        offered: 0x81ff_ffff,
        character_set: 45,
        ..MysqlFacts::default()
    };
    GreetTerms {
        endpoint: "orders".into(),
        database: database.map(str::to_owned),
        login,
        tls_offered,
        facts: Some(Arc::new(ServerFacts::Mysql(facts))),
        cancel: CancelKey { number: 1001, secret: 0 },
        nonce: std::array::from_fn(|at| (at as u8).wrapping_mul(9)),
    }
}

fn opened(login: GuestLogin, database: Option<&str>, tls_offered: bool) -> MysqlGreeter {
    let mut greeter = MysqlGreeter::new(terms(login, database, tls_offered));
    greeter.open(&mut BytesMut::new());
    greeter
}

fn frame(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_packet(&mut bytes, sequence, payload);
    bytes
}

/// `HandshakeResponse41`, by hand.
fn response(flags: u32, user: &str, proof: &[u8], database: Option<&str>, plugin: Option<&[u8]>) -> Vec<u8> {
    let mut flags = BASE | flags;
    let mut rest = [user.as_bytes(), &[0, proof.len() as u8], proof].concat();
    if let Some(database) = database {
        flags |= DATABASE;
        rest.extend([database.as_bytes(), &[0]].concat());
    }
    if let Some(plugin) = plugin {
        flags |= PLUGIN;
        rest.extend([plugin, &[0]].concat());
    }
    [&flags.to_le_bytes()[..], &[0, 0, 0, 1, 8], &[0; 23], &rest].concat()
}

fn advance(greeter: &mut MysqlGreeter, bytes: &[u8]) -> (GreetStep, Vec<u8>) {
    let (mut input, mut output) = (BytesMut::from(bytes), BytesMut::new());
    let step = greeter.advance(&mut input, &mut output);
    (step, output.to_vec())
}

fn code(output: &[u8]) -> u16 {
    assert_eq!(output[4], 0xff, "{output:x?}");
    u16::from_le_bytes([output[5], output[6]])
}

#[test]
fn the_greeting_is_the_servers_with_the_hosts_number() {
    for tls in [false, true] {
        let mut greeter = MysqlGreeter::new(terms(GuestLogin::Any, None, tls));
        let mut output = BytesMut::new();
        greeter.open(&mut output);
        let packet = HandshakePacket::deserialize((), &mut ParseBuf(&output[4..])).unwrap();
        assert_eq!(packet.server_version_str(), "5.5.5-10.11.6-MariaDB");
        assert_eq!(packet.connection_id(), 1001);
        assert_eq!(packet.nonce(), greeter.scramble);
        assert_eq!(packet.auth_plugin_name_ref(), Some(NATIVE));
        let flags = packet.capabilities();
        assert_eq!(flags.contains(CapabilityFlags::CLIENT_SSL), tls);
        assert!(!flags.intersects(
            CapabilityFlags::CLIENT_COMPRESS
                | CapabilityFlags::CLIENT_ZSTD_COMPRESSION_ALGORITHM
                | CapabilityFlags::CLIENT_QUERY_ATTRIBUTES
                | CapabilityFlags::CLIENT_OPTIONAL_RESULTSET_METADATA
        ));
        assert!(
            packet.mariadb_ext_capabilities().is_empty()
                && flags.contains(CapabilityFlags::CLIENT_LONG_PASSWORD)
        );
        assert!(greeter.scramble.iter().all(u8::is_ascii_graphic));
    }
}

#[test]
fn a_login_is_understood_at_every_split() {
    let flags = CapabilityFlags::CLIENT_DEPRECATE_EOF.bits() | CapabilityFlags::CLIENT_COMPRESS.bits();
    let bytes = frame(1, &response(flags, "whoever", b"12345678901234567890", Some("app"), Some(NATIVE)));
    for split in 0..=bytes.len() {
        let mut greeter = opened(GuestLogin::Any, None, false);
        let (mut input, mut output) = (BytesMut::from(&bytes[..split]), BytesMut::new());
        if split < bytes.len() {
            assert!(matches!(greeter.advance(&mut input, &mut output), GreetStep::More));
            input.extend_from_slice(&bytes[split..]);
        }
        input.extend_from_slice(b"behind it");
        let step = greeter.advance(&mut input, &mut output);
        let GreetStep::Checkout(hello) = step else { panic!("{step:?}") };
        assert_eq!(hello.startup.database.as_deref(), Some("app"));
        assert_eq!(hello.startup.parameters["character-set"], "8");
        let agreed = CapabilityFlags::CLIENT_DEPRECATE_EOF | CapabilityFlags::CLIENT_PROTOCOL_41;
        assert_eq!(hello.startup.capabilities, u64::from(agreed.bits()));
        assert!(output.is_empty() && &input[..] == b"behind it");
        greeter.welcome(&ServerFacts::Mysql(MysqlFacts { status: 2, ..MysqlFacts::default() }), &mut output);
        assert_eq!(&output[..], &frame(2, &[0, 0, 0, 2, 0, 0, 0])[..]);
    }
}

#[test]
fn other_plugins_are_switched_to_one_that_is_known() {
    for (named, wanted) in
        [(CACHING, CACHING), (&b"client_ed25519"[..], NATIVE), (b"sha256_password", NATIVE)]
    {
        let mut greeter = opened(GuestLogin::Any, None, false);
        let (step, output) = advance(&mut greeter, &frame(1, &response(0, "x", b"", None, Some(named))));
        assert!(matches!(step, GreetStep::More));
        let request = AuthSwitchRequest::deserialize((), &mut ParseBuf(&output[4..])).unwrap();
        assert_eq!((output[3], request.auth_plugin().as_bytes()), (2, wanted));
        assert_eq!(request.plugin_data(), greeter.scramble);
        let (step, output) = advance(&mut greeter, &frame(3, &[9; 32]));
        assert!(matches!(step, GreetStep::Checkout(_)));
        assert_eq!(output, if wanted == CACHING { frame(4, &[1, 3]) } else { vec![] });
    }
    // Without a password there is nothing to be known.
    for nothing in [&[][..], &[0]] {
        let mut greeter = opened(GuestLogin::Any, None, false);
        advance(&mut greeter, &frame(1, &response(0, "x", b"", None, Some(CACHING))));
        let (step, output) = advance(&mut greeter, &frame(3, nothing));
        assert!(matches!(step, GreetStep::Checkout(_)) && output.is_empty());
    }
}

#[test]
fn a_wrong_user_and_a_wrong_password_look_alike() {
    let check = || GuestLogin::Check { user: "guest".into(), password: Secret::new("sesame") };
    let outcome = |user: &str, password: &[u8], caching: bool| {
        let mut greeter = opened(check(), Some("app"), false);
        let scramble = greeter.scramble;
        if caching {
            advance(&mut greeter, &frame(1, &response(0, user, b"", None, Some(CACHING))));
            let proof = scramble_sha256(&scramble, password).map(|proof| proof.to_vec()).unwrap_or_default();
            advance(&mut greeter, &frame(3, &proof))
        } else {
            let proof = scramble_native(&scramble, password).map(|proof| proof.to_vec()).unwrap_or_default();
            advance(&mut greeter, &frame(1, &response(0, user, &proof, None, Some(NATIVE))))
        }
    };
    for caching in [false, true] {
        assert!(matches!(outcome("guest", b"sesame", caching).0, GreetStep::Checkout(_)));
        let mut texts = Vec::new();
        for (user, password) in [("guest", &b"wrong"[..]), ("gueSt", b"sesame"), ("gues", b"sesame")] {
            let (step, output) = outcome(user, password, caching);
            assert!(matches!(step, GreetStep::End(PoolError::Denied { .. })), "{user}");
            assert_eq!(code(&output), 1045);
            texts.push(String::from_utf8_lossy(&output[13..]).replace(user, "?"));
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(matches!(outcome("guest", b"", caching).0, GreetStep::End(_)));
    }
}

#[test]
fn the_database_is_the_endpoints_or_the_guests() {
    for (own, wanted, expected) in [
        (Some("app"), None, Ok(None)),
        (Some("app"), Some(""), Ok(None)),
        (Some("app"), Some("app"), Ok(None)),
        (Some("app"), Some("App"), Err(1044)),
        (Some("app"), Some("mysql"), Err(1044)),
        (None, None, Ok(None)),
        (None, Some("mysql"), Ok(Some("mysql"))),
    ] {
        let mut greeter = opened(GuestLogin::Any, own, false);
        let (step, output) = advance(&mut greeter, &frame(1, &response(0, "x", b"", wanted, Some(NATIVE))));
        match (step, expected) {
            (GreetStep::Checkout(hello), Ok(database)) => {
                assert_eq!(hello.startup.database.as_deref(), database)
            }
            (GreetStep::End(PoolError::Denied { .. }), Err(number)) => assert_eq!(code(&output), number),
            (step, _) => panic!("{own:?} {wanted:?}: {step:?}"),
        }
    }
}

#[test]
fn encryption_begins_only_where_it_was_offered_and_once() {
    let request = [&(BASE | 0x800).to_le_bytes()[..], &[0, 0, 0, 1, 8], &[0; 23]].concat();
    let mut greeter = opened(GuestLogin::Any, None, false);
    let (step, output) = advance(&mut greeter, &frame(1, &request));
    assert!(matches!(step, GreetStep::End(PoolError::Violation { .. })) && code(&output) == 1043);

    let mut greeter = opened(GuestLogin::Any, None, true);
    let mut input = BytesMut::from(&[frame(1, &request), b"ahead".to_vec()].concat()[..]);
    assert!(matches!(greeter.advance(&mut input, &mut BytesMut::new()), GreetStep::StartTls));
    assert_eq!(&input[..], b"ahead", "the caller refuses what came ahead");
    let (step, _) = advance(&mut greeter, &frame(2, &response(0x800, "x", b"", None, Some(NATIVE))));
    assert!(matches!(step, GreetStep::Checkout(_)));
    let mut greeter = opened(GuestLogin::Any, None, true);
    advance(&mut greeter, &frame(1, &request));
    assert!(matches!(advance(&mut greeter, &frame(2, &request)).0, GreetStep::End(_)));
}

#[test]
fn what_is_no_login_is_refused_and_never_a_panic() {
    let cases: [(Vec<u8>, u16); 6] = [
        (frame(1, &[0x85, 0x24, 0, 0, 0, b'x', 0]), 1251),
        (frame(1, &[1, 2]), 1043),
        (frame(0, &response(0, "x", b"", None, None)), 1043),
        (vec![1, 0, 1, 1], 1043),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 1043),
        (frame(1, &response(0, "x", b"", None, None)[..33]), 1043),
    ];
    for (bytes, number) in cases {
        let (step, output) = advance(&mut opened(GuestLogin::Any, None, false), &bytes);
        assert!(matches!(step, GreetStep::End(_)), "{bytes:x?}: {step:?}");
        assert_eq!(code(&output), number, "{bytes:x?}");
    }
    let (step, _) = advance(&mut opened(GuestLogin::Any, None, false), &frame(0, &[1]));
    assert!(matches!(step, GreetStep::Goodbye));

    let good = frame(1, &response(0x0030_0000, "x", b"12345678901234567890", Some("app"), Some(CACHING)));
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(4..bytes.len());
            bytes[at] = random.u8(..);
        }
        let _ = advance(&mut opened(GuestLogin::Any, None, true), &bytes);
    }
}

#[test]
fn a_refusal_is_readable_before_and_after_the_login() {
    let error = |endpoint: &str| PoolError::Unreachable {
        endpoint: endpoint.into(),
        reason: "refused".into(),
        retry: Duration::from_secs(1),
    };
    let mut output = BytesMut::new();
    MysqlGreeter::new(terms(GuestLogin::Any, None, false)).refuse(&error("orders"), &mut output);
    assert_eq!((output[3], code(&output)), (0, 1429));
    assert_ne!(output[7], b'#', "nobody has agreed on a state yet");
    let mut greeter = opened(GuestLogin::Any, None, false);
    advance(&mut greeter, &frame(1, &response(0, "x", b"", None, None)));
    for (error, number) in [
        (error("orders"), 1429),
        (PoolError::QueueFull { endpoint: "orders".into(), queue: 1 }, 1040),
        (PoolError::Draining { endpoint: "orders".into() }, 1053),
        (PoolError::Denied { endpoint: "orders".into(), reason: "x".into() }, 1045),
    ] {
        output.clear();
        greeter.refuse(&error, &mut output);
        assert_eq!((code(&output), output[7]), (number, b'#'));
        assert!(String::from_utf8_lossy(&output).contains("orders"));
    }
}
