//! A guest through the pool against the same guest direct: time, rate and processor time of a query; knows no goal.

use crate::guest::{Guest, Run, WITH_WARM_UP, Way};
use crate::lab::{CONNECTIONS, Lab};
use crate::turns::{print, take};

/// Queries of one run.
const TIMES: f64 = 20_000.0;

pub(super) fn run(lab: &Lab, rounds: usize) {
    let kinds = [
        ("postgres-simple", &lab.postgres),
        ("postgres-extended", &lab.postgres),
        ("postgres-prepared", &lab.postgres),
        ("mysql-text", &lab.mariadb),
        ("mysql-prepared", &lab.mariadb),
        ("redis", &lab.redis),
    ];
    for (kind, server) in kinds {
        let pooled = Guest::new(lab, server, Way::Pooled);
        let direct = Guest::new(lab, server, Way::Direct);
        for connections in CONNECTIONS {
            let (count, times) = (connections.to_string(), TIMES.to_string());
            let words = ["query", kind, &count, &times];
            let taken = take(rounds, &mut [&mut || pooled.run(&words), &mut || direct.run(&words)]);
            let figure = |of: fn(&Run) -> f64| {
                let side = |runs: &[Run]| runs.iter().map(of).collect::<Vec<f64>>();
                (side(&taken[0]), side(&taken[1]))
            };
            let label =
                |what: &str| format!("{what}, guest through the pool / guest direct: {kind}, c = {count}");
            let (ours, other) = figure(|run| run.queries().p50);
            print(&label("p50"), "ns", &ours, &other);
            let (ours, other) = figure(|run| run.queries().p99);
            print(&label("p99"), "ns", &ours, &other);
            let (ours, other) = figure(|run| run.queries().rate);
            print(&label("queries a second"), "1/s", &ours, &other);
            if *connections == 1 {
                // Logins cost a guest without the pool more, so many of them would flatter it.
                let (ours, other) = figure(|run| run.processor_seconds * 1e6 / (TIMES * WITH_WARM_UP));
                print(&label("processor time"), "µs", &ours, &other);
                let added: Vec<f64> = ours.iter().zip(&other).map(|(ours, other)| ours - other).collect();
                print(&format!("processor time that the pool adds: {kind}, c = {count}"), "µs", &added, &[]);
            }
        }
    }
}
