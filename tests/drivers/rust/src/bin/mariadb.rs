//! The cells with the client `mariadb`: what is typed into it and what it prints; knows no driver.
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

/// The client without the user's own settings: fields apart by tabs, no headings, each answer written at once.
fn mariadb(settings: &Settings) -> Command {
    let mut command = Command::new(settings.client.as_deref().unwrap_or("mariadb".as_ref()));
    command
        .args(["--no-defaults", "--batch", "--skip-column-names", "--unbuffered", "--local-infile=1"])
        .args(["--default-character-set=utf8mb4", "--user"])
        .arg(&settings.user)
        .arg(&settings.database)
        .env("MYSQL_PWD", &settings.password)
        .env("LC_ALL", "C");
    match &settings.socket {
        Some(socket) => command.arg("--protocol=socket").arg("--socket").arg(socket),
        None => command
            .args(["--protocol=tcp", "--host", &settings.host])
            .arg("--port")
            .arg(settings.port.to_string()),
    };
    match &settings.tls {
        Some(authority) => command.arg("--ssl-verify-server-cert").arg("--ssl-ca").arg(authority),
        None => command.arg("--skip-ssl"),
    };
    command
}

async fn all(settings: &Settings, sql: &str) -> anyhow::Result<Said> {
    Client::all(&mut mariadb(settings), sql).await
}

/// What a session prints that must end well.
async fn done(settings: &Settings, sql: &str) -> anyhow::Result<String> {
    all(settings, sql).await?.done()
}

async fn connect(settings: &Settings) -> anyhow::Result<Answer> {
    same("the row", done(settings, "select 6 * 7, 'grün', null;").await?, "42\tgrün\tNULL\n")?;
    Ok(Answer::Ok)
}

async fn reuse(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sessions = BTreeSet::new();
    for _ in 0..PASSES {
        let script = "select connection_id();\n\
            select @driver_trace, @@session.wait_timeout = @@global.wait_timeout;\n\
            set @driver_trace = 'left', session wait_timeout = 54321;\n\
            create temporary table driver_trace (n int);\n";
        let said = done(settings, script).await?;
        let (session, state) = said.split_once('\n').context("no second line")?;
        sessions.insert(session.to_owned());
        same("variable and time-out of a new connection", state, "NULL\t1\n")?;
    }
    Ok(Answer::Fact(Cell::reuse_fact(&sessions)))
}

async fn prepared(settings: &Settings) -> anyhow::Result<Answer> {
    for (sql, wanted) in [("select ? + 1", 42), ("select ? * 2", 82)] {
        let execute = "execute driver_statement using @number;\n";
        let script = format!("prepare driver_statement from '{sql}';\nset @number = 41;\n{execute}{execute}");
        same(sql, done(settings, &script).await?, format!("{wanted}\n{wanted}\n"))?;
    }
    Ok(Answer::Fact("in SQL: the client has no other way".to_owned()))
}

async fn pipeline(settings: &Settings) -> anyhow::Result<Answer> {
    // With another delimiter the three statements are one query.
    let script = "delimiter //\nselect 1; select 2, 3; select 4//\ndelimiter ;\nselect 6 * 7;\n";
    same("the answers", done(settings, script).await?, "1\n2\t3\n4\n42\n")?;
    let failing = "delimiter //\nselect 1; select no_such_column; select 4//\n";
    let said = all(settings, failing).await?.refused()?;
    anyhow::ensure!(said.starts_with("1\n") && said.contains("ERROR 1054"), "the client said `{said}`");
    Ok(Answer::Fact("as several statements in one query".to_owned()))
}

async fn copy(settings: &Settings) -> anyhow::Result<Answer> {
    let (table, rows) = (unique("copy"), bulk_rows());
    let file = std::env::temp_dir().join(&table);
    std::fs::write(&file, &rows).with_context(|| format!("writing `{}`", file.display()))?;
    let script = format!(
        "create table {table} (n int primary key, word varchar(99)) charset utf8mb4;\n\
         load data local infile '{}' into table {table} character set utf8mb4;\n\
         select * from {table} order by n;\n\
         drop table {table};\n",
        file.display()
    );
    let out = done(settings, &script).await;
    std::fs::remove_file(&file).with_context(|| format!("removing `{}`", file.display()))?;
    let out = out?;
    anyhow::ensure!(out == rows, "other rows came out: {} bytes of {}", out.len(), rows.len());
    Ok(Answer::Ok)
}

async fn cancel(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sleeper = Client::start(&mut mariadb(settings))?;
    let mark = unique("cancel");
    // The client strips comments, so the mark is a name.
    sleeper.type_line(&format!("select sleep(40) as {mark};")).await?;
    let mut watcher = Client::start(&mut mariadb(settings))?;
    let running = format!(
        "select count(*) from information_schema.processlist \
         where info like '%{mark}%' and id <> connection_id();"
    );
    until("the query runs", async || {
        watcher.type_line(&running).await?;
        Ok(within("the watcher's answer", 10, watcher.line()).await?? == "1")
    })
    .await?;
    // The client then opens a second connection and kills the query by the id of its greeting.
    sleeper.interrupt()?;
    let said = within("cancelling", 20, sleeper.finish("select 'not reached';\n")).await??.refused()?;
    anyhow::ensure!(said.contains("ERROR 1317"), "the client said `{said}`");
    watcher.finish("").await?.done()?;
    Ok(Answer::Ok)
}

async fn tls(settings: &Settings) -> anyhow::Result<Answer> {
    let other = settings.with_other_ca()?;
    let said = done(settings, "show status like 'Ssl_cipher';").await?;
    let cipher = said.strip_prefix("Ssl_cipher\t").unwrap_or_default().trim_end();
    anyhow::ensure!(!cipher.is_empty(), "the server's side is not encrypted: `{said}`");
    let said = done(settings, "status").await?;
    anyhow::ensure!(said.contains("SSL:\t\t\tCipher in use is"), "this side is not encrypted: `{said}`");
    let refused = all(&other, "select 1;").await?.refused()?;
    anyhow::ensure!(refused.contains("certificate"), "the client said `{refused}`");
    Ok(Answer::Ok)
}

async fn transaction_left_open(settings: &Settings) -> anyhow::Result<Answer> {
    let table = unique("transaction");
    let (count, insert) =
        (format!("select count(*) from {table};\n"), format!("insert into {table} values (1);\n"));
    let first = format!("create table {table} (n int) engine = innodb;\nstart transaction;\n{insert}{count}");
    same("rows inside", done(settings, &first).await?, "1\n")?;
    same("rows after", done(settings, &count).await?, "0\n")?;
    done(settings, &insert).await?;
    same("rows that another connection sees", done(settings, &count).await?, "1\n")?;
    within("dropping the table", 20, done(settings, &format!("drop table {table};"))).await??;
    Ok(Answer::Ok)
}

async fn wrong_password(settings: &Settings) -> anyhow::Result<Answer> {
    let refused = all(&settings.with_wrong_password(), "select 1;").await?.refused()?;
    anyhow::ensure!(refused.contains("ERROR 1045"), "the client said `{refused}`");
    connect(settings).await
}

async fn server_restart(settings: &Settings) -> anyhow::Result<Answer> {
    let mut client = Client::start(&mut mariadb(settings))?;
    client.type_line("select 'before';").await?;
    same("the answer before", within("the answer", 10, client.line()).await??, "before")?;
    settings.restart_server().await?;
    let said = within("the error", 10, client.finish("select 'after';\n")).await??.refused()?;
    anyhow::ensure!(!said.contains("after\n"), "the connection outlived the server: `{said}`");
    eventually("a new connection", || connect(settings)).await
}
