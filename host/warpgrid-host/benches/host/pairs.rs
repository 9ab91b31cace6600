//! Takes two things in turn, the order swapped in every second round; knows neither.

use std::future::Future;
use std::time::Instant;

/// What two sides took, in nanoseconds each time.
pub(super) struct Pairs {
    pub(super) ours: Vec<f64>,
    pub(super) other: Vec<f64>,
}

impl Pairs {
    /// One line of JSON.
    pub(super) fn print(&self, name: &str) {
        println!(r#"{{"name":"{name}","unit":"ns","ours":{:?},"other":{:?}}}"#, self.ours, self.other);
    }
}

/// Calls each side `times` times a round, and gives nanoseconds of one call.
pub(super) async fn take<A: Future, B: Future>(
    rounds: usize,
    times: usize,
    mut ours: impl FnMut() -> A,
    mut other: impl FnMut() -> B,
) -> Pairs {
    let mut pairs = Pairs { ours: Vec::new(), other: Vec::new() };
    // The first round warms up and is dropped.
    for round in 0..=rounds {
        let (first, second);
        if round % 2 == 0 {
            first = repeat(times, &mut ours).await;
            second = repeat(times, &mut other).await;
        } else {
            second = repeat(times, &mut other).await;
            first = repeat(times, &mut ours).await;
        }
        if round > 0 {
            pairs.ours.push(first);
            pairs.other.push(second);
        }
    }
    pairs
}

#[expect(clippy::cast_precision_loss, reason = "counts and times below 2^52")]
async fn repeat<F: Future>(times: usize, call: &mut impl FnMut() -> F) -> f64 {
    let mut samples = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        call().await;
        samples.push(start.elapsed().as_nanos() as f64);
    }
    samples.sort_by(f64::total_cmp);
    samples[times / 2]
}
