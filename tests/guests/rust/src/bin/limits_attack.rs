//! Takes without end what the first argument names, through plain `std` and WASI 0.2.

use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse::<u64>().ok());
    match arguments.first().map(String::as_str) {
        Some("memory") => memory(),
        Some("memory-softly") => memory_softly(),
        Some("spin") => spin(),
        Some("spin-with-calls") => spin_with_calls(),
        Some("work") => work(Duration::from_millis(number(1).expect("milliseconds"))),
        Some("sleep") => std::thread::sleep(Duration::from_millis(number(1).expect("milliseconds"))),
        Some("recurse") => println!("{}", recurse(number(1).unwrap_or(u64::MAX)) != 0),
        Some("recurse-and-sleep") => {
            println!("{}", recurse(number(1).expect("a depth")) != 0);
            std::thread::sleep(Duration::from_millis(number(2).expect("milliseconds")));
        }
        Some("pollables") => pollables(),
        Some("headers") => headers(),
        Some("large-header") => large_header(number(1).expect("bytes")),
        Some("random") => random(number(1).expect("bytes")),
        Some("large-call") => large_call(number(1).expect("bytes")),
        Some("hold") => hold(&arguments[1]),
        other => panic!("unknown attack {other:?}"),
    }
}

/// Touches every page, so that it is really there.
fn memory() {
    let mut held = Vec::new();
    loop {
        held.push(vec![1_u8; 1 << 20]);
        black_box(&held);
    }
}

/// Lives with a refusal.
fn memory_softly() {
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..1000 {
        let mut next = Vec::new();
        if next.try_reserve_exact(1 << 20).is_err() {
            held.truncate(1);
            println!("refused");
            return;
        }
        next.resize(1 << 20, 1);
        held.push(black_box(next));
    }
    println!("never refused");
}

fn spin() {
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
    }
}

fn spin_with_calls() {
    loop {
        black_box(Instant::now());
    }
}

fn work(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        black_box(&start);
    }
    println!("worked");
}

/// Has nothing in linear memory, so that only the engine's stack grows.
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    if depth == 0 { 1 } else { (recurse(depth - 1).wrapping_mul(3) ^ depth).rotate_left(7) | 1 }
}

fn pollables() {
    let mut held = Vec::new();
    loop {
        held.push(wasip2::clocks::monotonic_clock::subscribe_duration(1_000_000_000_000));
    }
}

fn headers() {
    let mut held = Vec::new();
    loop {
        held.push(wasip2::http::types::Fields::new());
    }
}

fn large_header(bytes: u64) {
    let fields = wasip2::http::types::Fields::new();
    for number in 0..bytes / 4096 {
        fields.append(&format!("x-{number}"), &[b'x'; 4096]).expect("a valid header");
    }
    println!("added");
}

fn random(bytes: u64) {
    println!("{}", wasip2::random::random::get_random_bytes(bytes).len());
}

/// One call that carries this many bytes to the host.
fn large_call(bytes: u64) {
    let fields = wasip2::http::types::Fields::new();
    let value = vec![b'x'; usize::try_from(bytes).expect("fits")];
    println!("{}", fields.append("x", &value).is_ok());
}

/// Holds files and pollables, says so, and ends as asked, or does not.
fn hold(how: &str) {
    let files: Vec<_> = (0..40)
        .map(|number| std::fs::File::create(format!("/data/{number}")).expect("a file can be made"))
        .collect();
    let pollables: Vec<_> =
        (0..40).map(|_| wasip2::clocks::monotonic_clock::subscribe_duration(1_000_000_000_000)).collect();
    let memory = black_box(vec![1_u8; 32 << 20]);
    println!("held");
    match how {
        "trap" => std::process::abort(),
        "spin" => spin(),
        "memory" => self::memory(),
        "wait" => std::thread::sleep(Duration::from_secs(3600)),
        other => panic!("unknown end {other}"),
    }
    drop((files, pollables, memory));
}
