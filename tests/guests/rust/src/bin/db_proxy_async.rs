//! The raw protocols over `warpgrid:shim/database-proxy-async`: `db_proxy_async postgres|mysql|redis <words>`, the
//! sub-commands of `guests::db::sql` and `guests::db::keys`, and `concurrent <tasks> <seconds>`: so many connections
//! to PostgreSQL at once, each with one query that takes so long.

use futures::future::join_all;
use guests::db::mysql::Mysql;
use guests::db::postgres::Postgres;
use guests::db::redis::Redis;
use guests::db::settings::arguments;
use guests::db::sql::SqlSession;
use guests::db::stream::{ByteStream, Protocol};
use guests::db::{Result, Settings, keys, sql};
use std::collections::BTreeSet;
use warpgrid::shim::database_proxy_async::{Connection, ConnectionConfig, connect};
use warpgrid::shim::database_types::DatabaseProtocol;

wit_bindgen::generate!({
    path: "../../../wit/warpgrid",
    inline: "
        package guest:db-proxy-async;
        world guest {
            include warpgrid:shim/database-proxy-async-imports@0.1.0;
        }
    ",
    generate_all,
});

wasip3::cli::command::export!(Proxy);

struct Proxy;

impl wasip3::exports::cli::run::Guest for Proxy {
    async fn run() -> std::result::Result<(), ()> {
        run().await.map_err(|error| eprintln!("Error: {error}"))
    }
}

async fn run() -> Result<()> {
    let (settings, arguments) = (Settings::from_environment()?, arguments());
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["postgres", ..] => sql::run::<Postgres<Door>>(&settings, &arguments[1..]).await,
        ["mysql", ..] => sql::run::<Mysql<Door>>(&settings, &arguments[1..]).await,
        ["redis", ..] => keys::run::<Redis<Door>>(&settings, &arguments[1..]).await,
        ["concurrent", tasks, seconds] => concurrent(&settings, tasks.parse()?, seconds).await,
        other => Err(format!("unknown: {other:?}").into()),
    }
}

/// Which session of the server answered.
async fn one(settings: &Settings, number: i64, seconds: &str) -> Result<i64> {
    let mut session = Postgres::<Door>::open(settings).await?;
    session.ask(&format!("SELECT pg_sleep({seconds})")).await?;
    if session.number(format!("SELECT {number} + 1")).await? != number + 1 {
        return Err(format!("task {number} got the answer of another one").into());
    }
    let identity = session.number(Postgres::<Door>::IDENTITY.to_owned()).await?;
    session.close().await?;
    Ok(identity)
}

async fn concurrent(settings: &Settings, tasks: i64, seconds: &str) -> Result<()> {
    let answers = join_all((0..tasks).map(|number| one(settings, number, seconds))).await;
    let identities: BTreeSet<i64> = answers.into_iter().collect::<Result<_>>()?;
    println!("{tasks} right, {} sessions of the server", identities.len());
    Ok(())
}

struct Door(Connection);

impl ByteStream for Door {
    async fn connect(settings: &Settings, protocol: Protocol) -> Result<Self> {
        let named = |text: &String| (!text.is_empty()).then(|| text.clone());
        let protocol = match protocol {
            Protocol::Postgres => DatabaseProtocol::Postgres,
            Protocol::Mysql => DatabaseProtocol::Mysql,
            Protocol::Redis => DatabaseProtocol::Redis,
        };
        let config = ConnectionConfig {
            host: settings.host.clone(),
            port: settings.port,
            protocol: Some(protocol),
            database: named(&settings.database),
            user: named(&settings.user),
        };
        Ok(Self(connect(config).await?))
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.0.send(bytes.to_vec()).await?)
    }

    async fn receive(&mut self) -> Result<Vec<u8>> {
        Ok(self.0.recv(16 * 1024, None).await?)
    }

    async fn close(self) -> Result<()> {
        Ok(self.0.close().await?)
    }

    async fn pause(seconds: u64) {
        wasip3::clocks::monotonic_clock::wait_for(seconds * 1_000_000_000).await;
    }
}

fn main() {}
