//! The cells with redis-cli: what is typed into it and what it prints; knows no driver.
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Context;
use drivers::{
    Answer, Cell, Client, PASSES, QUERIES, Said, Settings, eventually, same, unique, until, within,
};
use tokio::process::Command;

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

/// The client; it reads commands and writes one answer a line.
fn redis_cli(settings: &Settings) -> Command {
    let mut command = Command::new(settings.client.as_deref().unwrap_or("redis-cli".as_ref()));
    command
        .args(["--user", &settings.user, "-n", &settings.database])
        .env("REDISCLI_AUTH", &settings.password)
        .env("LC_ALL", "C");
    match &settings.socket {
        Some(socket) => command.arg("-s").arg(socket),
        None => command.args(["-h", &settings.host, "-p", &settings.port.to_string()]),
    };
    if let Some(authority) = &settings.tls {
        command.args(["--tls", "--sni", &settings.host]).arg("--cacert").arg(authority);
    }
    command
}

async fn all(settings: &Settings, commands: &str) -> anyhow::Result<Said> {
    Client::all(&mut redis_cli(settings), commands).await
}

/// What a session prints that must end well.
async fn done(settings: &Settings, commands: &str) -> anyhow::Result<String> {
    all(settings, commands).await?.done()
}

async fn connect(settings: &Settings) -> anyhow::Result<Answer> {
    let key = unique("connect");
    let commands = format!("set {key} grün ex 60\nget {key}\ndel {key}\n");
    same("the answers", done(settings, &commands).await?, "OK\ngrün\n1\n")?;
    Ok(Answer::Ok)
}

/// The field of `CLIENT INFO`.
fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.split_whitespace().find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

async fn reuse(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sessions = BTreeSet::new();
    for _ in 0..PASSES {
        let commands = "client info\nclient setname driver_trace\nwatch driver_trace\nselect 7\n";
        let said = done(settings, commands).await?;
        let info = said.lines().next().unwrap_or_default();
        sessions.insert(field(info, "id").context("no id in CLIENT INFO")?.to_owned());
        anyhow::ensure!(field(info, "name") != Some("driver_trace"), "a trace is left: {info}");
        same("the database of a new connection", field(info, "db"), Some(settings.database.as_str()))?;
        same("the transaction of a new connection", field(info, "multi"), Some("-1"))?;
    }
    Ok(Answer::Fact(Cell::reuse_fact(&sessions)))
}

async fn pipeline(settings: &Settings) -> anyhow::Result<Answer> {
    let (key, text) = (unique("pipeline"), unique("pipeline"));
    let mut commands = format!("set {text} word ex 60\r\nincr {text}\r\n");
    for _ in 0..QUERIES {
        let _ = write!(commands, "incr {key}\r\n");
    }
    // All are sent before the first is answered; the one that adds to a text fails alone.
    let said = Client::all(redis_cli(settings).arg("--pipe"), &commands).await?.refused()?;
    let wanted = format!("errors: 1, replies: {}", QUERIES + 2);
    anyhow::ensure!(said.contains(&wanted), "redis-cli said `{said}`");
    let after = done(settings, &format!("get {key}\ndel {key} {text}\n")).await?;
    same("the sum, and the deleted keys", after, format!("{QUERIES}\n2\n"))?;
    Ok(Answer::Ok)
}

async fn listen(settings: &Settings) -> anyhow::Result<Answer> {
    let channel = unique("listen");
    let mut listener = Client::start(redis_cli(settings).args(["subscribe", &channel]))?;
    for wanted in ["subscribe", &channel, "1"] {
        same("subscribing", within("subscribing", 10, listener.line()).await??, wanted)?;
    }
    for word in ["first", "second"] {
        same("listeners", done(settings, &format!("publish {channel} {word}\n")).await?, "1\n")?;
        for wanted in ["message", &channel, word] {
            same("the message", within("the message", 10, listener.line()).await??, wanted)?;
        }
    }
    listener.interrupt()?;
    Ok(Answer::Ok)
}

async fn cancel(settings: &Settings) -> anyhow::Result<Answer> {
    let mut sleeper = Client::start(&mut redis_cli(settings))?;
    sleeper.type_line("client id").await?;
    let id = within("the id", 10, sleeper.line()).await??;
    sleeper.type_line(&format!("blpop {} 40\nping", unique("cancel"))).await?;
    let unblock = format!("client unblock {id} error\n");
    until("the command waits", async || match done(settings, &unblock).await?.as_str() {
        "1\n" => Ok(true),
        "0\n" => Ok(false),
        said => anyhow::bail!("redis-cli said `{}`", said.trim_end()),
    })
    .await?;
    let said = within("cancelling", 20, sleeper.finish("")).await??;
    let said = said.output + &said.messages;
    anyhow::ensure!(said.starts_with("UNBLOCKED "), "redis-cli said `{said}`");
    anyhow::ensure!(said.trim_end().ends_with("PONG"), "the next answer is missing: `{said}`");
    Ok(Answer::Ok)
}

async fn tls(settings: &Settings) -> anyhow::Result<Answer> {
    let other = settings.with_other_ca()?;
    connect(settings).await?;
    let refused = all(&other, "ping\n").await?;
    let said = refused.output + &refused.messages;
    anyhow::ensure!(said.contains("certificate verify failed"), "redis-cli said `{said}`");
    anyhow::ensure!(!said.contains("PONG"), "a certificate of another authority was taken: `{said}`");
    Ok(Answer::Ok)
}

async fn transaction_left_open(settings: &Settings) -> anyhow::Result<Answer> {
    let key = unique("transaction");
    let inside = done(settings, &format!("multi\nset {key} inside\n")).await?;
    same("the answers inside", inside, "OK\nQUEUED\n")?;
    let outside = format!("exists {key}\nset {key} outside ex 60\ndel {key}\n");
    same("the answers after", done(settings, &outside).await?, "0\nOK\n1\n")?;
    Ok(Answer::Ok)
}

async fn wrong_password(settings: &Settings) -> anyhow::Result<Answer> {
    let said = all(&settings.with_wrong_password(), "ping\n").await?;
    let said = said.output + &said.messages;
    anyhow::ensure!(said.contains("AUTH failed: WRONGPASS"), "redis-cli said `{said}`");
    anyhow::ensure!(!said.contains("PONG"), "a wrong password was taken: `{said}`");
    connect(settings).await
}

async fn server_restart(settings: &Settings) -> anyhow::Result<Answer> {
    let mut client = Client::start(&mut redis_cli(settings))?;
    client.type_line("ping").await?;
    same("the answer before", within("the answer", 10, client.line()).await??, "PONG")?;
    settings.restart_server().await?;
    let said = within("the error", 10, client.finish("ping\n")).await??;
    anyhow::ensure!(
        !said.output.contains("PONG") && !said.messages.is_empty(),
        "the connection outlived the server: `{}{}`",
        said.output,
        said.messages
    );
    eventually("a new connection", || connect(settings)).await
}
