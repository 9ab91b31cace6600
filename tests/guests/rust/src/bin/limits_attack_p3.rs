//! Takes without end what the first argument names, through WASI 0.3.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

wasip3::cli::command::export!(Attack);

struct Attack;

impl wasip3::exports::cli::run::Guest for Attack {
    async fn run() -> Result<(), ()> {
        match std::env::args().nth(1).as_deref() {
            Some("tasks") => tasks().await,
            Some("streams") => streams(),
            Some("futures") => futures(),
            Some("spin") => spin(),
            Some("wait") => wasip3::clocks::monotonic_clock::wait_for(3_600_000_000_000).await,
            Some("random") => println!("{}", wasip3::random::random::get_random_bytes(1 << 40).len()),
            _ => return Err(()),
        }
        Ok(())
    }
}

/// Every one is a task of the host that waits for an hour.
async fn tasks() {
    let mut held: Vec<Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
    loop {
        let mut task: Pin<Box<dyn Future<Output = ()>>> =
            Box::pin(wasip3::clocks::monotonic_clock::wait_for(3_600_000_000_000));
        assert!(task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        held.push(task);
    }
}

fn streams() {
    let mut held = Vec::new();
    loop {
        held.push(wasip3::wit_stream::new::<u8>());
    }
}

fn futures() {
    let mut held = Vec::new();
    loop {
        held.push(wasip3::wit_future::new::<Result<(), wasip3::cli::types::ErrorCode>>(|| Ok(())));
    }
}

fn spin() {
    let mut number = 0_u64;
    loop {
        number = std::hint::black_box(number.wrapping_add(1));
    }
}

fn main() {}
