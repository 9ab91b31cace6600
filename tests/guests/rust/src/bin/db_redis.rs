//! Redis by redis-rs, with its synchronous or its asynchronous connection: `db_redis sync|aio <words>`, the
//! sub-commands of `guests::db::keys`.

use guests::db::keys::{self, KeySession};
use guests::db::settings::arguments;
use guests::db::{Result, Settings};
use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd, Connection, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, Value};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (settings, arguments) = (Settings::from_environment()?, arguments());
    match arguments.split_first() {
        Some((word, rest)) if word == "sync" => keys::run::<Sync>(&settings, rest).await,
        Some((word, rest)) if word == "aio" => keys::run::<Asynchronous>(&settings, rest).await,
        _ => Err(format!("unknown: {arguments:?}").into()),
    }
}

/// The address in digits, since tokio looks names up on a thread.
fn client(settings: &Settings) -> Result<Client> {
    let address = settings.address()?;
    let mut login = RedisConnectionInfo::default();
    if !settings.database.is_empty() {
        login = login.set_db(settings.database.parse()?);
    }
    if !settings.user.is_empty() {
        login = login.set_username(&settings.user);
    }
    if let Some(password) = &settings.password {
        login = login.set_password(password);
    }
    let address = ConnectionAddr::Tcp(address.ip().to_string(), address.port());
    Ok(Client::open(address.into_connection_info()?.set_redis_settings(login))?)
}

fn command(words: &[&str]) -> Cmd {
    let mut command = Cmd::new();
    for word in words {
        command.arg(*word);
    }
    command
}

struct Sync(Connection);

impl KeySession for Sync {
    async fn open(settings: &Settings) -> Result<Self> {
        Ok(Self(client(settings)?.get_connection()?))
    }

    async fn run(&mut self, words: &[&str]) -> Result<()> {
        command(words).query::<Value>(&mut self.0)?;
        Ok(())
    }

    async fn number(&mut self, words: &[&str]) -> Result<i64> {
        Ok(command(words).query(&mut self.0)?)
    }

    async fn text(&mut self, words: &[&str]) -> Result<Option<String>> {
        Ok(command(words).query(&mut self.0)?)
    }

    async fn close(self) -> Result<()> {
        Ok(())
    }

    async fn pause(seconds: u64) {
        std::thread::sleep(Duration::from_secs(seconds));
    }
}

struct Asynchronous(MultiplexedConnection);

impl KeySession for Asynchronous {
    async fn open(settings: &Settings) -> Result<Self> {
        Ok(Self(client(settings)?.get_multiplexed_async_connection().await?))
    }

    async fn run(&mut self, words: &[&str]) -> Result<()> {
        command(words).query_async::<Value>(&mut self.0).await?;
        Ok(())
    }

    async fn number(&mut self, words: &[&str]) -> Result<i64> {
        Ok(command(words).query_async(&mut self.0).await?)
    }

    async fn text(&mut self, words: &[&str]) -> Result<Option<String>> {
        Ok(command(words).query_async(&mut self.0).await?)
    }

    async fn close(self) -> Result<()> {
        Ok(())
    }

    async fn pause(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}
