//! PostgreSQL by tokio-postgres over a socket of tokio's: the sub-commands of `guests::db::sql`.

use guests::db::settings::arguments;
use guests::db::sql::{self, POSTGRES_IDENTITY, SqlSession};
use guests::db::{Result, Settings};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    sql::run::<Session>(&Settings::from_environment()?, &arguments()).await
}

struct Session {
    client: Client,
    connection: JoinHandle<std::result::Result<(), Error>>,
}

impl SqlSession for Session {
    const IDENTITY: &'static str = POSTGRES_IDENTITY;

    async fn open(settings: &Settings) -> Result<Self> {
        let mut config = Config::new();
        config.user(&settings.user).dbname(&settings.database);
        if let Some(password) = &settings.password {
            config.password(password);
        }
        let stream = TcpStream::connect(settings.address()?).await?;
        let (client, connection) = config.connect_raw(stream, NoTls).await?;
        Ok(Self { client, connection: tokio::spawn(connection) })
    }

    async fn execute(&mut self, statement: String) -> Result<()> {
        Ok(self.client.batch_execute(&statement).await?)
    }

    async fn insert(&mut self, table: &str, number: i64, word: &str) -> Result<()> {
        let inserted =
            self.client.execute(&format!("INSERT INTO {table} VALUES ($1, $2)"), &[&number, &word]).await?;
        if inserted == 1 { Ok(()) } else { Err(format!("{inserted} rows inserted").into()) }
    }

    async fn rows(&mut self, table: &str) -> Result<Vec<(i64, String)>> {
        let rows =
            self.client.query(&format!("SELECT number, word FROM {table} ORDER BY number"), &[]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    async fn number(&mut self, query: String) -> Result<i64> {
        Ok(self.client.query_one(&query, &[]).await?.get(0))
    }

    async fn close(self) -> Result<()> {
        // The connection's task says goodbye when the client is gone.
        drop(self.client);
        Ok(self.connection.await??)
    }

    async fn pause(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}
