//! The program of `docs/how-to/embed.md`: its text, and what it does with a real guest.

use crate::harness::guest;
use std::path::Path;
use warpgrid_host::Outcome;
use warpgrid_host::instance::Stdio;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

#[path = "../../examples/embed.rs"]
#[expect(dead_code, reason = "its `main` reads the arguments of a process")]
mod example;

const PROGRAM: &str = include_str!("../../examples/embed.rs");

#[test]
fn the_page_shows_the_program_that_is_compiled() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to/embed.md");
    let page = std::fs::read_to_string(&page).unwrap();
    let shown = page.split("```rust\n").nth(1).and_then(|rest| rest.split("```\n").next()).unwrap();
    assert!(shown == PROGRAM, "docs/how-to/embed.md does not show examples/embed.rs as it is");
    assert!(PROGRAM.lines().count() <= 45, "the program is meant to be read in a minute");
}

#[tokio::test]
async fn the_program_runs_a_guest_under_its_configuration() {
    let output = MemoryOutputPipe::new(1 << 16);
    let stdio = Stdio::Streams { input: None, output: Some(Box::new(output.clone())), error: None };
    let outcome = example::run(&guest("engine_shims"), stdio).await.unwrap();
    assert_eq!(outcome, Outcome::Exited(0));
    let text = String::from_utf8(output.contents().to_vec()).unwrap();
    assert!(text.contains("10.0.0.5\tdb.warp.local\n"), "{text}");
}

#[tokio::test]
async fn the_program_says_why_it_cannot_run_something() {
    let error = example::run(b"int main() {}", Stdio::Closed).await.unwrap_err();
    assert!(error.to_string().starts_with("not a WebAssembly file"), "{error}");
}
