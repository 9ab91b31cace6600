//! What is told when a proxy starts, changes and ends: a line for people, a JSON object for scripts.

use crate::report::{json_line, line};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use warpgrid_pool::stats::DrainReport;

/// Cut sessions that are listed one by one for people.
const LISTED: usize = 20;

/// Tells where the listeners are.
pub(super) fn listening(json: bool, listeners: &[Value]) -> io::Result<()> {
    for listener in listeners {
        if json {
            json_line(listener)?;
        } else {
            line(listening_words(listener))?;
        }
    }
    Ok(())
}

/// Tells that all of them are open.
pub(super) fn ready(
    json: bool,
    listeners: usize,
    admin: &str,
    metrics: Option<SocketAddr>,
) -> io::Result<()> {
    let metrics = metrics.map(|address| format!("http://{address}/metrics"));
    if json {
        let ready = json!({ "event": "ready", "listeners": listeners, "admin": admin, "metrics": metrics });
        return json_line(&ready);
    }
    if let Some(metrics) = metrics {
        eprintln!("metrics on {metrics}");
    }
    eprintln!("ready; `warp proxy status --admin {admin}` shows the sessions");
    Ok(())
}

/// Tells of a reload that the proxy was asked for, or why it changed nothing.
pub(super) fn reloaded(json: bool, result: &Result<Value, anyhow::Error>) -> io::Result<()> {
    match result {
        Ok(answer) if json => json_line(answer),
        Ok(answer) => {
            eprintln!("{}", reloaded_words(answer));
            Ok(())
        }
        Err(error) => {
            let text = crate::report::text(error);
            tracing::error!("the configuration stays as it was: {text}");
            if json {
                return json_line(&json!({
                    "event": "reload-failed",
                    "error": crate::report::one_line(error),
                }));
            }
            Ok(())
        }
    }
}

/// The answer to a reload that succeeded; with the listeners that it opened.
pub(super) fn reloaded_answer(opened: &[Value], listeners: usize, retired: usize) -> Value {
    json!({
        "event": "reloaded",
        "opened": opened,
        "listeners": listeners,
        "retired_sessions": retired,
    })
}

/// The answer to a drain that is over.
pub(super) fn drained_answer(report: &DrainReport, elapsed: Duration) -> Value {
    json!({
        "event": "drained",
        "finished": report.finished,
        "cut": report.cut,
        "milliseconds": elapsed.as_millis() as u64,
    })
}

/// Tells how the drain ended.
pub(super) fn drained(json: bool, answer: &Value) -> io::Result<()> {
    if json {
        return json_line(answer);
    }
    eprintln!("{}", drained_words(answer));
    Ok(())
}

fn listening_words(listener: &Value) -> String {
    let text = |key: &str| listener[key].as_str().unwrap_or_default();
    let place = listener["socket"].as_str().unwrap_or_else(|| text("address"));
    let tls = if listener["tls"] == json!(true) { ", with TLS" } else { "" };
    format!("{}: {} on {place}{tls}, binding `{}`", text("listener"), text("protocol"), text("binding"))
}

/// A reload for people.
pub(super) fn reloaded_words(answer: &Value) -> String {
    let listeners = &answer["listeners"];
    let mut words = format!("the configuration is in force: {listeners} listeners");
    if let retired @ 1.. = answer["retired_sessions"].as_u64().unwrap_or_default() {
        words.push_str(&format!("; {retired} sessions of before end when their clients go"));
    }
    for listener in answer["opened"].as_array().into_iter().flatten() {
        words.push_str(&format!("\n{}", listening_words(listener)));
    }
    words
}

/// A drain for people.
pub(super) fn drained_words(answer: &Value) -> String {
    let seconds = answer["milliseconds"].as_u64().unwrap_or_default() as f64 / 1000.0;
    let cut: Vec<_> = answer["cut"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let finished = &answer["finished"];
    let mut words =
        format!("drained in {seconds:.1} s: {finished} sessions ended in their own time, {} cut", cut.len());
    for session in cut.iter().take(LISTED) {
        words.push_str(&format!("\n  cut: {session}"));
    }
    if cut.len() > LISTED {
        words.push_str(&format!("\n  and {} more", cut.len() - LISTED));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_sessions_are_listed_and_many_are_counted() {
        let cut = vec!["db: tenant tcp, session 3, a transaction open".to_owned(); 21];
        let answer = drained_answer(&DrainReport { finished: 2, cut }, Duration::from_millis(1_540));
        let words = drained_words(&answer);
        let lines: Vec<_> = words.lines().collect();
        assert_eq!(lines[0], "drained in 1.5 s: 2 sessions ended in their own time, 21 cut");
        assert_eq!(lines[1], "  cut: db: tenant tcp, session 3, a transaction open");
        assert_eq!(lines[21..], ["  and 1 more"]);
    }

    #[test]
    fn a_listener_is_a_line() {
        let tcp = json!({
            "listener": "tcp", "protocol": "mysql", "binding": "db", "tls": true, "address": "127.0.0.1:1",
        });
        assert_eq!(listening_words(&tcp), "tcp: mysql on 127.0.0.1:1, with TLS, binding `db`");
        let unix = json!({
            "listener": "local", "protocol": "redis", "binding": "c", "tls": false, "socket": "/a/r.sock",
        });
        let opened = reloaded_answer(&[unix], 2, 1);
        assert_eq!(
            reloaded_words(&opened),
            "the configuration is in force: 2 listeners; 1 sessions of before end when their clients go\n\
             local: redis on /a/r.sock, binding `c`"
        );
    }
}
