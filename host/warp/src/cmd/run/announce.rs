//! What is told when a service starts and ends: a line for people, a JSON object for scripts.

use crate::report::json_line;
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use warpgrid_host::http::{DrainReport, OpenRequest};

/// Cut requests that are listed one by one for people.
const LISTED: usize = 20;

/// Tells where the service listens, once it does.
pub(super) fn listening(json: bool, address: SocketAddr, metrics: Option<SocketAddr>) -> io::Result<()> {
    let url = |address: SocketAddr| format!("http://{address}");
    if json {
        let line = json!({
            "event": "listening",
            "url": url(address),
            "port": address.port(),
            "metrics": metrics.map(|address| format!("{}/metrics", url(address))),
        });
        return json_line(&line);
    }
    eprintln!("listening on {}", url(address));
    if let Some(address) = metrics {
        eprintln!("metrics on {}/metrics", url(address));
    }
    Ok(())
}

/// Tells how the service ended, and gives the exit code.
pub(super) fn drained(json: bool, report: &DrainReport) -> io::Result<ExitCode> {
    if json {
        let cut: Vec<_> = report.cut.iter().map(as_json).collect();
        json_line(&json!({
            "event": "drained",
            "finished": report.finished,
            "cut": cut,
            "milliseconds": report.elapsed.as_millis() as u64,
            "instances_left": report.instances_left,
        }))?;
    } else {
        for line in as_text(report) {
            eprintln!("{line}");
        }
    }
    Ok(ExitCode::from(u8::from(!report.cut.is_empty())))
}

fn as_json(request: &OpenRequest) -> serde_json::Value {
    json!({
        "request": &*request.id,
        "method": request.method,
        "path": request.path,
        "milliseconds": request.age.as_millis() as u64,
        "instance": request.instance,
    })
}

fn as_text(report: &DrainReport) -> Vec<String> {
    let seconds = report.elapsed.as_secs_f64();
    let (finished, cut) = (report.finished, report.cut.len());
    let mut lines = vec![format!("drained in {seconds:.1} s: {finished} requests answered, {cut} cut")];
    for request in report.cut.iter().take(LISTED) {
        let OpenRequest { id, method, path, age, instance } = request;
        let age = age.as_secs_f64();
        let place = match instance {
            Some(instance) => format!("in instance {instance}"),
            None => "waiting for an instance".to_owned(),
        };
        lines.push(format!("  cut after {age:.1} s, {place}: {method} {path} (request {id})"));
    }
    if cut > LISTED {
        lines.push(format!("  and {} more", cut - LISTED));
    }
    if report.instances_left > 0 {
        lines.push(format!("  {} instances did not give way", report.instances_left));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn cut_requests_are_listed_and_many_are_counted() {
        let open = OpenRequest {
            id: "order-17".into(),
            method: "GET".to_owned(),
            path: "/slow".to_owned(),
            age: Duration::from_millis(30_120),
            instance: Some(4),
        };
        let elapsed = Duration::from_secs(30);
        let report = DrainReport { finished: 2, cut: vec![open; 21], elapsed, instances_left: 0 };
        let lines = as_text(&report);
        assert_eq!(lines[0], "drained in 30.0 s: 2 requests answered, 21 cut");
        assert_eq!(lines[1], "  cut after 30.1 s, in instance 4: GET /slow (request order-17)");
        assert_eq!(lines[21..], ["  and 1 more"]);
    }
}
