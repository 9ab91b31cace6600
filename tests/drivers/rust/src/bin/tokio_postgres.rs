//! The cells with tokio-postgres and rustls; knows no other driver.
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use drivers::{
    Answer, BULK_ROWS, Cell, PASSES, QUERIES, Settings, bulk_rows, eventually, same, unique, until, within,
};
use futures_util::future::join_all;
use futures_util::{SinkExt as _, TryStreamExt as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Notification, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    drivers::run(|cell, settings| async move {
        match cell {
            Cell::Connect => connect(&settings).await,
            Cell::Reuse => reuse(&settings).await,
            Cell::Prepared => prepared(&settings).await,
            Cell::Pipeline => pipeline(&settings).await,
            Cell::Copy => copy(&settings).await,
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

/// A connection with the task that moves its bytes.
struct Session {
    client: Client,
    task: JoinHandle<()>,
    notifications: mpsc::UnboundedReceiver<Notification>,
}

impl Session {
    async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let mut config = Config::new();
        config.user(&settings.user).password(&settings.password).dbname(&settings.database);
        match settings.postgres_socket()? {
            Some((folder, port)) => config.host_path(folder).port(port),
            None => config.host(&settings.host).port(settings.port),
        };
        match tls_config(settings)? {
            Some(tls) => {
                let (client, connection) = config.ssl_mode(SslMode::Require).connect(tls).await?;
                Ok(Self::new(client, connection))
            }
            None => {
                let (client, connection) = config.ssl_mode(SslMode::Disable).connect(NoTls).await?;
                Ok(Self::new(client, connection))
            }
        }
    }

    fn new<S, T>(client: Client, mut connection: Connection<S, T>) -> Self
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, notifications) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            // The client reports errors; the task ends with the connection.
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(notification) = message {
                    let _ = sender.send(notification);
                }
            }
        });
        Self { client, task, notifications }
    }

    /// Says goodbye and waits until the connection is closed.
    async fn close(self) -> anyhow::Result<()> {
        drop(self.client);
        within("closing the connection", 10, self.task).await?.context("the connection's task")
    }

    async fn number(&self, sql: &str) -> anyhow::Result<i64> {
        Ok(self.client.query_one(sql, &[]).await?.try_get(0)?)
    }
}

fn tls_config(settings: &Settings) -> anyhow::Result<Option<MakeRustlsConnect>> {
    let Some(authority) = &settings.tls else { return Ok(None) };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(MakeRustlsConnect::new(config)))
}

async fn connect(settings: &Settings) -> anyhow::Result<Answer> {
    let session = Session::open(settings).await?;
    let row = session.client.query_one("select 6 * 7, 'grün', null::text", &[]).await?;
    same("6 * 7", row.try_get::<_, i32>(0)?, 42)?;
    same("the text", row.try_get::<_, &str>(1)?, "grün")?;
    same("the null", row.try_get::<_, Option<&str>>(2)?, None)?;
    session.close().await?;
    Ok(Answer::Ok)
}

async fn reuse(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sessions = BTreeSet::new();
    for _ in 0..PASSES {
        let session = Session::open(settings).await?;
        let row = session
            .client
            .query_one("select pg_backend_pid(), current_setting('statement_timeout')", &[])
            .await?;
        sessions.insert(row.try_get::<_, i32>(0)?);
        same("statement_timeout of a new connection", row.try_get::<_, &str>(1)?, "0")?;
        session
            .client
            .batch_execute("set statement_timeout = 54321; create temp table driver_trace (n int)")
            .await?;
        session.close().await?;
    }
    Ok(Answer::Fact(Cell::reuse_fact(&sessions)))
}

async fn prepared(settings: &Settings) -> anyhow::Result<Answer> {
    for (sql, wanted) in [("select $1::int + 1", 42_i32), ("select $1::int * 2", 82)] {
        let session = Session::open(settings).await?;
        let statement = session.client.prepare(sql).await?;
        for _ in 0..2 {
            same(sql, session.client.query_one(&statement, &[&41_i32]).await?.try_get::<_, i32>(0)?, wanted)?;
        }
        let unnamed = session.client.query_typed(sql, &[(&41_i32, Type::INT4)]).await?;
        same("the unnamed statement", unnamed[0].try_get::<_, i32>(0)?, wanted)?;
        let name = "driver_statement";
        session.client.batch_execute(&format!("prepare {name} as {sql}")).await?;
        let answers = session.client.simple_query(&format!("execute {name}(41)")).await?;
        let row = answers.iter().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        same("the statement of the SQL", row, Some(wanted.to_string().as_str()))?;
        session.close().await?;
    }
    Ok(Answer::Ok)
}

async fn pipeline(settings: &Settings) -> anyhow::Result<Answer> {
    let session = Session::open(settings).await?;
    let statement = session.client.prepare("select 100 / $1::int, $1::int").await?;
    let numbers: Vec<i32> = (0..QUERIES).collect();
    // All are sent before the first is answered; the one with 0 fails alone.
    let answers = join_all(
        numbers.iter().map(|number| async { session.client.query_one(&statement, &[number]).await }),
    )
    .await;
    for (number, answer) in numbers.into_iter().zip(answers) {
        match (number, answer) {
            (0, Err(error)) => same("the error", error.code(), Some(&SqlState::DIVISION_BY_ZERO))?,
            (0, Ok(_)) => bail!("100 / 0 has an answer"),
            (_, answer) => {
                let row = answer?;
                same("the quotient", row.try_get::<_, i32>(0)?, 100 / number)?;
                same("the number", row.try_get::<_, i32>(1)?, number)?;
            }
        }
    }
    session.close().await?;
    Ok(Answer::Ok)
}

async fn copy(settings: &Settings) -> anyhow::Result<Answer> {
    let session = Session::open(settings).await?;
    let table = unique("copy");
    session.client.batch_execute(&format!("create table {table} (n int primary key, word text)")).await?;
    let rows = bulk_rows();
    let sink = session.client.copy_in(&format!("copy {table} from stdin")).await?;
    let mut sink = Box::pin(sink);
    for part in rows.as_bytes().chunks(8000) {
        sink.send(std::io::Cursor::new(part.to_vec())).await?;
    }
    same("rows copied in", sink.as_mut().finish().await?, u64::try_from(BULK_ROWS)?)?;
    let out = session.client.copy_out(&format!("copy (select * from {table} order by n) to stdout")).await?;
    let out: Vec<u8> = out.map_ok(|part| part.to_vec()).try_concat().await?;
    anyhow::ensure!(out == rows.as_bytes(), "other rows came out: {} bytes of {}", out.len(), rows.len());
    session.client.batch_execute(&format!("drop table {table}")).await?;
    session.close().await?;
    Ok(Answer::Ok)
}

async fn listen(settings: &Settings) -> anyhow::Result<Answer> {
    let mut listener = Session::open(settings).await?;
    let speaker = Session::open(settings).await?;
    let channel = unique("listen");
    listener.client.batch_execute(&format!("listen {channel}")).await?;
    for word in ["first", "second"] {
        speaker.client.execute("select pg_notify($1, $2)", &[&channel, &word]).await?;
        let said = within("the notification", 10, listener.notifications.recv()).await?;
        let said = said.context("the connection ended")?;
        same("channel and word", (said.channel(), said.payload()), (channel.as_str(), word))?;
    }
    listener.close().await?;
    speaker.close().await?;
    Ok(Answer::Ok)
}

async fn cancel(settings: &Settings) -> anyhow::Result<Answer> {
    let session = Session::open(settings).await?;
    let watcher = Session::open(settings).await?;
    let mark = unique("cancel");
    let token = session.client.cancel_token();
    let sleeping = format!("select pg_sleep(40) /* {mark} */");
    let cancelling = async {
        until("the query runs", async || {
            let running = "select count(*) from pg_stat_activity \
                where state = 'active' and pid <> pg_backend_pid() and query like '%' || $1 || '%'";
            let row = watcher.client.query_one(running, &[&mark]).await?;
            Ok(row.try_get::<_, i64>(0)? == 1)
        })
        .await?;
        match tls_config(settings)? {
            Some(tls) => token.cancel_query(tls).await.context("asking to cancel"),
            None => token.cancel_query(NoTls).await.context("asking to cancel"),
        }
    };
    let slept = async { anyhow::Ok(session.client.simple_query(&sleeping).await) };
    let both = async { tokio::try_join!(slept, cancelling) };
    let (slept, ()) = within("cancelling", 30, both).await??;
    let Err(error) = slept else { bail!("the query was not cancelled") };
    same("the error", error.code(), Some(&SqlState::QUERY_CANCELED))?;
    same("the next answer", session.number("select 6 * 7::bigint").await?, 42)?;
    session.close().await?;
    watcher.close().await?;
    Ok(Answer::Ok)
}

async fn tls(settings: &Settings) -> anyhow::Result<Answer> {
    let other = settings.with_other_ca()?;
    let session = Session::open(settings).await?;
    let row =
        session.client.query_one("select ssl from pg_stat_ssl where pid = pg_backend_pid()", &[]).await?;
    same("encryption at the server", row.try_get::<_, bool>(0)?, true)?;
    session.close().await?;
    match Session::open(&other).await {
        Ok(_) => bail!("a certificate of another authority was taken"),
        Err(error) if format!("{error:#}").contains("certificate") => Ok(Answer::Ok),
        Err(error) => Err(error.context("not refused for the certificate")),
    }
}

async fn transaction_left_open(settings: &Settings) -> anyhow::Result<Answer> {
    let table = unique("transaction");
    let count = format!("select count(*) from {table}");
    let first = Session::open(settings).await?;
    first.client.batch_execute(&format!("create table {table} (n int)")).await?;
    first.client.batch_execute(&format!("begin; insert into {table} values (1)")).await?;
    same("rows inside", first.number(&count).await?, 1)?;
    first.close().await?;
    let second = Session::open(settings).await?;
    same("rows after", second.number(&count).await?, 0)?;
    let Err(error) = second.client.batch_execute("savepoint inside").await else {
        bail!("a new connection is inside a transaction")
    };
    same("the error", error.code(), Some(&SqlState::NO_ACTIVE_SQL_TRANSACTION))?;
    let dropping = format!("drop table {table}");
    within("dropping the table", 20, second.client.batch_execute(&dropping)).await??;
    second.close().await?;
    Ok(Answer::Ok)
}

async fn wrong_password(settings: &Settings) -> anyhow::Result<Answer> {
    let Err(error) = Session::open(&settings.with_wrong_password()).await else {
        bail!("a wrong password was taken")
    };
    let code = error.downcast_ref::<tokio_postgres::Error>().and_then(|error| error.code());
    anyhow::ensure!(code == Some(&SqlState::INVALID_PASSWORD), "the error is {error:#}");
    connect(settings).await
}

async fn server_restart(settings: &Settings) -> anyhow::Result<Answer> {
    let session = Session::open(settings).await?;
    same("the answer before", session.number("select 1::bigint").await?, 1)?;
    settings.restart_server().await?;
    let after = within("the error", 10, session.number("select 2::bigint")).await?;
    anyhow::ensure!(after.is_err(), "the connection outlived the server: {after:?}");
    eventually("a new connection", || connect(settings)).await
}
