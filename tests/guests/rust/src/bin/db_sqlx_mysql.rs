//! MySQL by sqlx: the sub-commands of `guests::db::sql`, and `pool <tasks>`, which asks from many tasks over sqlx' own pool.

use guests::db::settings::arguments;
use guests::db::sql::{self, MYSQL_IDENTITY, SqlSession};
use guests::db::{Result, Settings};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, query, query_as, query_scalar, raw_sql};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (settings, arguments) = (Settings::from_environment()?, arguments());
    match arguments.as_slice() {
        [word, tasks] if word == "pool" => pool(&settings, tasks.parse()?).await,
        _ => sql::run::<Session>(&settings, &arguments).await,
    }
}

/// The address in digits, since tokio looks names up on a thread.
fn options(settings: &Settings) -> Result<MySqlConnectOptions> {
    let address = settings.address()?;
    let options = MySqlConnectOptions::new()
        .host(&address.ip().to_string())
        .port(address.port())
        .database(&settings.database)
        .username(&settings.user);
    Ok(match &settings.password {
        Some(password) => options.password(password),
        None => options,
    })
}

async fn pool(settings: &Settings, tasks: i64) -> Result<()> {
    let pool = MySqlPoolOptions::new().max_connections(5).connect_with(options(settings)?).await?;
    let ask = |number| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let answer: std::result::Result<i64, _> =
                query_scalar("SELECT CAST(? + 1 AS SIGNED)").bind(number).fetch_one(&pool).await;
            answer.is_ok_and(|answer| answer == number + 1)
        })
    };
    let asked: Vec<_> = (0..tasks).map(ask).collect();
    let mut right = 0;
    for task in asked {
        right += i64::from(task.await?);
    }
    println!("{right} of {tasks} right, at most 5 connections {}", pool.size() <= 5);
    pool.close().await;
    Ok(())
}

struct Session(MySqlConnection);

impl SqlSession for Session {
    const IDENTITY: &'static str = MYSQL_IDENTITY;

    async fn open(settings: &Settings) -> Result<Self> {
        Ok(Self(options(settings)?.connect().await?))
    }

    async fn execute(&mut self, statement: String) -> Result<()> {
        raw_sql(AssertSqlSafe(statement)).execute(&mut self.0).await?;
        Ok(())
    }

    async fn insert(&mut self, table: &str, number: i64, word: &str) -> Result<()> {
        let statement = query(AssertSqlSafe(format!("INSERT INTO {table} VALUES (?, ?)")));
        let inserted = statement.bind(number).bind(word).execute(&mut self.0).await?.rows_affected();
        if inserted == 1 { Ok(()) } else { Err(format!("{inserted} rows inserted").into()) }
    }

    async fn rows(&mut self, table: &str) -> Result<Vec<(i64, String)>> {
        let text = format!("SELECT number, word FROM {table} ORDER BY number");
        Ok(query_as(AssertSqlSafe(text)).fetch_all(&mut self.0).await?)
    }

    async fn number(&mut self, query: String) -> Result<i64> {
        Ok(query_scalar(AssertSqlSafe(query)).fetch_one(&mut self.0).await?)
    }

    async fn close(self) -> Result<()> {
        Ok(self.0.close().await?)
    }

    async fn pause(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}
