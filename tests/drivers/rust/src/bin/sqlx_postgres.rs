//! The cells with sqlx for PostgreSQL, over rustls; knows no other driver.
use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context, bail};
use drivers::{Answer, BULK_ROWS, Cell, PASSES, Settings, bulk_rows, eventually, same, unique, within};
use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    drivers::run(|cell, settings| async move {
        match cell {
            Cell::Connect => connect(&settings).await,
            Cell::Reuse => reuse(&settings).await,
            Cell::Prepared => prepared(&settings).await,
            Cell::Pipeline => Answer::unsupported("sqlx sends a query when the one before it is answered"),
            Cell::Copy => copy(&settings).await,
            Cell::Listen => listen(&settings).await,
            Cell::Cancel => Answer::unsupported("sqlx sends no cancel requests"),
            Cell::Tls => tls(&settings).await,
            Cell::TransactionLeftOpen => transaction_left_open(&settings).await,
            Cell::WrongPassword => wrong_password(&settings).await,
            Cell::ServerRestart => server_restart(&settings).await,
        }
    })
    .await
}

fn options(settings: &Settings) -> anyhow::Result<PgConnectOptions> {
    let options = PgConnectOptions::new_without_pgpass()
        .username(&settings.user)
        .password(&settings.password)
        .database(&settings.database);
    let options = match settings.postgres_socket()? {
        Some((folder, port)) => options.socket(folder).port(port),
        None => options.host(&settings.host).port(settings.port),
    };
    Ok(match &settings.tls {
        Some(authority) => options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(authority),
        None => options.ssl_mode(PgSslMode::Disable),
    })
}

async fn open(settings: &Settings) -> anyhow::Result<PgConnection> {
    Ok(options(settings)?.connect().await?)
}

/// Runs statements that have no answer.
async fn execute(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|_| ())
}

async fn number(connection: &mut PgConnection, sql: String) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

async fn connect(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    let row: (i32, String, Option<String>) =
        sqlx::query_as("select 6 * 7, 'grün', null::text").fetch_one(&mut connection).await?;
    same("the row", row, (42, "grün".to_owned(), None))?;
    connection.close().await?;
    Ok(Answer::Ok)
}

async fn reuse(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sessions = BTreeSet::new();
    for _ in 0..PASSES {
        let mut connection = open(settings).await?;
        let (session, timeout): (i32, String) =
            sqlx::query_as("select pg_backend_pid(), current_setting('statement_timeout')")
                .fetch_one(&mut connection)
                .await?;
        sessions.insert(session);
        same("statement_timeout of a new connection", timeout, "0")?;
        let traces = "set statement_timeout = 54321; create temp table driver_trace (n int)";
        execute(&mut connection, traces.to_owned()).await?;
        connection.close().await?;
    }
    Ok(Answer::Fact(Cell::reuse_fact(&sessions)))
}

async fn prepared(settings: &Settings) -> anyhow::Result<Answer> {
    for (sql, wanted) in [("select $1::int + 1", 42_i32), ("select $1::int * 2", 82)] {
        let mut connection = open(settings).await?;
        // The driver gives its first statement the same name in each connection.
        for named in [true, true, false] {
            let query = sqlx::query_scalar(sql).bind(41_i32).persistent(named);
            let number: i32 = query.fetch_one(&mut connection).await?;
            same(sql, number, wanted)?;
        }
        connection.close().await?;
    }
    Ok(Answer::Ok)
}

async fn copy(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    let table = unique("copy");
    execute(&mut connection, format!("create table {table} (n int primary key, word text)")).await?;
    let rows = bulk_rows();
    let mut sink = connection.copy_in_raw(&format!("copy {table} from stdin")).await?;
    for part in rows.as_bytes().chunks(8000) {
        sink.send(part).await?;
    }
    same("rows copied in", sink.finish().await?, u64::try_from(BULK_ROWS)?)?;
    let statement = format!("copy (select * from {table} order by n) to stdout");
    let out: Vec<u8> =
        connection.copy_out_raw(&statement).await?.map_ok(|part| part.to_vec()).try_concat().await?;
    anyhow::ensure!(out == rows.as_bytes(), "other rows came out: {} bytes of {}", out.len(), rows.len());
    execute(&mut connection, format!("drop table {table}")).await?;
    connection.close().await?;
    Ok(Answer::Ok)
}

async fn listen(settings: &Settings) -> anyhow::Result<Answer> {
    let pool = PgPoolOptions::new().max_connections(2).connect_with(options(settings)?).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    let channel = unique("listen");
    listener.listen(&channel).await?;
    for word in ["first", "second"] {
        sqlx::query("select pg_notify($1, $2)").bind(&channel).bind(word).execute(&pool).await?;
        let said = within("the notification", 10, listener.recv()).await??;
        same("channel and word", (said.channel(), said.payload()), (channel.as_str(), word))?;
    }
    drop(listener);
    within("closing the pool", 10, pool.close()).await?;
    Ok(Answer::Ok)
}

async fn tls(settings: &Settings) -> anyhow::Result<Answer> {
    let other = settings.with_other_ca()?;
    let mut connection = open(settings).await?;
    let encrypted: bool = sqlx::query_scalar("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
        .fetch_one(&mut connection)
        .await?;
    same("encryption at the server", encrypted, true)?;
    connection.close().await?;
    match open(&other).await {
        Ok(_) => bail!("a certificate of another authority was taken"),
        Err(error) if format!("{error:#}").contains("certificate") => Ok(Answer::Ok),
        Err(error) => Err(error.context("not refused for the certificate")),
    }
}

async fn transaction_left_open(settings: &Settings) -> anyhow::Result<Answer> {
    let table = unique("transaction");
    let count = format!("select count(*) from {table}");
    let mut first = open(settings).await?;
    execute(&mut first, format!("create table {table} (n int)")).await?;
    execute(&mut first, "begin".to_owned()).await?;
    execute(&mut first, format!("insert into {table} values (1)")).await?;
    same("rows inside", number(&mut first, count.clone()).await?, 1)?;
    first.close().await?;
    let mut second = open(settings).await?;
    same("rows after", number(&mut second, count).await?, 0)?;
    let Err(error) = execute(&mut second, "savepoint inside".to_owned()).await else {
        bail!("a new connection is inside a transaction")
    };
    same("the code of the error", code(&error).as_deref(), Some("25P01"))?;
    let dropping = execute(&mut second, format!("drop table {table}"));
    within("dropping the table", 20, dropping).await??;
    second.close().await?;
    Ok(Answer::Ok)
}

async fn wrong_password(settings: &Settings) -> anyhow::Result<Answer> {
    let Err(error) = open(&settings.with_wrong_password()).await else { bail!("a wrong password was taken") };
    let refused = error.downcast_ref::<sqlx::Error>().and_then(code);
    anyhow::ensure!(refused.as_deref() == Some("28P01"), "the error is {error:#}");
    connect(settings).await.context("with the right password")
}

async fn server_restart(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    same("the answer before", number(&mut connection, "select 1::bigint".to_owned()).await?, 1)?;
    settings.restart_server().await?;
    let after = number(&mut connection, "select 2::bigint".to_owned());
    let after = within("the error", 10, after).await?;
    anyhow::ensure!(after.is_err(), "the connection outlived the server: {after:?}");
    eventually("a new connection", || connect(settings)).await
}
