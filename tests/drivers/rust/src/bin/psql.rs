//! The cells with psql, and so with libpq: what is typed into it and what it prints; knows no driver.
use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Context;
use drivers::{
    Answer, Cell, Client, PASSES, Said, Settings, bulk_rows, eventually, same, unique, until, within,
};
use tokio::process::Command;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    drivers::run(|cell, settings| async move {
        match cell {
            Cell::Connect => connect(&settings).await,
            Cell::Reuse => reuse(&settings).await,
            Cell::Prepared => prepared(&settings).await,
            Cell::Pipeline => Answer::unsupported("psql has no pipelines before version 18"),
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

/// psql without the user's own settings: fields apart by `|`, no headings, ended by the first error.
fn psql(settings: &Settings) -> anyhow::Result<Command> {
    let mut command = Command::new(settings.client.as_deref().unwrap_or("psql".as_ref()));
    command
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
        .env("PGUSER", &settings.user)
        .env("PGPASSWORD", &settings.password)
        .env("PGDATABASE", &settings.database)
        .env("PGCLIENTENCODING", "UTF8")
        .env("LC_ALL", "C");
    match settings.postgres_socket()? {
        Some((folder, port)) => command.env("PGHOST", folder).env("PGPORT", port.to_string()),
        None => command.env("PGHOST", &settings.host).env("PGPORT", settings.port.to_string()),
    };
    match &settings.tls {
        Some(authority) => command.env("PGSSLMODE", "verify-full").env("PGSSLROOTCERT", authority),
        None => command.env("PGSSLMODE", "disable"),
    };
    Ok(command)
}

async fn all(settings: &Settings, sql: &str) -> anyhow::Result<Said> {
    Client::all(&mut psql(settings)?, sql).await
}

/// What a session prints that must end well.
async fn done(settings: &Settings, sql: &str) -> anyhow::Result<String> {
    all(settings, sql).await?.done()
}

async fn connect(settings: &Settings) -> anyhow::Result<Answer> {
    same("the row", done(settings, "select 6 * 7, 'grün', null;").await?, "42|grün|\n")?;
    Ok(Answer::Ok)
}

async fn reuse(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sessions = BTreeSet::new();
    for _ in 0..PASSES {
        let script = "select pg_backend_pid();\nselect current_setting('statement_timeout');\n\
            set statement_timeout = 54321;\ncreate temp table driver_trace (n int);\n";
        let said = done(settings, script).await?;
        let (session, timeout) = said.split_once('\n').context("no second line")?;
        sessions.insert(session.to_owned());
        same("statement_timeout of a new connection", timeout, "0\n")?;
    }
    Ok(Answer::Fact(Cell::reuse_fact(&sessions)))
}

async fn prepared(settings: &Settings) -> anyhow::Result<Answer> {
    for (sql, wanted) in [("select $1::int + 1 as a", 42), ("select $1::int * 2 as b", 82)] {
        // `\gdesc` prepares the unnamed statement; a name can only be given in SQL before psql 16.
        let script = format!(
            "select {wanted} as described \\gdesc\nprepare driver_statement as {sql};\n\
             execute driver_statement(41);\nexecute driver_statement(41);\n"
        );
        same(sql, done(settings, &script).await?, format!("described|integer\n{wanted}\n{wanted}\n"))?;
    }
    Ok(Answer::Ok)
}

async fn copy(settings: &Settings) -> anyhow::Result<Answer> {
    let (table, rows) = (unique("copy"), bulk_rows());
    let script = format!(
        "create table {table} (n int primary key, word text);\n\
         copy {table} from stdin;\n{rows}\\.\n\
         copy (select * from {table} order by n) to stdout;\n\
         drop table {table};\n"
    );
    let out = done(settings, &script).await?;
    anyhow::ensure!(out == rows, "other rows came out: {} bytes of {}", out.len(), rows.len());
    Ok(Answer::Ok)
}

async fn listen(settings: &Settings) -> anyhow::Result<Answer> {
    let mut listener = Client::start(&mut psql(settings)?)?;
    let channel = unique("listen");
    listener.type_line(&format!("listen {channel};\n\\echo listening")).await?;
    same("the first line", within("listening", 10, listener.line()).await??, "listening")?;
    for word in ["first", "second"] {
        done(settings, &format!("notify {channel}, '{word}';")).await?;
        // psql looks for notifications after each query.
        listener.type_line("select 'asked';").await?;
        same("the answer", within("the answer", 10, listener.line()).await??, "asked")?;
        let said = within("the notification", 10, listener.line()).await??;
        let wanted = format!("Asynchronous notification \"{channel}\" with payload \"{word}\" received");
        anyhow::ensure!(said.starts_with(&wanted), "psql said `{said}`");
    }
    listener.finish("").await?.done()?;
    Ok(Answer::Ok)
}

async fn cancel(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sleeper = Client::start(&mut psql(settings)?)?;
    let mark = unique("cancel");
    sleeper.type_line(&format!("select pg_sleep(40) /* {mark} */;")).await?;
    let mut watcher = Client::start(&mut psql(settings)?)?;
    let running = format!(
        "select count(*) from pg_stat_activity \
         where state = 'active' and pid <> pg_backend_pid() and query like '%{mark}%';"
    );
    until("the query runs", async || {
        watcher.type_line(&running).await?;
        Ok(within("the watcher's answer", 10, watcher.line()).await?? == "1")
    })
    .await?;
    sleeper.interrupt()?;
    let said = within("cancelling", 20, sleeper.finish("select 'not reached';")).await??.refused()?;
    anyhow::ensure!(said.contains("canceling statement due to user request"), "psql said `{said}`");
    watcher.finish("").await?.done()?;
    Ok(Answer::Ok)
}

async fn tls(settings: &Settings) -> anyhow::Result<Answer> {
    let other = settings.with_other_ca()?;
    let script = "\\conninfo\nselect ssl from pg_stat_ssl where pid = pg_backend_pid();\n";
    let said = done(settings, script).await?;
    anyhow::ensure!(said.contains("SSL connection (protocol: TLSv1.3"), "psql said `{said}`");
    anyhow::ensure!(said.ends_with("\nt\n"), "the server's side is not encrypted: `{said}`");
    let refused = all(&other, "select 1;").await?.refused()?;
    anyhow::ensure!(refused.contains("certificate verify failed"), "psql said `{refused}`");
    Ok(Answer::Ok)
}

async fn transaction_left_open(settings: &Settings) -> anyhow::Result<Answer> {
    let table = unique("transaction");
    let first = format!(
        "create table {table} (n int);\nbegin;\ninsert into {table} values (1);\n\
         select count(*) from {table};\n"
    );
    same("rows inside", done(settings, &first).await?, "1\n")?;
    same("rows after", done(settings, &format!("select count(*) from {table};")).await?, "0\n")?;
    let inside = all(settings, "savepoint inside;").await?.refused()?;
    anyhow::ensure!(inside.contains("can only be used in transaction blocks"), "psql said `{inside}`");
    within("dropping the table", 20, done(settings, &format!("drop table {table};"))).await??;
    Ok(Answer::Ok)
}

async fn wrong_password(settings: &Settings) -> anyhow::Result<Answer> {
    let refused = all(&settings.with_wrong_password(), "select 1;").await?.refused()?;
    anyhow::ensure!(refused.contains("password authentication failed"), "psql said `{refused}`");
    connect(settings).await
}

async fn server_restart(settings: &Settings) -> anyhow::Result<Answer> {
    let mut client = Client::start(&mut psql(settings)?)?;
    client.type_line("select 'before';").await?;
    same("the answer before", within("the answer", 10, client.line()).await??, "before")?;
    settings.restart_server().await?;
    let after = within("the error", 10, client.finish("select 'after';\n")).await??;
    let said = after.refused()?;
    anyhow::ensure!(!said.contains("after\n"), "the connection outlived the server: `{said}`");
    eventually("a new connection", || connect(settings)).await
}
