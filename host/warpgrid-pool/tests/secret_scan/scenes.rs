//! What happens: logins that succeed, fail, and go wrong in every other way; looks for nothing itself.

use crate::lab::mysql::Mysql;
use crate::lab::postgres::{Postgres, startup};
use crate::lab::redis::{Redis, command};
use crate::lab::servers::{at_rest, connect, endpoint, manager, services};
use crate::scan::Scan;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use warpgrid_pool::Pool;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::listen::{ListenOptions, TlsServer};
use warpgrid_pool::net::{Authorities, ServerAddress, TlsClient, TlsOptions};
use warpgrid_pool::protocol::{LoginRequest, wire_protocol};
use warpgrid_pool::secret::Secret;
use warpgrid_test_services::{Server, TlsCertificate};

/// The guest's own password, where it has one.
const GUEST_PASSWORD: &str = "Gu35t-Sesame-0pen";

/// What a guest says first, and perhaps asks.
fn first_words(protocol: Protocol, password: Option<&str>) -> Vec<u8> {
    match (protocol, password) {
        (Protocol::Postgres, _) => startup(&[]),
        (Protocol::Mysql, _) => Vec::new(),
        (Protocol::Redis, Some(password)) => command(&format!("AUTH shop {password}")),
        (Protocol::Redis, None) => command("PING"),
    }
}

/// One guest that comes, hears what it hears, and goes; all of it is looked at.
async fn guest(pool: &Arc<Pool>, scan: &mut Scan, place: &str, password: Option<&str>) {
    let protocol = pool.endpoint().protocol;
    let mut stream = connect(pool, "a");
    let words = first_words(protocol, password);
    let _ = stream.write_all(&words).await;
    let _ = stream.flush().await;
    let mut heard = vec![0; 16 * 1024];
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read(&mut heard)).await;
    heard.truncate(read.unwrap_or_else(|_| panic!("{place}: a guest hears nothing")).unwrap_or(0));
    scan.look(&format!("{protocol}, {place}: what a guest hears"), heard);
    if let Some(error) = stream.error() {
        scan.look_at_debug(&format!("{protocol}, {place}: an error"), error);
        scan.look(&format!("{protocol}, {place}: the text of an error"), error.to_string());
    }
    drop(stream);
    at_rest(pool).await;
    figures(pool, scan, place);
}

/// What everybody may see of a pool.
fn figures(pool: &Arc<Pool>, scan: &mut Scan, place: &str) {
    let endpoint = pool.endpoint();
    scan.look_at_debug(&format!("{place}: an endpoint"), endpoint);
    scan.look_at_debug(&format!("{place}: figures"), &pool.stats());
    scan.look_at_debug(&format!("{place}: a guest's login"), &endpoint.guest_login);
    scan.look_at_debug(&format!("{place}: a secret"), &endpoint.password);
}

/// The password of a server's user, looked for from now on.
fn right(server: &Server, scan: &mut Scan) -> Endpoint {
    scan.hide(&server.password("app"));
    endpoint(server, PoolOptions { retry: Duration::ZERO, ..PoolOptions::default() })
}

/// Sessions that are used, cancelled, reset, drained.
pub(crate) async fn usual(server: &Server, scan: &mut Scan) {
    let manager = manager(1);
    let right = right(server, scan);
    let pool = manager.pool(right.clone());
    let tenant = Tenant::new("a");
    pool.available(&tenant).await.unwrap();
    for _ in 0..3 {
        guest(&pool, scan, "usual", None).await;
    }
    ask(&pool, scan).await;
    // What the wire says of itself to the pool.
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    let request = LoginRequest { endpoint: &right, startup: &StartupSet::default() };
    let logged_in = wire_protocol(right.protocol).login(Box::new(stream), request).await.unwrap();
    scan.look_at_debug("facts", &logged_in.facts);
    manager.reload();
    guest(&pool, scan, "after a reload", None).await;
    let report = manager.drain(Duration::from_secs(5)).await;
    scan.look_at_debug("a drain", &report);
    guest(&pool, scan, "drained", None).await;
}

/// A guest that asks the server for what it could know.
async fn ask(pool: &Arc<Pool>, scan: &mut Scan) {
    let stream = connect(pool, "a");
    match pool.endpoint().protocol {
        Protocol::Postgres => {
            let mut guest = Postgres::log_in(stream, &[]).await.unwrap();
            for sql in
                ["SHOW ALL", "SELECT * FROM pg_stat_activity", "SELECT * FROM pg_user", "SELECT nonsense"]
            {
                guest.ask(sql).await.unwrap();
            }
            scan.look("what a guest of PostgreSQL hears", guest.heard);
        }
        Protocol::Mysql => {
            let mut guest = Mysql::log_in(stream).await.unwrap();
            for sql in ["SHOW VARIABLES", "SHOW FULL PROCESSLIST", "SHOW GRANTS", "SELECT nonsense"] {
                guest.ask(sql).await.unwrap();
            }
            scan.look("what a guest of MySQL hears", guest.heard);
        }
        Protocol::Redis => {
            let mut guest = Redis::new(stream);
            // `CONFIG GET requirepass` and `ACL LIST` (hashes) are for the server's rules to allow; MONITOR is refused.
            guest
                .ask(&["CLIENT LIST", "ACL WHOAMI", "INFO", "SLOWLOG GET 128", "MONITOR", "ACL LOG"])
                .await
                .unwrap();
            scan.look("what a guest of Redis hears", guest.heard);
        }
    }
    at_rest(pool).await;
}

/// Logins that are refused: of the host by the server, and of the guest by the host.
pub(crate) async fn refused(server: &Server, scan: &mut Scan) {
    let manager = manager(1);
    let right = right(server, scan);
    let wrong = scan.hide("Wr0ng-But-Secret");
    for user in ["app", "nobody"] {
        let other = Endpoint {
            user: Some(user.to_owned()),
            password: Some(Secret::new(wrong.as_str())),
            ..right.clone()
        };
        guest(&manager.pool(other), scan, "a wrong password", None).await;
    }
    let unknown = Endpoint { database: Some("9999".to_owned()), ..right.clone() };
    guest(&manager.pool(unknown), scan, "an unknown database", None).await;
    let password = scan.hide(GUEST_PASSWORD);
    let login = GuestLogin::Check { user: "shop".to_owned(), password: Secret::new(password.as_str()) };
    let closed = manager.pool(Endpoint { guest_login: login, ..right });
    let offered = scan.hide("Gu355-0f-A-Guest");
    match closed.endpoint().protocol {
        Protocol::Mysql => {
            for password in [&password, &offered] {
                let said = Mysql::log_in_as(connect(&closed, "a"), "shop", password, None).await.err();
                scan.look_at_debug("a guest's login", &said);
            }
        }
        Protocol::Redis => {
            // What it said itself is not said back.
            for password in [&password, &offered] {
                guest(&closed, scan, "a guest's login", Some(password)).await;
            }
        }
        Protocol::Postgres => guest(&closed, scan, "a guest's login", None).await,
    }
    figures(&closed, scan, "a guest's login");
}

/// Servers that are not there, speak another protocol, or die.
pub(crate) async fn broken(server: &Server, scan: &mut Scan) {
    let right = right(server, scan);
    for protocol in [Protocol::Postgres, Protocol::Mysql, Protocol::Redis] {
        if protocol != right.protocol {
            let options = PoolOptions { connect: Duration::from_secs(2), ..right.options.clone() };
            let database = (protocol != Protocol::Redis).then(|| "app".to_owned());
            let other = Endpoint { protocol, options, database, ..right.clone() };
            guest(&manager(1).pool(other), scan, "another protocol", None).await;
        }
    }
    let pool = manager(1).pool(right);
    guest(&pool, scan, "before the server dies", None).await;
    server.kill_nine().unwrap();
    for _ in 0..2 {
        guest(&pool, scan, "the server is gone", None).await;
    }
}

/// Encryption that fails, and all that is said of certificates.
pub(crate) async fn encrypted(scan: &mut Scan) {
    for certificate in [TlsCertificate::Good, TlsCertificate::WrongName, TlsCertificate::OtherAuthority] {
        let server = services().postgres().certificate(certificate).start().unwrap();
        let authorities = Authorities::Pem(std::fs::read(server.ca_pem_path()).unwrap());
        let options = TlsOptions { authorities, ..TlsOptions::default() };
        scan.look_at_debug("the wish for encryption", &options);
        let tls = TlsClient::new(&options).unwrap();
        scan.look_at_debug("encryption", &tls);
        let address = ServerAddress::Tcp { host: "localhost".to_owned(), port: server.port() };
        let pool = manager(1).pool(Endpoint { tls: Some(tls), server: address, ..right(&server, scan) });
        guest(&pool, scan, "encrypted", None).await;
        let certificates = server.certificates();
        let key = std::fs::read_to_string(certificates.key_pem_path(TlsCertificate::Good)).unwrap();
        // A line in the middle of a private key.
        scan.hide(key.lines().nth(2).unwrap());
        let shown = std::fs::read(certificates.certificate_pem_path(TlsCertificate::Good)).unwrap();
        let tls = TlsServer::new(&shown, key.as_bytes()).unwrap();
        scan.look_at_debug("a listener", &ListenOptions { tls: Some(tls), ..ListenOptions::default() });
        let broken = TlsServer::new(&shown, &key.as_bytes()[..key.len() / 2]).err();
        scan.look_at_debug("a key that is cut off", &broken);
    }
}

/// Servers that answer with what they heard.
pub(crate) async fn said_back(scan: &mut Scan) {
    // A Redis without `AUTH` names the arguments of what it does not know.
    let server = services().redis().setting("rename-command", "AUTH \"\"").start().unwrap();
    guest(&manager(1).pool(right(&server, scan)), scan, "no AUTH", None).await;
    let secret = scan.hide("P1anted-And-3choed");
    for protocol in [Protocol::Postgres, Protocol::Mysql, Protocol::Redis] {
        for kind in ["echo", "text"] {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let mirror = tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let mut heard = vec![0; 4096];
                    let Ok(count) = stream.read(&mut heard).await else { continue };
                    let text = [b"-ERR you said: ", &heard[..count], b"\r\n"].concat();
                    let said = if kind == "echo" { &heard[..count] } else { &text };
                    let _ = stream.write_all(said).await;
                }
            });
            let endpoint = Endpoint {
                name: "orders".to_owned(),
                protocol,
                server: ServerAddress::Tcp { host: "127.0.0.1".to_owned(), port },
                database: None,
                user: Some("app".to_owned()),
                password: Some(Secret::new(secret.as_str())),
                tls: None,
                guest_login: GuestLogin::Any,
                options: PoolOptions { connect: Duration::from_secs(1), ..PoolOptions::default() },
            };
            guest(&manager(1).pool(endpoint), scan, kind, None).await;
            mirror.abort();
        }
    }
}
