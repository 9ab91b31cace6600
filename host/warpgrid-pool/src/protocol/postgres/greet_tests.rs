//! The greeting from a guest's side: what drivers send, what nobody should, at every split of the bytes.

use super::facts::PostgresFacts;
use super::greet::PostgresGreeter;
use crate::endpoint::GuestLogin;
use crate::error::PoolError;
use crate::protocol::{CancelKey, GreetStep, GreetTerms, Greeter, ServerFacts};
use crate::secret::Secret;
use bytes::BytesMut;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use postgres_protocol::message::frontend;
use std::collections::BTreeMap;
use std::time::Duration;

const SSL: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";
const GSS: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x30";

fn terms() -> GreetTerms {
    GreetTerms {
        endpoint: "orders".into(),
        database: Some("shop".into()),
        login: GuestLogin::Any,
        tls_offered: false,
        facts: None,
        cancel: CancelKey { number: 7, secret: 0x0102_0304 },
        nonce: [9; 32],
    }
}

fn checking() -> GreetTerms {
    let login = GuestLogin::Check { user: "guest".into(), password: Secret::new("open sesame") };
    GreetTerms { login, ..terms() }
}

fn startup(parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    frontend::startup_message(parameters.iter().copied(), &mut bytes).unwrap();
    bytes.to_vec()
}

/// An opening message with this code and these bytes behind it.
fn opening(code: u32, rest: &[u8]) -> Vec<u8> {
    let mut bytes = (rest.len() as u32 + 8).to_be_bytes().to_vec();
    bytes.extend_from_slice(&code.to_be_bytes());
    bytes.extend_from_slice(rest);
    bytes
}

/// What a greeter makes of bytes that come at once: its step, its answer, what stays in the input.
fn greet(terms: GreetTerms, bytes: &[u8]) -> (GreetStep, Vec<u8>, Vec<u8>) {
    let (mut input, mut output) = (BytesMut::from(bytes), BytesMut::new());
    let step = PostgresGreeter::new(terms).advance(&mut input, &mut output);
    (step, output.to_vec(), input.to_vec())
}

fn code(output: &[u8]) -> String {
    assert_eq!(output.first(), Some(&b'E'), "{output:?}");
    let field = output[5..].split(|byte| *byte == 0).find(|field| field.first() == Some(&b'C')).unwrap();
    String::from_utf8(field[1..].to_vec()).unwrap()
}

#[test]
fn a_driver_is_let_in_at_every_split_of_its_bytes() {
    let login =
        startup(&[("user", "me"), ("database", "shop"), ("client_encoding", "UTF8"), ("options", "-c a=b")]);
    let bytes = [GSS, SSL, &login, b"Q\0\0\0\x05\0"].concat();
    for cut in 0..=bytes.len() {
        let mut greeter = PostgresGreeter::new(terms());
        let (mut input, mut output) = (BytesMut::from(&bytes[..cut]), BytesMut::new());
        let mut step = greeter.advance(&mut input, &mut output);
        if matches!(step, GreetStep::More) {
            input.extend_from_slice(&bytes[cut..]);
            step = greeter.advance(&mut input, &mut output);
        } else {
            input.extend_from_slice(&bytes[cut..]);
        }
        let GreetStep::Checkout(hello) = step else { panic!("{cut}: {step:?}") };
        let want =
            [("client_encoding", "UTF8"), ("options", "-c a=b")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(hello.startup.parameters, BTreeMap::from(want));
        assert_eq!(
            (hello.startup.database, output.as_ref(), input.as_ref()),
            (None, &b"NN"[..], &b"Q\0\0\0\x05\0"[..])
        );
    }
}

#[test]
fn the_welcome_shows_the_sessions_parameters_and_a_key_of_the_hosts_own() {
    let facts = PostgresFacts {
        process_id: 4242,
        cancel_secret: b"real"[..].into(),
        parameters: vec![("TimeZone".into(), "GMT".into()), ("search_path".into(), String::new())],
    };
    assert!(!format!("{facts:?}").contains("real"));
    let mut output = BytesMut::new();
    PostgresGreeter::new(terms()).welcome(&ServerFacts::Postgres(facts), &mut output);
    let want = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x11TimeZone\0GMT\0S\0\0\0\x11search_path\0\0K\0\0\0\x0c\0\0\0\x07\x01\x02\x03\x04Z\0\0\0\x05I";
    assert_eq!(output.as_ref(), want);
}

#[test]
fn a_database_is_the_endpoints_or_the_guests_where_the_endpoint_has_none() {
    let ask = |ours: Option<&str>, parameters: &[(&str, &str)]| {
        greet(GreetTerms { database: ours.map(str::to_owned), ..terms() }, &startup(parameters))
    };
    for parameters in [
        &[("user", "me")][..],
        &[("user", "me"), ("database", "me")],
        &[("user", "me"), ("database", "shop")],
    ] {
        assert!(
            matches!(ask(Some("shop"), parameters).0, GreetStep::Checkout(hello) if hello.startup.database.is_none())
        );
    }
    let (step, output, _) = ask(Some("shop"), &[("user", "me"), ("database", "other")]);
    assert!(matches!(step, GreetStep::End(PoolError::Denied { .. })));
    assert_eq!(code(&output), "3D000");
    let (step, ..) = ask(None, &[("user", "me"), ("database", "other")]);
    assert!(matches!(step, GreetStep::Checkout(hello) if hello.startup.database.as_deref() == Some("other")));
    let (step, ..) = ask(None, &[("user", "me"), ("database", "me")]);
    assert!(matches!(step, GreetStep::Checkout(hello) if hello.startup.database.is_none()));
}

#[test]
fn a_newer_protocol_is_told_which_one_there_is() {
    let (step, output, _) = greet(terms(), &opening(0x0003_0002, b"user\0me\0_pq_.one\0x\0_pq_.two\0\0\0"));
    let GreetStep::Checkout(hello) = step else { panic!("{step:?}") };
    assert!(hello.startup.parameters.is_empty());
    assert_eq!(output, b"v\0\0\0\x1e\0\x03\0\0\0\0\0\x02_pq_.one\0_pq_.two\0");
    let (step, output, _) = greet(terms(), &opening(0x0003_270f, b"user\0me\0\0"));
    assert!(matches!(step, GreetStep::Checkout(_)));
    assert_eq!(output, b"v\0\0\0\x0c\0\x03\0\0\0\0\0\0");
    for version in [0x0002_0000, 0x0004_0000, 0] {
        let (step, output, _) = greet(terms(), &opening(version, b"user\0me\0\0"));
        assert!(matches!(step, GreetStep::End(_)));
        assert_eq!(code(&output), "0A000");
    }
}

#[test]
fn a_request_to_cancel_says_its_key_and_gets_no_answer() {
    let (step, output, _) = greet(checking(), &opening(80_877_102, &[0, 0, 0, 7, 1, 2, 3, 4]));
    assert!(matches!(step, GreetStep::Cancel(CancelKey { number: 7, secret: 0x0102_0304 })));
    assert!(output.is_empty());
    for rest in [&[][..], &[0; 7], &[0; 9], &[0; 200]] {
        assert!(matches!(greet(terms(), &opening(80_877_102, rest)).0, GreetStep::End(_)));
    }
}

#[test]
fn encryption_is_asked_for_once_and_begun_where_it_is_offered() {
    let offered = || GreetTerms { tls_offered: true, ..terms() };
    let (step, output, rest) = greet(offered(), &[SSL, b"\x16"].concat());
    assert!(matches!(step, GreetStep::StartTls));
    assert_eq!((output, rest), (b"S".to_vec(), b"\x16".to_vec()));
    for asked in [[SSL, SSL], [GSS, GSS]] {
        let (step, output, _) = greet(terms(), &asked.concat());
        assert!(matches!(step, GreetStep::End(PoolError::Violation { .. })));
        assert_eq!(code(&output[1..]), "08P01");
    }
}

#[test]
fn replication_is_refused_and_its_absence_is_not() {
    for value in ["true", "database", "1", "on", ""] {
        let (step, output, _) = greet(terms(), &startup(&[("user", "me"), ("replication", value)]));
        assert!(matches!(step, GreetStep::End(_)), "{value}");
        assert_eq!(code(&output), "0A000");
    }
    for value in ["false", "OFF", "0", "no"] {
        let (step, ..) = greet(terms(), &startup(&[("user", "me"), ("replication", value)]));
        assert!(matches!(step, GreetStep::Checkout(hello) if hello.startup.parameters.is_empty()), "{value}");
    }
}

#[test]
fn what_is_no_start_up_message_is_refused() {
    let long = "x".repeat(9000);
    let cases: [(Vec<u8>, &str); 8] = [
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "08P01"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01".to_vec(), "08P01"),
        (b"\0\0\0\x07\0\x03\0".to_vec(), "08P01"),
        (opening(0x0003_0000, b"user\0me\0"), "08P01"),
        (opening(0x0003_0000, b"user\0me"), "08P01"),
        (opening(0x0003_0000, b"user\0\xff\0\0"), "22021"),
        (startup(&[("database", "shop")]), "28000"),
        (startup(&[("user", "me"), ("options", &long)]), "54000"),
    ];
    for (bytes, want) in cases {
        let (step, output, _) = greet(terms(), &bytes);
        assert!(matches!(step, GreetStep::End(_)), "{bytes:?}");
        assert_eq!(code(&output), want, "{bytes:?}");
    }
    // Half a message says nothing yet, and too long a one is refused by its length alone.
    assert!(matches!(greet(terms(), &startup(&[("user", "me")])[..9]).0, GreetStep::More));
    assert!(matches!(greet(terms(), &[0, 0, 0x27, 0x15]).0, GreetStep::End(_)));
}

/// CVE-2026-107349: an option with an empty name made a pooler loop for ever.
#[test]
fn cve_2026_107349_an_empty_option_name_ends_the_message_or_is_refused() {
    for rest in [&b"\0value\0user\0me\0\0"[..], b"user\0me\0\0value\0\0", b"\0\0\0\0\0\0", b"user\0me\0\0\0"]
    {
        let (step, output, _) = greet(terms(), &opening(0x0003_0000, rest));
        assert!(matches!(step, GreetStep::End(_)), "{rest:?}");
        assert_eq!(code(&output), "08P01");
    }
}

/// Logs in as `user` with `password` and shows the step and the answers.
fn scram(user: &str, password: &str, cut: impl Fn(&[u8]) -> usize) -> (GreetStep, Vec<u8>) {
    let mut greeter = PostgresGreeter::new(checking());
    let (mut input, mut output) = (BytesMut::from(startup(&[("user", user)]).as_slice()), BytesMut::new());
    assert!(matches!(greeter.advance(&mut input, &mut output), GreetStep::More));
    assert_eq!(output.as_ref(), b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0");
    let mut client = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
    let mut message = BytesMut::new();
    frontend::sasl_initial_response("SCRAM-SHA-256", client.message(), &mut message).unwrap();
    let mut send = |greeter: &mut PostgresGreeter, message: &[u8]| {
        let mut output = BytesMut::new();
        let at = cut(message);
        input.extend_from_slice(&message[..at]);
        let mut step = greeter.advance(&mut input, &mut output);
        if at < message.len() {
            assert!(matches!(step, GreetStep::More) && output.is_empty());
            input.extend_from_slice(&message[at..]);
            step = greeter.advance(&mut input, &mut output);
        }
        (step, output)
    };
    let (step, answer) = send(&mut greeter, &message);
    assert!(matches!(step, GreetStep::More));
    client.update(&answer[9..]).unwrap();
    message.clear();
    frontend::sasl_response(client.message(), &mut message).unwrap();
    let (step, answer) = send(&mut greeter, &message);
    if matches!(step, GreetStep::Checkout(_)) {
        client.finish(&answer[9..]).unwrap();
    }
    (step, answer.to_vec())
}

#[test]
fn a_guest_proves_its_password_and_the_host_proves_that_it_knows_it() {
    for cut in [0, 1, 4, 5, 20] {
        assert!(matches!(scram("guest", "open sesame", |_| cut).0, GreetStep::Checkout(_)));
    }
    assert!(matches!(scram("guest", "open sesame", |all| all.len()).0, GreetStep::Checkout(_)));
}

/// CVE-2015-6817: an unknown user was let in as the user that looks up passwords.
#[test]
fn cve_2015_6817_an_unknown_user_and_a_wrong_password_look_alike() {
    let said = |user: &str, password: &str| {
        let (step, output) = scram(user, password, |all| all.len());
        assert!(matches!(step, GreetStep::End(PoolError::Denied { .. })), "{step:?}");
        assert_eq!(code(&output), "28P01");
        String::from_utf8(output).unwrap().replace(user, "guest")
    };
    let wrong = said("guest", "open barley");
    assert_eq!(wrong, said("other", "open sesame"));
    assert_eq!(wrong, said("other", "open barley"));
    assert!(!wrong.contains("sesame"));
}

/// CVE-2026-107350: a second start-up message during SCRAM gave another user's session.
#[test]
fn cve_2026_107350_a_second_startup_message_in_the_middle_of_a_login_is_refused() {
    for again in [startup(&[("user", "admin")]), SSL.to_vec(), b"Q\0\0\0\x05\0".to_vec()] {
        let bytes = [startup(&[("user", "guest")]), again].concat();
        let (step, output, _) = greet(checking(), &bytes);
        assert!(matches!(step, GreetStep::End(PoolError::Violation { .. })));
        assert_eq!(code(&output[24..]), "08P01");
    }
    let goodbye = [startup(&[("user", "guest")]).as_slice(), b"X\0\0\0\x04"].concat();
    assert!(matches!(greet(checking(), &goodbye).0, GreetStep::Goodbye));
}

#[test]
fn scram_messages_that_are_none_are_refused() {
    let first = |mechanism: &str, data: &[u8]| {
        let mut bytes = BytesMut::new();
        frontend::sasl_initial_response(mechanism, data, &mut bytes).unwrap();
        bytes.to_vec()
    };
    let cases = [
        first("SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,n=,r=abc"),
        first("SCRAM-SHA-256", b"p=tls-server-end-point,,n=,r=abc"),
        first("SCRAM-SHA-256", b"n,a=admin,n=,r=abc"),
        first("SCRAM-SHA-256", b"n,,n=,r="),
        first("SCRAM-SHA-256", b"n,,r=abc"),
        first("SCRAM-SHA-256", b"n,,m=x,n=,r=abc"),
        first("SCRAM-SHA-256", b"n,,n=,r=a\x01b"),
        first("SCRAM-SHA-256", b"\xff"),
        b"p\0\0\0\x16SCRAM-SHA-256\0\xff\xff\xff\xff".to_vec(),
        b"p\0\0\0\x13no terminator at".to_vec(),
        b"p\0\0\0\x04".to_vec(),
        b"p\0\0\0\x03".to_vec(),
        b"p\0\x01\0\0".to_vec(),
    ];
    for case in cases {
        let bytes = [startup(&[("user", "guest")]), case.clone()].concat();
        let (step, output, _) = greet(checking(), &bytes);
        assert!(matches!(step, GreetStep::End(PoolError::Violation { .. })), "{case:?}");
        assert_eq!(code(&output[24..]), "08P01", "{case:?}");
    }
}

#[test]
fn a_refusal_says_why_and_nothing_of_the_inside() {
    let name = || "orders".to_owned();
    let secret = || "10.0.0.7:5432 hunter2".to_owned();
    let retry = Duration::from_secs(1);
    let cases = [
        (PoolError::Unreachable { endpoint: name(), reason: secret(), retry }, "57P03"),
        (PoolError::Draining { endpoint: name() }, "57P03"),
        (PoolError::Tls { endpoint: name(), reason: secret() }, "08006"),
        (PoolError::Authentication { endpoint: name(), user: secret(), reason: secret() }, "28000"),
        (PoolError::Exhausted { endpoint: name(), size: 3, waited: retry }, "53300"),
        (PoolError::QueueFull { endpoint: name(), queue: 3 }, "53300"),
        (PoolError::Denied { endpoint: name(), reason: "no".into() }, "28000"),
    ];
    for (error, want) in cases {
        let mut output = BytesMut::new();
        PostgresGreeter::new(terms()).refuse(&error, &mut output);
        assert_eq!(code(&output), want);
        let text = String::from_utf8_lossy(&output);
        assert!(text.contains("FATAL") && text.contains("`orders`"), "{text}");
        assert!(!text.contains("hunter2") && !text.contains("10.0.0.7"), "{text}");
    }
}

#[test]
fn no_bytes_make_a_greeter_panic_loop_or_hoard() {
    let mut random = fastrand::Rng::with_seed(5);
    let seeds =
        [SSL.to_vec(), GSS.to_vec(), startup(&[("user", "guest"), ("a", "b")]), opening(80_877_102, &[0; 8])];
    for _ in 0..20_000 {
        let mut bytes: Vec<u8> =
            (0..random.usize(1..4)).flat_map(|_| seeds[random.usize(..4)].clone()).collect();
        for _ in 0..random.usize(..4) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        let mut greeter = PostgresGreeter::new(if random.bool() { terms() } else { checking() });
        for byte in bytes {
            input.extend_from_slice(&[byte]);
            if !matches!(greeter.advance(&mut input, &mut output), GreetStep::More) {
                break;
            }
        }
        assert!(input.len() < 11_000 && output.len() < 1000);
    }
}
