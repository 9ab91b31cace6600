//! One result of 100 MB through the pool against the same direct; knows no goal.

use crate::guest::{Guest, Run, Way};
use crate::lab::Lab;
use crate::turns::{print, take};

const BYTES: &str = "100000000";

pub(super) fn run(lab: &Lab, rounds: usize) {
    let pooled = Guest::new(lab, &lab.postgres, Way::Pooled);
    let direct = Guest::new(lab, &lab.postgres, Way::Direct);
    let words = ["bulk", BYTES];
    let taken = take(rounds, &mut [&mut || pooled.run(&words), &mut || direct.run(&words)]);
    let rate = |run: &Run| {
        let printed: serde_json::Value = run.parse();
        printed["bytes"].as_f64().unwrap() / printed["seconds"].as_f64().unwrap() / 1e6
    };
    let rates = |side: usize| taken[side].iter().map(rate).collect::<Vec<f64>>();
    print("a result of 100 MB, guest through the pool / guest direct", "MB/s", &rates(0), &rates(1));
}
