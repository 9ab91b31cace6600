//! A manifest of one input, a fetcher on an empty cache, and what tests say when they cannot run.
use std::path::Path;
use std::time::Duration;

use xtask::hint::Hint;
use xtask::manifest::{DIVIDER, Manifest};
use xtask::source::{Clients, FetchOptions, FetchedInput, Fetcher, Retry};

/// Clients as this machine has them.
pub(crate) fn clients() -> Clients {
    Clients::from_env(|name| std::env::var_os(name))
}

/// Options that never sleep.
pub(crate) fn options(cache: &Path) -> FetchOptions {
    let retry = Retry { attempts: 4, pause: Duration::from_millis(1), sleep: |_| {} };
    FetchOptions { retry, ..FetchOptions::new(cache.to_owned(), None, clients()) }
}

/// A manifest with the input `example`; `sources` and `pins` are TOML.
pub(crate) fn manifest(sources: &str, pins: &str) -> Manifest {
    let text = manifest_text(sources, pins);
    Manifest::parse("sdk-manifest.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The text of [`manifest`].
pub(crate) fn manifest_text(sources: &str, pins: &str) -> String {
    let sources = sources.replace("[[source]]", "[[fixture.example.source]]");
    let pins = pins.replace("[[pin]]", "[[pin]]\ninput = \"example\"");
    format!(
        "[sdk]\nversion = \"0.1.0\"\n\n[fixture.example]\nproject = \"https://example.org\"\nrevision = \"1\"\n\
         licence = \"MIT\"\n\n{sources}\n\n{DIVIDER}\n\n{pins}\n"
    )
}

/// Fetches `example`.
pub(crate) fn fetch(options: &FetchOptions, manifest: &Manifest) -> anyhow::Result<FetchedInput> {
    let mut fetched = Fetcher::new(options.clone())?.fetch(manifest, &["example"])?;
    assert_eq!(fetched.len(), 1);
    Ok(fetched.remove(0))
}

/// The message and its hint, as `main` prints them.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let hint = error.chain().find_map(|cause| cause.downcast_ref::<Hint>());
    format!("{error:#}\nhint: {}", hint.map_or("", Hint::hint))
}

/// Whether an error only says that a registry cannot be reached from here; then the test says so and passes.
pub(crate) fn unreachable(what: &str, error: &anyhow::Error) -> bool {
    let text = told(error).to_lowercase();
    let signs =
        ["not installed", "resolve", "enotfound", "econn", "dial tcp", "timed out", "could not connect"];
    let unreachable = signs.iter().any(|sign| text.contains(sign));
    if unreachable {
        eprintln!("skipped: {what} does not answer here: {}", text.lines().nth(1).unwrap_or(&text).trim());
    }
    unreachable
}
