//! The login against scripted servers: every method, every cut, and servers that lie.

use super::login::login;
use super::scram::Challenge;
use crate::config::PoolOptions;
use crate::endpoint::{Endpoint, GuestLogin, Protocol};
use crate::error::PoolError;
use crate::key::StartupSet;
use crate::net::ServerAddress;
use crate::protocol::postgres::PostgresFacts;
use crate::protocol::{LoginRequest, ServerFacts};
use crate::secret::Secret;
use postgres_protocol::authentication::md5_hash;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const READY: &[u8] = b"Z\0\0\0\x05I";
const ACCEPTED: &[u8] = b"R\0\0\0\x08\0\0\0\0";

/// An endpoint on another machine, with a password.
pub(super) fn endpoint() -> Endpoint {
    Endpoint {
        name: "orders".into(),
        protocol: Protocol::Postgres,
        server: ServerAddress::Tcp { host: "db.example".into(), port: 5432 },
        database: Some("shop".into()),
        user: Some("app".into()),
        password: Some(Secret::new("hunter2")),
        tls: None,
        guest_login: GuestLogin::Any,
        options: PoolOptions::default(),
    }
}

fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn authentication(kind: u32, data: &[u8]) -> Vec<u8> {
    frame(b'R', &[&kind.to_be_bytes(), data].concat())
}

fn error(fields: &[&str]) -> Vec<u8> {
    frame(b'E', &[fields.join("\0").as_bytes(), b"\0\0"].concat())
}

/// The body of the client's next message.
async fn body(server: &mut DuplexStream) -> Vec<u8> {
    let mut header = [0; 5];
    server.read_exact(&mut header).await.unwrap();
    assert_eq!(header[0], b'p');
    let length = u32::from_be_bytes(header[1..].try_into().unwrap()) as usize - 4;
    let mut body = vec![0; length];
    server.read_exact(&mut body).await.unwrap();
    body
}

async fn startup_message(server: &mut DuplexStream) -> Vec<u8> {
    let mut length = [0; 4];
    server.read_exact(&mut length).await.unwrap();
    let mut rest = vec![0; u32::from_be_bytes(length) as usize - 4];
    server.read_exact(&mut rest).await.unwrap();
    rest
}

async fn try_login(
    endpoint: &Endpoint,
    startup: &StartupSet,
    client: DuplexStream,
) -> Result<PostgresFacts, PoolError> {
    let logged_in = login(Box::new(client), LoginRequest { endpoint, startup }).await?;
    match logged_in.facts {
        ServerFacts::Postgres(facts) => Ok(facts),
        _ => panic!("facts of another protocol"),
    }
}

/// Logs in at a server that says these bytes whatever it is told, and then closes.
async fn told(endpoint: &Endpoint, bytes: &[u8]) -> Result<PostgresFacts, PoolError> {
    told_for(endpoint, &StartupSet::default(), bytes).await
}

async fn told_for(
    endpoint: &Endpoint,
    startup: &StartupSet,
    bytes: &[u8],
) -> Result<PostgresFacts, PoolError> {
    let (client, mut server) = duplex(1 << 22);
    server.write_all(bytes).await.unwrap();
    server.shutdown().await.unwrap();
    try_login(endpoint, startup, client).await
}

/// Logs in at a server that asks for `asked`, gets one message, and answers with `answer`.
async fn asked(
    endpoint: &Endpoint,
    asked: &[u8],
    answer: &[u8],
) -> (Result<PostgresFacts, PoolError>, Vec<u8>) {
    let (client, mut server) = duplex(4096);
    let script = async {
        startup_message(&mut server).await;
        server.write_all(asked).await.unwrap();
        let said = body(&mut server).await;
        server.write_all(answer).await.unwrap();
        server.shutdown().await.unwrap();
        said
    };
    let startup = StartupSet::default();
    tokio::join!(try_login(endpoint, &startup, client), script)
}

fn welcome() -> Vec<u8> {
    [
        ACCEPTED,
        &frame(b'S', b"TimeZone\0GMT\0"),
        &frame(b'N', b"Mhello\0\0"),
        &frame(b'S', b"server_version\x0015.1\0"),
        &frame(b'K', b"\0\0\x10\x92\xde\xad\xbe\xef"),
        READY,
    ]
    .concat()
}

#[tokio::test]
async fn what_the_server_says_of_itself_is_kept_byte_by_byte_too() {
    for capacity in [1, 2, 7, 4096] {
        let (client, mut server) = duplex(capacity);
        let script = async {
            let message = startup_message(&mut server).await;
            server.write_all(&welcome()).await.unwrap();
            message
        };
        let startup = StartupSet {
            parameters: [("application_name".to_owned(), "till".to_owned())].into(),
            ..StartupSet::default()
        };
        let endpoint = endpoint();
        let (facts, message) = tokio::join!(try_login(&endpoint, &startup, client), script);
        let facts = facts.unwrap();
        assert_eq!(message, b"\0\x03\0\0user\0app\0database\0shop\0application_name\0till\0\0");
        let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(facts.parameters, [parameter("TimeZone", "GMT"), parameter("server_version", "15.1")]);
        assert_eq!((facts.process_id, facts.cancel_secret.as_ref()), (0x1092, &b"\xde\xad\xbe\xef"[..]));
    }
}

#[tokio::test]
async fn a_server_that_goes_at_any_byte_is_unreachable() {
    let all = welcome();
    for cut in 0..all.len() {
        let said = told(&endpoint(), &all[..cut]).await;
        assert!(matches!(said, Err(PoolError::Unreachable { .. })), "{cut}: {said:?}");
    }
}

#[tokio::test]
async fn cancel_keys_have_four_to_256_bytes() {
    for (length, good) in [(0, false), (3, false), (4, true), (32, true), (256, true), (257, false)] {
        let key = frame(b'K', &vec![7; 4 + length]);
        let said = told(&endpoint(), &[ACCEPTED, &key, READY].concat()).await;
        assert_eq!(said.is_ok_and(|facts| facts.cancel_secret.len() == length), good, "{length}");
    }
    assert!(told(&endpoint(), &[ACCEPTED, READY].concat()).await.unwrap().cancel_secret.is_empty());
}

#[tokio::test]
async fn md5_and_a_password_that_is_missing() {
    let request = authentication(5, b"salt");
    let (said, message) = asked(&endpoint(), &request, &welcome()).await;
    assert!(said.is_ok());
    assert_eq!(message, [md5_hash(b"app", b"hunter2", *b"salt").as_bytes(), b"\0"].concat());
    let without = Endpoint { password: None, ..endpoint() };
    for request in [request, authentication(10, b"SCRAM-SHA-256\0\0")] {
        let error = told(&without, &request).await.unwrap_err();
        assert!(error.to_string().contains("the binding has none"), "{error}");
    }
}

#[tokio::test]
async fn a_password_in_clear_text_stays_on_this_machine() {
    let request = authentication(3, b"");
    let at =
        |host: &str| Endpoint { server: ServerAddress::Tcp { host: host.into(), port: 5432 }, ..endpoint() };
    for host in ["db.example", "10.0.0.1", "localhost.example", "128.0.0.1", "::2"] {
        let error = told(&at(host), &request).await.unwrap_err();
        assert!(matches!(&error, PoolError::Authentication { .. }), "{host}");
        assert!(error.to_string().contains("unencrypted"), "{error}");
    }
    for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1"] {
        let (said, message) = asked(&at(host), &request, &welcome()).await;
        assert!(said.is_ok(), "{host}");
        assert_eq!(message, b"hunter2\0");
    }
    let unix = Endpoint { server: ServerAddress::Unix("/run/.s.PGSQL.5432".into()), ..endpoint() };
    assert!(asked(&unix, &request, &welcome()).await.0.is_ok());
}

/// A server that knows `password`; `challenge` and `proof` change what it says.
async fn scram(
    password: &str,
    mechanisms: &[u8],
    challenge: impl Fn(String) -> String,
    proof: impl Fn(String) -> Vec<u8>,
) -> Result<PostgresFacts, PoolError> {
    let (client, mut server) = duplex(4096);
    let script = async {
        startup_message(&mut server).await;
        server.write_all(&authentication(10, mechanisms)).await.unwrap();
        let first = body(&mut server).await;
        let (state, text) = Challenge::begin(&first, 1.into(), &Secret::new(password), &[3; 32]).unwrap();
        server.write_all(&authentication(11, challenge(text).as_bytes())).await.unwrap();
        let mut header = [0; 5];
        if server.read_exact(&mut header).await.is_err() {
            return;
        }
        let mut second = vec![0; u32::from_be_bytes(header[1..].try_into().unwrap()) as usize - 4];
        server.read_exact(&mut second).await.unwrap();
        let answer = match state.finish(&second) {
            Ok(text) => proof(text),
            Err(_) => error(&["SFATAL", "C28P01", "Mpassword authentication failed"]),
        };
        let _ = server.write_all(&answer).await;
        let _ = server.shutdown().await;
    };
    let endpoint = endpoint();
    let startup = StartupSet::default();
    let ask = async {
        let said = try_login(&endpoint, &startup, client).await;
        said
    };
    let (said, ()) = tokio::join!(ask, script);
    said
}

fn proven(text: String) -> Vec<u8> {
    [authentication(12, text.as_bytes()), welcome()].concat()
}

const MECHANISMS: &[u8] = b"SCRAM-SHA-256\0\0";

fn refused(said: Result<PostgresFacts, PoolError>, part: &str) {
    match said {
        Err(error @ PoolError::Authentication { .. }) => {
            let text = error.to_string();
            assert!(text.contains(part) && !text.contains("hunter2"), "{text}");
        }
        other => panic!("{other:?} is not refused for {part}"),
    }
}

#[tokio::test]
async fn scram_proves_both_sides() {
    assert!(scram("hunter2", MECHANISMS, |text| text, proven).await.is_ok());
    refused(scram("hunter3", MECHANISMS, |text| text, proven).await, "28P01");
    let lies = |_| proven("v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned());
    refused(scram("hunter2", MECHANISMS, |text| text, lies).await, "does not know the password");
    let skips = |_| welcome();
    refused(scram("hunter2", MECHANISMS, |text| text, skips).await, "without its proof");
    let fails = |_| authentication(12, b"e=other-error");
    refused(scram("hunter2", MECHANISMS, |text| text, fails).await, "does not know the password");
}

#[tokio::test]
async fn a_server_may_not_skip_or_change_scram() {
    let early = [authentication(10, MECHANISMS), welcome()].concat();
    refused(told(&endpoint(), &early).await, "without its proof");
    refused(told(&endpoint(), &authentication(10, b"SCRAM-SHA-512\0\0")).await, "no SASL mechanism");
    refused(told(&endpoint(), &authentication(10, b"\0")).await, "no SASL mechanism");
    let plus = authentication(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
    refused(told(&endpoint(), &plus).await, "not there");
    for second in [authentication(3, b""), authentication(5, b"salt"), authentication(10, MECHANISMS)] {
        let said = told(&endpoint(), &[authentication(10, MECHANISMS), second].concat()).await;
        assert!(matches!(said, Err(PoolError::NotThisProtocol { .. })), "{said:?}");
    }
    for kind in [2, 6, 7, 9] {
        refused(told(&endpoint(), &authentication(kind, b"")).await, "Kerberos");
    }
}

/// CVE-2026-6664: a SCRAM challenge with too many iterations overflowed, or kept a pooler busy for ever.
#[tokio::test]
async fn cve_2026_6664_a_challenge_with_too_many_iterations_is_refused() {
    for count in ["100001", "4294967295", "4294967296", "99999999999999999999", "-1", ""] {
        let many = |text: String| text.replace("i=4096", &format!("i={count}"));
        refused(scram("hunter2", MECHANISMS, many, proven).await, "not one to answer");
    }
    let foreign = |text: String| text.replacen("r=", "r=x", 1);
    refused(scram("hunter2", MECHANISMS, foreign, proven).await, "not one to answer");
}

#[tokio::test]
async fn a_refusal_of_the_server_is_told_by_its_code() {
    let said =
        |fields: &'static [&'static str]| async move { told(&endpoint(), &error(fields)).await.unwrap_err() };
    assert!(matches!(said(&["SFATAL", "C53300", "Mtoo many"]).await, PoolError::Unreachable { .. }));
    assert!(matches!(said(&["SFATAL", "C57P03", "Mstarting"]).await, PoolError::Unreachable { .. }));
    assert!(
        matches!(said(&["SFATAL", "C28P01", "Mno"]).await, PoolError::Authentication { reason, .. } if reason == "28P01 no")
    );
    assert!(matches!(said(&["SFATAL", "C3D000", "Mno"]).await, PoolError::Authentication { .. }));
    let guests = StartupSet { database: Some("theirs".into()), ..StartupSet::default() };
    for code in ["C3D000", "C22023", "C42704", "C42501"] {
        let own = Endpoint { database: None, ..endpoint() };
        let said = told_for(&own, &guests, &error(&["SFATAL", code, "Msecret text"])).await;
        assert!(
            matches!(&said, Err(PoolError::Denied { reason, .. }) if !reason.contains("secret")),
            "{said:?}"
        );
    }
}

/// CVE-2026-6664 to 6668: an error without SQLSTATE was read through a null pointer.
#[tokio::test]
async fn cve_2026_6664_to_6668_an_error_without_sqlstate_refuses_the_login() {
    for body in [&b""[..], b"\0", b"Mno", b"C\0M\0\0", b"\xff\xff"] {
        let said = told(&endpoint(), &frame(b'E', body)).await;
        assert!(matches!(said, Err(PoolError::Authentication { .. })), "{said:?}");
    }
}

/// CVE-2026-6664 to 6668: messages without end drove a pooler's stack or memory beyond its bounds.
#[tokio::test]
async fn cve_2026_6664_to_6668_a_server_that_talks_for_ever_is_left() {
    let notice = frame(b'N', b"Mhello\0\0");
    let many: Vec<u8> =
        (0..2000).flat_map(|index| frame(b'S', format!("p{index}\0v\0").as_bytes())).collect();
    let long = frame(b'N', &vec![b'x'; 70_000]);
    let cases =
        [[ACCEPTED, &notice.repeat(2000)].concat(), notice.repeat(2000), [ACCEPTED, &many].concat(), long];
    for bytes in cases {
        let said = told(&endpoint(), &bytes).await;
        assert!(matches!(said, Err(PoolError::NotThisProtocol { .. })), "{said:?}");
    }
}

#[tokio::test]
async fn what_comes_out_of_turn_is_no_postgresql() {
    let after = [welcome(), frame(b'N', b"\0")].concat();
    let cases = [
        READY.to_vec(),
        frame(b'S', b"a\0b\0"),
        frame(b'K', &[0; 8]),
        [ACCEPTED, ACCEPTED].concat(),
        [ACCEPTED, &frame(b'S', b"half")].concat(),
        [ACCEPTED, b"Z\0\0\0\x05T"].concat(),
        [ACCEPTED, b"Z\0\0\0\x04"].concat(),
        [ACCEPTED, &frame(b'T', b"")].concat(),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        b"J\0\0\0\x0a5.5.5-10.11".to_vec(),
        b"R\0\0\0\x06\0\0".to_vec(),
        b"R\0\0\0\x03".to_vec(),
        authentication(5, b"sal"),
        authentication(11, b""),
        authentication(99, b""),
        after,
    ];
    for bytes in cases {
        let said = told(&endpoint(), &bytes).await;
        assert!(matches!(said, Err(PoolError::NotThisProtocol { .. })), "{bytes:?}: {said:?}");
    }
}

#[tokio::test]
async fn a_zero_byte_or_too_much_never_reaches_the_server() {
    let with = |name: &str, value: String| StartupSet {
        parameters: [(name.to_owned(), value)].into(),
        ..StartupSet::default()
    };
    for startup in
        [with("a", "b\0user\0postgres".into()), with("a\0b", "c".into()), with("a", "x".repeat(10_000))]
    {
        let (client, mut server) = duplex(64);
        let said = try_login(&endpoint(), &startup, client).await;
        assert!(matches!(said, Err(PoolError::Denied { .. })), "{said:?}");
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn no_bytes_of_a_server_make_a_login_panic_or_hang() {
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..5000 {
        let mut bytes = [authentication(10, MECHANISMS), authentication(11, b"r=a,s=b,i=1"), welcome()]
            [random.usize(..3)]
        .repeat(2);
        for _ in 0..random.usize(1..5) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        let _ = told(&endpoint(), &bytes).await;
    }
}
