//! How an input's bytes arrive, one file per source kind; knows no particular upstream.
//!
//! Order of search for every input: the cache, the digest folder, then its sources in the order of the manifest. The
//! first source that answers is used; one that answers with other bytes than pinned ends the run and is named.

mod archive;
mod client;
mod current;
mod debian;
mod distfiles;
mod fetched;
mod fetcher;
mod git;
mod golang;
mod npm;
mod progress;
mod pypi;
mod rust_crate;
pub mod unpack;

pub use client::{ClientInfo, Clients, client_info};
pub use current::Repin;
pub use fetched::{FetchOptions, FetchedArtifact, FetchedInput, Request, Retry};
pub use fetcher::Fetcher;
