//! The cells with sqlx for MySQL, over rustls; knows no other driver.
use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context, bail};
use drivers::{Answer, Cell, PASSES, Settings, eventually, same, unique, until, within};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    drivers::run(|cell, settings| async move {
        match cell {
            Cell::Connect => connect(&settings).await,
            Cell::Reuse => reuse(&settings).await,
            Cell::Prepared => prepared(&settings).await,
            Cell::Pipeline => pipeline(&settings).await,
            Cell::Copy => Answer::unsupported("sqlx has no LOCAL INFILE"),
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

async fn open(settings: &Settings) -> anyhow::Result<MySqlConnection> {
    let options = MySqlConnectOptions::new()
        .username(&settings.user)
        .password(&settings.password)
        .database(&settings.database);
    let options = match &settings.socket {
        Some(socket) => options.socket(socket),
        None => options.host(&settings.host).port(settings.port),
    };
    let options = match &settings.tls {
        Some(authority) => options.ssl_mode(MySqlSslMode::VerifyIdentity).ssl_ca(authority),
        None => options.ssl_mode(MySqlSslMode::Disabled),
    };
    Ok(options.connect().await?)
}

/// Runs statements that have no answer.
async fn execute(connection: &mut MySqlConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|_| ())
}

async fn number(connection: &mut MySqlConnection, sql: String) -> Result<i64, sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await?.try_get(0)
}

fn code(error: &sqlx::Error) -> Option<u16> {
    Some(error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?.number())
}

async fn connect(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    let row: (i64, String, Option<String>) =
        sqlx::query_as("select 6 * 7, 'grün', null").fetch_one(&mut connection).await?;
    same("the row", row, (42, "grün".to_owned(), None))?;
    connection.close().await?;
    Ok(Answer::Ok)
}

async fn reuse(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sessions = BTreeSet::new();
    for _ in 0..PASSES {
        let mut connection = open(settings).await?;
        let (session, trace, timeout): (u64, Option<String>, i64) = sqlx::query_as(
            "select cast(connection_id() as unsigned), cast(@driver_trace as char), \
             @@session.wait_timeout = @@global.wait_timeout",
        )
        .fetch_one(&mut connection)
        .await?;
        sessions.insert(session);
        same("the variable of a new connection", trace, None::<String>)?;
        same("whether a new connection has the server's time-out", timeout, 1)?;
        let traces = "set @driver_trace = 'left', session wait_timeout = 54321; \
            create temporary table driver_trace (n int)";
        execute(&mut connection, traces.to_owned()).await?;
        connection.close().await?;
    }
    Ok(Answer::Fact(Cell::reuse_fact(&sessions)))
}

async fn prepared(settings: &Settings) -> anyhow::Result<Answer> {
    for (sql, wanted) in [("select ? + 1", 42_i64), ("select ? * 2", 82)] {
        let mut connection = open(settings).await?;
        for kept in [true, true, false] {
            let query = sqlx::query_scalar(sql).bind(41_i64).persistent(kept);
            let number: i64 = query.fetch_one(&mut connection).await?;
            same(sql, number, wanted)?;
        }
        let prepare = format!("prepare driver_statement from '{sql}'; set @number = 41");
        execute(&mut connection, prepare).await?;
        let executed = number(&mut connection, "execute driver_statement using @number".to_owned()).await?;
        same("the statement of the SQL", executed, wanted)?;
        connection.close().await?;
    }
    Ok(Answer::Ok)
}

async fn pipeline(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    let rows = sqlx::raw_sql("select 1; select 2; select 3").fetch_all(&mut connection).await?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    same("the answers", numbers, [1, 2, 3])?;
    let failing = sqlx::raw_sql("select 1; select no_such_column; select 4");
    let Err(error) = failing.fetch_all(&mut connection).await else {
        bail!("a missing column has an answer")
    };
    same("the code of the error", code(&error), Some(1054))?;
    same("the next answer", number(&mut connection, "select 6 * 7".to_owned()).await?, 42)?;
    connection.close().await?;
    Ok(Answer::Fact("as several statements in one query".to_owned()))
}

async fn cancel(settings: &Settings) -> anyhow::Result<Answer> {
    let (mut connection, mut watcher) = (open(settings).await?, open(settings).await?);
    let mark = unique("cancel");
    // The driver does not give the id of the greeting.
    let id: u64 =
        sqlx::query_scalar("select cast(connection_id() as unsigned)").fetch_one(&mut connection).await?;
    let sleeping =
        number(&mut connection, format!("select 1 from (select 1 as n) as {mark} where sleep(40) = n"));
    let cancelling = async {
        let running = format!(
            "select count(*) from information_schema.processlist \
             where info like '%{mark}%' and id <> connection_id()"
        );
        until("the query runs", async || Ok(number(&mut watcher, running.clone()).await? == 1)).await?;
        anyhow::Ok(execute(&mut watcher, format!("kill query {id}")).await?)
    };
    let slept = async { anyhow::Ok(sleeping.await) };
    let both = async { tokio::try_join!(slept, cancelling) };
    let (slept, ()) = within("cancelling", 30, both).await??;
    match slept {
        Err(error) => same("the code of the error", code(&error), Some(1317))?,
        Ok(answer) => bail!("the query was not cancelled, its answer is {answer}"),
    }
    same("the next answer", number(&mut connection, "select 6 * 7".to_owned()).await?, 42)?;
    connection.close().await?;
    watcher.close().await?;
    Ok(Answer::Ok)
}

async fn tls(settings: &Settings) -> anyhow::Result<Answer> {
    let other = settings.with_other_ca()?;
    let mut connection = open(settings).await?;
    let row = sqlx::raw_sql("show status like 'Ssl_cipher'").fetch_one(&mut connection).await?;
    anyhow::ensure!(!row.try_get::<String, _>(1)?.is_empty(), "the server's side is not encrypted");
    connection.close().await?;
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
    execute(&mut first, format!("create table {table} (n int) engine = innodb")).await?;
    execute(&mut first, "start transaction".to_owned()).await?;
    execute(&mut first, insert.clone()).await?;
    same("rows inside", number(&mut first, count.clone()).await?, 1)?;
    first.close().await?;
    let (mut second, mut third) = (open(settings).await?, open(settings).await?);
    same("rows after", number(&mut second, count.clone()).await?, 0)?;
    execute(&mut second, insert).await?;
    same("rows that a third connection sees", number(&mut third, count).await?, 1)?;
    let dropping = execute(&mut third, format!("drop table {table}"));
    within("dropping the table", 20, dropping).await??;
    second.close().await?;
    third.close().await?;
    Ok(Answer::Ok)
}

async fn wrong_password(settings: &Settings) -> anyhow::Result<Answer> {
    let Err(error) = open(&settings.with_wrong_password()).await else { bail!("a wrong password was taken") };
    let refused = error.downcast_ref::<sqlx::Error>().and_then(code);
    anyhow::ensure!(refused == Some(1045), "the error is {error:#}");
    connect(settings).await.context("with the right password")
}

async fn server_restart(settings: &Settings) -> anyhow::Result<Answer> {
    let mut connection = open(settings).await?;
    same("the answer before", number(&mut connection, "select 1".to_owned()).await?, 1)?;
    settings.restart_server().await?;
    let after = within("the error", 10, number(&mut connection, "select 2".to_owned())).await?;
    anyhow::ensure!(after.is_err(), "the connection outlived the server: {after:?}");
    eventually("a new connection", || connect(settings)).await
}
