//! `warp proxy` against PgBouncer with pgbench, and what a hop adds to a query; knows no goal.

use crate::guest::{Guest, Way};
use crate::lab::{CONNECTIONS, Lab};
use crate::pgbench::{self, Load, Outcome};
use crate::proxy::Proxy;
use crate::turns::{print, take};

/// How long one run takes.
const SECONDS: u32 = 2;
/// Nothing is less than this, in microseconds: what pgbench's log can tell.
const LEAST: f64 = 1.0;

pub(super) fn run(lab: &Lab, rounds: usize) {
    let proxy = Proxy::start(lab);
    for mode in ["simple", "extended", "prepared"] {
        for connections in CONNECTIONS {
            let load = Load {
                mode,
                connections: *connections,
                reconnects: false,
                encryption: "disable",
                seconds: SECONDS,
            };
            compare(lab, &proxy, rounds, load);
        }
    }
    let load =
        Load { mode: "simple", connections: 10, reconnects: true, encryption: "disable", seconds: SECONDS };
    compare(lab, &proxy, rounds, load);
    let status = proxy.status();
    let number = |name: &str| status[name].as_f64().unwrap_or_else(|| panic!("no `{name}` in {status}"));
    let reused = 100.0 * number("reused") / number("checkouts");
    print("checkouts that reuse a session, pgbench through warp proxy", "%", &[reused], &[]);
    drop(proxy);
    added(lab, rounds);
}

/// Us, PgBouncer and the server itself under one load.
fn compare(lab: &Lab, proxy: &Proxy, rounds: usize, load: Load) {
    let Load { mode, connections, reconnects, .. } = load;
    let taken = take(
        rounds,
        &mut [
            &mut || pgbench::run(lab, proxy.port, load),
            &mut || pgbench::run(lab, lab.pgbouncer.port(), load),
            &mut || pgbench::run(lab, lab.postgres.port(), load),
        ],
    );
    let of = |side: usize, value: fn(&Outcome) -> f64| taken[side].iter().map(value).collect::<Vec<f64>>();
    let what = if reconnects { "connection for each query (-C)" } else { mode };
    let label = |text: &str| format!("{text}: pgbench {what}, c = {connections}");
    let rates = [of(0, |run| run.rate), of(1, |run| run.rate), of(2, |run| run.rate)];
    print(&label("queries a second, warp proxy / PgBouncer"), "1/s", &rates[0], &rates[1]);
    print(&label("queries a second, warp proxy / direct"), "1/s", &rates[0], &rates[2]);
    if connections == 1 {
        let added = |side: usize| -> Vec<f64> {
            taken[side].iter().zip(&taken[2]).map(|(hop, direct)| (hop.p50 - direct.p50).max(LEAST)).collect()
        };
        print(&label("added to the p50, warp proxy / PgBouncer"), "µs", &added(0), &added(1));
    }
}

/// What the pool adds to a guest's query, against what PgBouncer adds to a native program's.
fn added(lab: &Lab, rounds: usize) {
    let pooled = Guest::new(lab, &lab.postgres, Way::Pooled);
    let direct = Guest::new(lab, &lab.postgres, Way::Direct);
    for mode in ["simple", "extended", "prepared"] {
        let load = Load { mode, connections: 1, reconnects: false, encryption: "disable", seconds: SECONDS };
        let kind = format!("postgres-{mode}");
        let words = ["query", &kind, "1", "20000"];
        let microseconds = |guest: &Guest<'_>| guest.run(&words).queries().p50 / 1000.0;
        let taken = take(
            rounds,
            &mut [
                &mut || microseconds(&pooled),
                &mut || microseconds(&direct),
                &mut || pgbench::run(lab, lab.pgbouncer.port(), load).p50,
                &mut || pgbench::run(lab, lab.postgres.port(), load).p50,
            ],
        );
        let difference = |with: usize, without: usize| -> Vec<f64> {
            taken[with]
                .iter()
                .zip(&taken[without])
                .map(|(with, without)| (with - without).max(LEAST))
                .collect()
        };
        let name = format!("added to the p50, pool to a guest / PgBouncer to pgbench: {mode}, c = 1");
        print(&name, "µs", &difference(0, 1), &difference(2, 3));
    }
}
