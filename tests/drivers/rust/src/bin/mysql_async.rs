//! The cells with mysql_async over rustls; knows no other driver.
use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::bail;
use bytes::Bytes;
use drivers::{
    Answer, BULK_ROWS, Cell, PASSES, Settings, bulk_rows, eventually, same, unique, until, within,
};
use futures_util::StreamExt as _;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder, SslOpts};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    drivers::run(|cell, settings| async move {
        match cell {
            Cell::Connect => connect(&settings).await,
            Cell::Reuse => reuse(&settings).await,
            Cell::Prepared => prepared(&settings).await,
            Cell::Pipeline => pipeline(&settings).await,
            Cell::Copy => copy(&settings).await,
            Cell::Listen => Answer::unsupported("MySQL has no notifications"),
            Cell::Cancel => cancel(&settings).await,
            Cell::Tls => tls(&settings).await,
            Cell::TransactionLeftOpen => transaction_left_open(&settings).await,
            Cell::WrongPassword => wrong_password(&settings).await,
            Cell::ServerRestart => server_restart(&settings).await,
        }
    })
    .await
}

async fn open(settings: &Settings) -> anyhow::Result<Conn> {
    // Left alone, the driver asks a server on this machine for its socket and goes on there, past what is in between.
    let options = OptsBuilder::default()
        .user(Some(&settings.user))
        .pass(Some(&settings.password))
        .db_name(Some(&settings.database))
        .ip_or_hostname(&settings.host)
        .tcp_port(settings.port)
        .prefer_socket(false)
        .socket(settings.socket.as_ref().map(|path| path.display().to_string()));
    let options = match &settings.tls {
        Some(authority) => options.ssl_opts(
            SslOpts::default()
                .with_root_certs(vec![authority.clone().into()])
                .with_disable_built_in_roots(true),
        ),
        None => options,
    };
    Ok(Conn::new(options).await?)
}

async fn number(connection: &mut Conn, sql: &str) -> anyhow::Result<Option<i64>> {
    Ok(connection.query_first(sql).await?)
}

fn code(error: &mysql_async::Error) -> Option<u16> {
    match error {
        mysql_async::Error::Server(error) => Some(error.code),
        _ => None,
    }
}

async fn connect(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    let row: Option<(i64, String, Option<String>)> =
        connection.query_first("select 6 * 7, 'grün', null").await?;
    same("the row", row, Some((42, "grün".to_owned(), None)))?;
    connection.disconnect().await?;
    Ok(Answer::Ok)
}

async fn reuse(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sessions = BTreeSet::new();
    for _ in 0..PASSES {
        let mut connection = open(settings).await?;
        let row: Option<(u64, Option<String>, bool)> = connection
            .query_first(
                "select connection_id(), @driver_trace, @@session.wait_timeout = @@global.wait_timeout",
            )
            .await?;
        let Some((session, trace, timeout)) = row else { bail!("no row") };
        sessions.insert(session);
        same("the variable of a new connection", trace, None::<String>)?;
        same("whether a new connection has the server's time-out", timeout, true)?;
        connection.query_drop("set @driver_trace = 'left', session wait_timeout = 54321").await?;
        connection.query_drop("create temporary table driver_trace (n int)").await?;
        connection.disconnect().await?;
    }
    Ok(Answer::Fact(Cell::reuse_fact(&sessions)))
}

async fn prepared(settings: &Settings) -> anyhow::Result<Answer> {
    for (sql, wanted) in [("select ? + 1", 42_i64), ("select ? * 2", 82)] {
        let mut connection = open(settings).await?;
        let statement = connection.prep(sql).await?;
        for _ in 0..2 {
            same(sql, connection.exec_first(&statement, (41,)).await?, Some(wanted))?;
        }
        connection.query_drop(format!("prepare driver_statement from '{sql}'")).await?;
        connection.query_drop("set @number = 41").await?;
        let executed = number(&mut connection, "execute driver_statement using @number").await?;
        same("the statement of the SQL", executed, Some(wanted))?;
        connection.disconnect().await?;
    }
    Ok(Answer::Ok)
}

async fn pipeline(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    let mut answers = connection.query_iter("select 1; select 2, 3; select no_such_column; select 4").await?;
    same("the first answer", answers.collect::<i64>().await?, [1])?;
    same("the second answer", answers.collect::<(i64, i64)>().await?, [(2, 3)])?;
    let Err(error) = answers.collect::<i64>().await else { bail!("a missing column has an answer") };
    same("the code of the error", code(&error), Some(1054))?;
    drop(answers);
    same("the next answer", number(&mut connection, "select 6 * 7").await?, Some(42))?;
    connection.disconnect().await?;
    Ok(Answer::Fact("as several statements in one query".to_owned()))
}

async fn copy(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    let table = unique("copy");
    connection
        .query_drop(format!("create table {table} (n int primary key, word varchar(99)) charset utf8mb4"))
        .await?;
    let rows = bulk_rows();
    let parts: Vec<_> = rows.as_bytes().chunks(8000).map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    connection.set_infile_handler(async move { Ok(futures_util::stream::iter(parts).boxed()) });
    let load = format!("load data local infile 'rows' into table {table} character set utf8mb4");
    connection.query_drop(load).await?;
    same("rows loaded", connection.affected_rows(), u64::try_from(BULK_ROWS)?)?;
    let out: Vec<(i64, String)> = connection.query(format!("select * from {table} order by n")).await?;
    let out: String = out.iter().map(|(number, word)| format!("{number}\t{word}\n")).collect();
    anyhow::ensure!(out == rows, "other rows came out: {} bytes of {}", out.len(), rows.len());
    connection.query_drop(format!("drop table {table}")).await?;
    connection.disconnect().await?;
    Ok(Answer::Ok)
}

async fn cancel(settings: &Settings) -> anyhow::Result<Answer> {
    let (mut connection, mut watcher) = (open(settings).await?, open(settings).await?);
    let mark = unique("cancel");
    // The id is the one of the server's greeting, as the driver keeps it.
    let id = connection.id();
    let sleeping = format!("select 1 from (select 1 as n) as {mark} where sleep(40) = n");
    let cancelling = async {
        let running = format!(
            "select count(*) from information_schema.processlist \
             where info like '%{mark}%' and id <> connection_id()"
        );
        until("the query runs", async || Ok(number(&mut watcher, &running).await? == Some(1))).await?;
        anyhow::Ok(watcher.query_drop(format!("kill query {id}")).await?)
    };
    let slept = async { anyhow::Ok(connection.query_first::<i64, _>(&sleeping).await) };
    let both = async { tokio::try_join!(slept, cancelling) };
    let (slept, ()) = within("cancelling", 30, both).await??;
    match slept {
        Err(error) => same("the code of the error", code(&error), Some(1317))?,
        Ok(answer) => bail!("the query was not cancelled, its answer is {answer:?}"),
    }
    same("the next answer", number(&mut connection, "select 6 * 7").await?, Some(42))?;
    connection.disconnect().await?;
    watcher.disconnect().await?;
    Ok(Answer::Ok)
}

async fn tls(settings: &Settings) -> anyhow::Result<Answer> {
    let other = settings.with_other_ca()?;
    let mut connection = open(settings).await?;
    let cipher: Option<(String, String)> = connection.query_first("show status like 'Ssl_cipher'").await?;
    anyhow::ensure!(
        cipher.is_some_and(|(_, cipher)| !cipher.is_empty()),
        "the server's side is not encrypted"
    );
    connection.disconnect().await?;
    match open(&other).await {
        Ok(_) => bail!("a certificate of another authority was taken"),
        Err(error) if format!("{error:#}").contains("certificate") => Ok(Answer::Ok),
        Err(error) => Err(error.context("not refused for the certificate")),
    }
}

async fn transaction_left_open(settings: &Settings) -> anyhow::Result<Answer> {
    let table = unique("transaction");
    let (count, insert) =
        (format!("select count(*) from {table}"), format!("insert into {table} values (1)"));
    let mut first = open(settings).await?;
    first.query_drop(format!("create table {table} (n int) engine = innodb")).await?;
    first.query_drop("start transaction").await?;
    first.query_drop(&insert).await?;
    same("rows inside", number(&mut first, &count).await?, Some(1))?;
    first.disconnect().await?;
    let (mut second, mut third) = (open(settings).await?, open(settings).await?);
    same("rows after", number(&mut second, &count).await?, Some(0))?;
    second.query_drop(&insert).await?;
    same("rows that a third connection sees", number(&mut third, &count).await?, Some(1))?;
    within("dropping the table", 20, third.query_drop(format!("drop table {table}"))).await??;
    second.disconnect().await?;
    third.disconnect().await?;
    Ok(Answer::Ok)
}

async fn wrong_password(settings: &Settings) -> anyhow::Result<Answer> {
    let Err(error) = open(&settings.with_wrong_password()).await else { bail!("a wrong password was taken") };
    let refused = error.downcast_ref::<mysql_async::Error>().and_then(code);
    anyhow::ensure!(refused == Some(1045), "the error is {error:#}");
    connect(settings).await
}

async fn server_restart(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    same("the answer before", number(&mut connection, "select 1").await?, Some(1))?;
    settings.restart_server().await?;
    let after = within("the error", 10, number(&mut connection, "select 2")).await?;
    anyhow::ensure!(after.is_err(), "the connection outlived the server: {after:?}");
    eventually("a new connection", || connect(settings)).await
}
