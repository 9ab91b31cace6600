//! The raw protocols over `warpgrid:shim/database-proxy`: `db_proxy_wit postgres|mysql|redis <words>`, the
//! sub-commands of `guests::db::sql` and `guests::db::keys`, and those below.
//!
//! | words | what they do |
//! |---|---|
//! | `open <host> <port> <user>` | connects, prints what came of it; an empty user is none |
//! | `after-close` | sends and receives on a connection that is closed |
//! | `no-wait` | receives where nothing comes, without waiting and for 50 ms |
//! | `ready` | waits by polling until the answer is there |
//! | `forged-handle <number>` | calls a connection that it was never given |

use guests::db::mysql::Mysql;
use guests::db::postgres::{Postgres, start_up};
use guests::db::redis::{Redis, command};
use guests::db::settings::arguments;
use guests::db::stream::{ByteStream, Protocol};
use guests::db::{Result, Settings, keys, sql};
use std::time::Duration;
use warpgrid::shim::database_proxy::{Connection, ConnectionConfig, DatabaseError, connect};
use warpgrid::shim::database_types::DatabaseProtocol;

wit_bindgen::generate!({
    path: "../../../wit/warpgrid",
    inline: "
        package guest:db-proxy;
        world guest {
            include warpgrid:shim/database-proxy-imports@0.1.0;
        }
    ",
    generate_all,
});

fn main() -> Result<()> {
    let (settings, arguments) = (Settings::from_environment()?, arguments());
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["postgres", ..] => ready(sql::run::<Postgres<Door>>(&settings, &arguments[1..])),
        ["mysql", ..] => ready(sql::run::<Mysql<Door>>(&settings, &arguments[1..])),
        ["redis", ..] => ready(keys::run::<Redis<Door>>(&settings, &arguments[1..])),
        ["open", host, port, user] => open(host, port.parse()?, user),
        ["after-close"] => after_close(&settings),
        ["no-wait"] => no_wait(&settings),
        ["ready"] => until_ready(&settings),
        ["forged-handle", number] => forged_handle(number.parse()?),
        other => Err(format!("unknown: {other:?}").into()),
    }
}

/// The door waits inside its calls, so nothing is ever pending.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => unreachable!("the door waits inside its calls"),
    }
}

fn config(settings: &Settings, protocol: Option<Protocol>) -> ConnectionConfig {
    let named = |text: &String| (!text.is_empty()).then(|| text.clone());
    ConnectionConfig {
        host: settings.host.clone(),
        port: settings.port,
        protocol: protocol.map(|protocol| match protocol {
            Protocol::Postgres => DatabaseProtocol::Postgres,
            Protocol::Mysql => DatabaseProtocol::Mysql,
            Protocol::Redis => DatabaseProtocol::Redis,
        }),
        database: named(&settings.database),
        user: named(&settings.user),
    }
}

struct Door(Connection);

impl ByteStream for Door {
    async fn connect(settings: &Settings, protocol: Protocol) -> Result<Self> {
        Ok(Self(connect(&config(settings, Some(protocol)))?))
    }

    async fn send(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            bytes = &bytes[self.0.send(bytes)? as usize..];
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Vec<u8>> {
        Ok(self.0.recv(16 * 1024, None)?)
    }

    async fn close(self) -> Result<()> {
        Ok(self.0.close()?)
    }

    async fn pause(seconds: u64) {
        std::thread::sleep(Duration::from_secs(seconds));
    }
}

fn open(host: &str, port: u16, user: &str) -> Result<()> {
    let user = (!user.is_empty()).then(|| user.to_owned());
    let config = ConnectionConfig { host: host.to_owned(), port, protocol: None, database: None, user };
    println!("{:?}", connect(&config).map(drop));
    Ok(())
}

fn after_close(settings: &Settings) -> Result<()> {
    let connection = connect(&config(settings, None))?;
    connection.close()?;
    println!("send {:?}", connection.send(b"x"));
    println!("receive {:?}", connection.recv(1, None));
    println!("close {:?}", connection.close());
    Ok(())
}

fn no_wait(settings: &Settings) -> Result<()> {
    let connection = connect(&config(settings, Some(Protocol::Redis)))?;
    println!("at once {:?}", connection.recv(1, Some(0)));
    println!("later {:?}", connection.recv(1, Some(50)));
    connection.send(&command(&["PING"]))?;
    println!("usable {:?}", String::from_utf8(connection.recv(64, None)?)?);
    println!("one byte of none {:?}", connection.recv(0, Some(0)));
    Ok(())
}

fn until_ready(settings: &Settings) -> Result<()> {
    let connection = connect(&config(settings, Some(Protocol::Postgres)))?;
    connection.send(&start_up(settings))?;
    let pollable = connection.subscribe();
    pollable.block();
    println!("ready {}, kind {}", pollable.ready(), char::from(connection.recv(1, Some(0))?[0]));
    Ok(())
}

fn forged_handle(number: u32) -> Result<()> {
    // SAFETY: none: that the host traps instead of believing the number is what is tested.
    let connection = unsafe { Connection::from_handle(number) };
    let answer: std::result::Result<u64, DatabaseError> = connection.send(b"x");
    println!("the host believed it: {answer:?}");
    Ok(())
}
