//! The cells with redis-rs over rustls, its connections of both kinds; knows no other driver.
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use drivers::{Answer, Cell, PASSES, QUERIES, Settings, eventually, same, unique, until, within};
use futures_util::StreamExt as _;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncCommands as _, AsyncConnectionConfig, Client, Cmd, Commands as _, ConnectionAddr,
    IntoConnectionInfo as _, RedisConnectionInfo, RedisError, TlsCertificates, Value, cmd, pipe,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    drivers::run(|cell, settings| async move {
        match cell {
            Cell::Connect => connect(&settings).await,
            Cell::Reuse => reuse(&settings).await,
            Cell::Prepared => Answer::unsupported("Redis has no prepared statements"),
            Cell::Pipeline => pipeline(&settings).await,
            Cell::Copy => Answer::unsupported("Redis has no bulk copy"),
            Cell::Listen => listen(&settings).await,
            Cell::Cancel => cancel(&settings).await,
            Cell::Tls => tls(&settings).await,
            Cell::TransactionLeftOpen => transaction_left_open(&settings).await,
            Cell::WrongPassword => wrong_password(&settings).await,
            Cell::ServerRestart => server_restart(&settings).await,
        }
    })
    .await
}

fn client(settings: &Settings) -> anyhow::Result<Client> {
    let database = settings.database.parse().context("`$DRIVER_DATABASE` is no number")?;
    let login = RedisConnectionInfo::default()
        .set_username(&settings.user)
        .set_password(&settings.password)
        .set_db(database);
    let (host, port) = (settings.host.clone(), settings.port);
    let address = match (&settings.socket, &settings.tls) {
        (Some(socket), _) => ConnectionAddr::Unix(socket.clone()),
        (None, Some(_)) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
        (None, None) => ConnectionAddr::Tcp(host, port),
    };
    let info = address.into_connection_info()?.set_redis_settings(login);
    Ok(match &settings.tls {
        Some(authority) => {
            let root_cert = Some(std::fs::read(authority)?);
            Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert })?
        }
        None => Client::open(info)?,
    })
}

async fn open(settings: &Settings) -> anyhow::Result<MultiplexedConnection> {
    let limit = Some(Duration::from_secs(45));
    let config = AsyncConnectionConfig::new().set_connection_timeout(limit).set_response_timeout(limit);
    Ok(client(settings)?.get_multiplexed_async_connection_with_config(&config).await?)
}

async fn connect(settings: &Settings) -> anyhow::Result<Answer> {
    let (key, value) = (unique("connect"), "grün\r\n\0");
    let mut connection = open(settings).await?;
    let () = connection.set_ex(&key, value, 60).await?;
    let mut blocking = client(settings)?.get_connection()?;
    same("the value", blocking.get::<_, String>(&key)?, value)?;
    same("deleted keys", connection.del::<_, i64>(&key).await?, 1)?;
    same("deleted keys afterwards", blocking.del::<_, i64>(&key)?, 0)?;
    Ok(Answer::Ok)
}

/// The field of `CLIENT INFO`.
fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.split_whitespace().find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

fn traces() -> [Cmd; 3] {
    let mut traces = [cmd("client"), cmd("watch"), cmd("select")];
    traces[0].arg("setname").arg("driver_trace");
    traces[1].arg("driver_trace");
    traces[2].arg(7);
    traces
}

async fn reuse(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sessions = BTreeSet::new();
    let ask = cmd("client").arg("info").to_owned();
    for pass in 0..PASSES {
        // The two kinds of connections in turns.
        let info: String = if pass % 2 == 0 {
            let mut connection = open(settings).await?;
            let info = ask.query_async(&mut connection).await?;
            for trace in traces() {
                let () = trace.query_async(&mut connection).await?;
            }
            info
        } else {
            let mut connection = client(settings)?.get_connection()?;
            let info = ask.query(&mut connection)?;
            for trace in traces() {
                let () = trace.query(&mut connection)?;
            }
            info
        };
        sessions.insert(field(&info, "id").context("no id in CLIENT INFO")?.to_owned());
        anyhow::ensure!(field(&info, "name") != Some("driver_trace"), "a trace is left: {info}");
        same("the database of a new connection", field(&info, "db"), Some(settings.database.as_str()))?;
        same("the transaction of a new connection", field(&info, "multi"), Some("-1"))?;
    }
    Ok(Answer::Fact(Cell::reuse_fact(&sessions)))
}

async fn pipeline(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    let (key, text) = (unique("pipeline"), unique("pipeline"));
    let mut commands = pipe();
    // The one that adds to a text fails alone.
    commands.ignore_errors().set_ex(&text, "word", 60).incr(&text, 1);
    for _ in 0..QUERIES {
        commands.incr(&key, 1);
    }
    let answers: Vec<Value> = commands.del(&[&key, &text]).query_async(&mut connection).await?;
    let Some((Value::Okay, [wrong, sums @ .., deleted])) =
        answers.split_first().map(|(first, rest)| (first.clone(), rest))
    else {
        bail!("the answers are {answers:?}")
    };
    anyhow::ensure!(matches!(wrong, Value::ServerError(_)), "adding to a text gives {wrong:?}");
    let wanted: Vec<Value> = (1..=QUERIES).map(|number| Value::Int(number.into())).collect();
    same("the sums", sums, wanted.as_slice())?;
    same("deleted keys", deleted, &Value::Int(2))?;
    Ok(Answer::Ok)
}

async fn listen(settings: &Settings) -> anyhow::Result<Answer> {
    let channel = unique("listen");
    let mut listener = client(settings)?.get_async_pubsub().await?;
    listener.subscribe(&channel).await?;
    let mut speaker = open(settings).await?;
    let mut messages = listener.on_message();
    for word in ["first", "second"] {
        same("listeners", speaker.publish::<_, _, i64>(&channel, word).await?, 1)?;
        let said = within("the message", 10, messages.next()).await?.context("the connection ended")?;
        same("the channel", said.get_channel_name(), channel.as_str())?;
        same("the word", said.get_payload::<String>()?, word)?;
    }
    Ok(Answer::Ok)
}

async fn cancel(settings: &Settings) -> anyhow::Result<Answer> {
    let (mut connection, mut watcher) = (open(settings).await?, open(settings).await?);
    let id: i64 = cmd("client").arg("id").query_async(&mut connection).await?;
    let mut waiting = connection.clone();
    let key = unique("cancel");
    let unblock = cmd("client").arg("unblock").arg(id).arg("error").to_owned();
    let unblocking =
        until("the command waits", async || Ok(unblock.query_async::<i64>(&mut watcher).await? == 1));
    let waited = async { anyhow::Ok(waiting.blpop::<_, Value>(&key, 40.0).await) };
    let both = async { tokio::try_join!(waited, unblocking) };
    let (waited, ()) = within("cancelling", 30, both).await??;
    match waited {
        Err(error) => same("the code of the error", error.code(), Some("UNBLOCKED"))?,
        Ok(value) => bail!("the command was not unblocked, its answer is {value:?}"),
    }
    same("the next answer", connection.ping::<String>().await?, "PONG")?;
    Ok(Answer::Ok)
}

async fn tls(settings: &Settings) -> anyhow::Result<Answer> {
    let other = settings.with_other_ca()?;
    connect(settings).await?;
    let Err(error) = open(&other).await else { bail!("a certificate of another authority was taken") };
    anyhow::ensure!(format!("{error:#}").contains("certificate"), "the error is {error:#}");
    let Err(error) = client(&other)?.get_connection() else {
        bail!("a certificate of another authority was taken by a blocking connection")
    };
    anyhow::ensure!(error.to_string().contains("certificate"), "the error is {error}");
    Ok(Answer::Ok)
}

async fn transaction_left_open(settings: &Settings) -> anyhow::Result<Answer> {
    let key = unique("transaction");
    let mut first = open(settings).await?;
    let () = cmd("multi").query_async(&mut first).await?;
    same("the answer inside", first.set::<_, _, String>(&key, "inside").await?, "QUEUED")?;
    drop(first);
    let mut second = open(settings).await?;
    same("the key after", second.get::<_, Value>(&key).await?, Value::Nil)?;
    same("the answer outside", second.set_ex::<_, _, String>(&key, "outside", 60).await?, "OK")?;
    same("deleted keys", second.del::<_, i64>(&key).await?, 1)?;
    Ok(Answer::Ok)
}

async fn wrong_password(settings: &Settings) -> anyhow::Result<Answer> {
    let Err(error) = open(&settings.with_wrong_password()).await else { bail!("a wrong password was taken") };
    let refused = error.downcast_ref::<RedisError>().map(ToString::to_string).unwrap_or_default();
    anyhow::ensure!(
        refused.contains("Password authentication failed") || refused.contains("WRONGPASS"),
        "the error is {error:#}"
    );
    connect(settings).await
}

async fn server_restart(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    let mut blocking = client(settings)?.get_connection()?;
    same("the answer before", connection.ping::<String>().await?, "PONG")?;
    settings.restart_server().await?;
    let after = within("the error", 10, connection.ping::<String>()).await?;
    anyhow::ensure!(after.is_err(), "the connection outlived the server: {after:?}");
    let after = cmd("ping").query::<String>(&mut blocking);
    anyhow::ensure!(after.is_err(), "the blocking connection outlived the server: {after:?}");
    eventually("a new connection", || connect(settings)).await
}
