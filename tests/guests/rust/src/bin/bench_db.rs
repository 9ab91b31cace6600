//! Asks a database over stock drivers and prints times as one JSON object a run; knows not what lies between.
//!
//! | words | what it does |
//! |---|---|
//! | `query <kind> <connections> <times>` | so many queries over so many connections: percentiles and rate |
//! | `bulk <bytes>` | one result of that size over PostgreSQL |
//! | `connect <times>` | connect, ask once, close, one after the other, over PostgreSQL |
//! | `sleep <connections> <milliseconds> <times>` | queries that take that long at the server |
//!
//! Kinds: `postgres-simple`, `postgres-extended`, `postgres-prepared`, `mysql-text`, `mysql-prepared`, `redis`.

use futures::TryStreamExt;
use futures::future::try_join_all;
use guests::db::settings::arguments;
use guests::db::{Result, Settings};
use sqlx::{ConnectOptions, Row, mysql::MySqlConnectOptions};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_postgres::types::Type;

/// Rows of the table that is asked, on all servers.
const ROWS: u64 = 100_000;
/// Every how manieth query is left out at the beginning.
const WARM_UP: usize = 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (settings, arguments) = (Settings::from_environment()?, arguments());
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["query", kind, connections, times] => {
            query(&settings, kind, connections.parse()?, times.parse()?).await
        }
        ["bulk", bytes] => bulk(&settings, bytes.parse()?).await,
        ["connect", times] => connect(&settings, times.parse()?).await,
        ["sleep", connections, milliseconds, times] => {
            sleep(&settings, connections.parse()?, milliseconds.parse()?, times.parse()?).await
        }
        other => Err(format!("unknown: {other:?}").into()),
    }
}

/// A connection that asks one kind of query.
enum Asker {
    Simple(tokio_postgres::Client),
    Extended(tokio_postgres::Client),
    Prepared(tokio_postgres::Client, tokio_postgres::Statement),
    Text(sqlx::MySqlConnection),
    Bound(sqlx::MySqlConnection),
    Redis(redis::aio::MultiplexedConnection),
}

impl Asker {
    async fn open(settings: &Settings, kind: &str) -> Result<Self> {
        Ok(match kind {
            "postgres-simple" => Self::Simple(postgres(settings).await?),
            "postgres-extended" => Self::Extended(postgres(settings).await?),
            "postgres-prepared" => {
                let client = postgres(settings).await?;
                let text = "SELECT balance FROM accounts WHERE number = $1";
                let statement = client.prepare_typed(text, &[Type::INT4]).await?;
                Self::Prepared(client, statement)
            }
            "mysql-text" => Self::Text(mysql(settings).await?),
            "mysql-prepared" => Self::Bound(mysql(settings).await?),
            "redis" => Self::Redis(redis(settings).await?),
            other => return Err(format!("unknown kind: {other}").into()),
        })
    }

    /// The balance of one account, which is its number.
    async fn ask(&mut self, number: u64) -> Result<()> {
        let text = "SELECT balance FROM accounts WHERE number = $1";
        let wanted = i32::try_from(number)?;
        let found: i32 = match self {
            Self::Simple(client) => {
                let text = format!("SELECT balance FROM accounts WHERE number = {number}");
                let rows = client.simple_query(&text).await?;
                let row = rows.iter().find_map(|message| match message {
                    tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
                    _ => None,
                });
                row.ok_or("no row")?.parse()?
            }
            Self::Extended(client) => client.query_typed_one(text, &[(&wanted, Type::INT4)]).await?.get(0),
            Self::Prepared(client, statement) => client.query_one(&*statement, &[&wanted]).await?.get(0),
            Self::Text(connection) => {
                let text = format!("SELECT balance FROM accounts WHERE number = {number}");
                let row = sqlx::raw_sql(sqlx::AssertSqlSafe(text)).fetch_one(connection).await?;
                row.try_get(0)?
            }
            Self::Bound(connection) => {
                let text = "SELECT balance FROM accounts WHERE number = ?";
                sqlx::query_scalar(text).bind(wanted).fetch_one(connection).await?
            }
            Self::Redis(connection) => {
                redis::cmd("GET").arg(format!("account:{number}")).query_async(connection).await?
            }
        };
        if found == wanted { Ok(()) } else { Err(format!("account {number} holds {found}").into()) }
    }
}

async fn postgres(settings: &Settings) -> Result<tokio_postgres::Client> {
    let mut config = tokio_postgres::Config::new();
    config.user(&settings.user).dbname(&settings.database);
    if let Some(password) = &settings.password {
        config.password(password);
    }
    let stream = TcpStream::connect(settings.address()?).await?;
    stream.set_nodelay(true)?;
    let (client, connection) = config.connect_raw(stream, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn mysql(settings: &Settings) -> Result<sqlx::MySqlConnection> {
    let address = settings.address()?;
    let mut options = MySqlConnectOptions::new()
        .host(&address.ip().to_string())
        .port(address.port())
        .database(&settings.database)
        .username(&settings.user);
    if let Some(password) = &settings.password {
        options = options.password(password);
    }
    Ok(options.connect().await?)
}

async fn redis(settings: &Settings) -> Result<redis::aio::MultiplexedConnection> {
    use redis::IntoConnectionInfo as _;
    let address = settings.address()?;
    let mut login = redis::RedisConnectionInfo::default();
    if let Some(password) = &settings.password {
        login = login.set_username(&settings.user).set_password(password);
    }
    let address = redis::ConnectionAddr::Tcp(address.ip().to_string(), address.port());
    let client = redis::Client::open(address.into_connection_info()?.set_redis_settings(login))?;
    Ok(client.get_multiplexed_async_connection().await?)
}

async fn query(settings: &Settings, kind: &str, connections: usize, times: usize) -> Result<()> {
    let mut askers = Vec::new();
    for _ in 0..connections {
        askers.push(Asker::open(settings, kind).await?);
    }
    let each = times / connections;
    // What comes first is not counted: statements are planned, caches filled.
    run(&mut askers, each / WARM_UP + 1).await?;
    let begun = Instant::now();
    let samples = run(&mut askers, each).await?;
    report(samples, begun.elapsed());
    Ok(())
}

/// Lets each connection ask so many times, one question after the other.
async fn run(askers: &mut [Asker], times: usize) -> Result<Vec<Duration>> {
    let all = askers.iter_mut().enumerate().map(|(index, asker)| async move {
        let mut samples = Vec::with_capacity(times);
        for time in 0..times {
            let number = ((index * 7919 + time * 104_729) as u64) % ROWS + 1;
            let begun = Instant::now();
            asker.ask(number).await?;
            samples.push(begun.elapsed());
        }
        Ok::<_, Box<dyn std::error::Error>>(samples)
    });
    Ok(try_join_all(all).await?.concat())
}

async fn bulk(settings: &Settings, bytes: u64) -> Result<()> {
    let client = postgres(settings).await?;
    let begun = Instant::now();
    // 1,000 bytes a row with what frames it.
    let text = format!("COPY (SELECT repeat('x', 994) FROM generate_series(1, {})) TO STDOUT", bytes / 1000);
    let stream = client.copy_out(&text).await?;
    let total = stream.try_fold(0, |sum, chunk| async move { Ok(sum + chunk.len() as u64) }).await?;
    println!(r#"{{"bytes":{total},"seconds":{}}}"#, begun.elapsed().as_secs_f64());
    Ok(())
}

async fn connect(settings: &Settings, times: usize) -> Result<()> {
    let mut samples = Vec::with_capacity(times);
    let begun = Instant::now();
    for _ in 0..times {
        let begun = Instant::now();
        let client = postgres(settings).await?;
        client.simple_query("SELECT balance FROM accounts WHERE number = 4711").await?;
        drop(client);
        // The driver's other task says goodbye.
        tokio::task::yield_now().await;
        samples.push(begun.elapsed());
    }
    report(samples, begun.elapsed());
    Ok(())
}

async fn sleep(settings: &Settings, connections: usize, milliseconds: u32, times: usize) -> Result<()> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(postgres(settings).await?);
    }
    let text = format!("SELECT pg_sleep(0.001 * {milliseconds})");
    let begun = Instant::now();
    let all = clients.iter().map(|client| async {
        for _ in 0..times {
            client.simple_query(&text).await?;
        }
        Ok::<_, tokio_postgres::Error>(())
    });
    try_join_all(all).await?;
    report(Vec::new(), begun.elapsed() / u32::try_from(connections * times)?);
    Ok(())
}

/// Nanoseconds, and queries a second. Without samples the time is that of one query.
fn report(mut samples: Vec<Duration>, elapsed: Duration) {
    samples.sort();
    let at = |part: usize| samples.get(samples.len() * part / 100).map_or(0, Duration::as_nanos);
    let count = samples.len().max(1) as f64;
    let rate = count / elapsed.as_secs_f64();
    println!(r#"{{"p50":{},"p99":{},"rate":{rate},"count":{count}}}"#, at(50), at(99));
}
