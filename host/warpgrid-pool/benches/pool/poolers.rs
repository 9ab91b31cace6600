//! `warp proxy` against PgBouncer with pgbench, and what a pooler adds to a query; knows no goal.

use crate::guest::{Guest, Way};
use crate::lab::{CONNECTIONS, Lab};
use crate::pgbench::{self, Load, Outcome};
use crate::proxy::Proxy;
use crate::turns::{print, take};

/// Nothing is less than this, in microseconds: what pgbench's log can tell.
const LEAST: f64 = 1.0;

pub(super) fn run(lab: &Lab, rounds: usize) {
    let proxy = Proxy::start(lab);
    for mode in pgbench::MODES {
        for connections in CONNECTIONS {
            compare(lab, &proxy, rounds, Load::kept(mode, *connections));
        }
    }
    let load = Load { reconnects: true, ..Load::kept("simple", 10) };
    compare(lab, &proxy, rounds, load);
    // All is warm by now: what counts is the difference of two looks.
    let reused: Vec<f64> = (0..rounds)
        .map(|_| {
            let before = counts(&proxy);
            pgbench::run(lab, proxy.port, load);
            let after = counts(&proxy);
            100.0 * (after.1 - before.1) / (after.0 - before.0)
        })
        .collect();
    print("checkouts that reuse a session, pgbench -C through warp proxy", "%", &reused, &[]);
    drop(proxy);
    added(lab, rounds);
}

/// Checkouts so far, and how many of them reused a session.
fn counts(proxy: &Proxy) -> (f64, f64) {
    let status = proxy.status();
    let number = |name: &str| status[name].as_f64().unwrap_or_else(|| panic!("no `{name}` in {status}"));
    (number("checkouts"), number("reused"))
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
        let p50 = [of(0, |run| run.p50), of(1, |run| run.p50), of(2, |run| run.p50)];
        let (ours, other) = (difference(&p50[0], &p50[2]), difference(&p50[1], &p50[2]));
        print(&label("added to the p50, warp proxy / PgBouncer"), "µs", &ours, &other);
    }
}

/// What the pool adds to a guest's query, against what PgBouncer adds to a native program's.
fn added(lab: &Lab, rounds: usize) {
    let pooled = Guest::new(lab, &lab.postgres, Way::Pooled);
    let direct = Guest::new(lab, &lab.postgres, Way::Direct);
    for mode in pgbench::MODES {
        let load = Load::kept(mode, 1);
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
        let name = format!("added to the p50, pool to a guest / PgBouncer to pgbench: {mode}, c = 1");
        print(&name, "µs", &difference(&taken[0], &taken[1]), &difference(&taken[2], &taken[3]));
    }
}

/// What the first takes longer than the second, round by round.
fn difference(with: &[f64], without: &[f64]) -> Vec<f64> {
    with.iter().zip(without).map(|(with, without)| (with - without).max(LEAST)).collect()
}
