//! The source kind `archive`: a file under an address, continued after a cut and tried again with growing pauses.
//! Knows not what is inside.
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context;
use backon::{BlockingRetryable, ExponentialBuilder};
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_RANGE, RANGE};

use super::fetcher::{Failure, FetchContext, WantedFile};
use crate::cache::WrongBytes;

/// How long to wait for a connection, and for each piece of an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// No release asset is larger; bounds what an address without a pinned size can fill the disk with.
const LARGEST: u64 = 8 << 30;

/// What became of one attempt.
enum Attempt {
    /// Worth another one: the connection was cut, or the server is overloaded.
    Cut(anyhow::Error),
    /// The server does not have it, or cannot be reached at all.
    Refused(anyhow::Error),
    /// This machine failed, or the server sends more than is pinned.
    Broken(anyhow::Error),
}

/// Downloads one file into the cache.
pub(super) fn fetch(context: &FetchContext<'_>, url: &str, wanted: WantedFile<'_>) -> Result<(), Failure> {
    let partial = context.cache.partial_path(wanted.sha256);
    let continued = length(&partial) > 0;
    let result = download_and_adopt(context, url, wanted, &partial);
    match result {
        // What an earlier run left may have been something else: once more, from the start.
        Err(Failure::Fatal(error)) if continued && error.is::<WrongBytes>() => {
            download_and_adopt(context, url, wanted, &partial)
        }
        result => result,
    }
}

fn download_and_adopt(
    context: &FetchContext<'_>,
    url: &str,
    wanted: WantedFile<'_>,
    partial: &Path,
) -> Result<(), Failure> {
    download(context, url, wanted.file, wanted.size, partial)?;
    let adopted = context.cache.adopt(wanted.expected(), &wanted.origin(), partial);
    if adopted.is_err() {
        // Wrong bytes are not worth continuing.
        let _ = fs::remove_file(partial);
    }
    adopted.map(drop).map_err(Failure::Fatal)
}

/// Downloads an address to `partial`, continuing what is there, with retries.
pub(super) fn download(
    context: &FetchContext<'_>,
    url: &str,
    name: &str,
    size: Option<u64>,
    partial: &Path,
) -> Result<(), Failure> {
    let client = client()?;
    let bar = context.progress.download(name, size);
    let retry = context.options.retry;
    let pauses = ExponentialBuilder::new()
        .with_min_delay(retry.pause)
        .with_max_delay(retry.pause * 16)
        .with_max_times(retry.attempts.saturating_sub(1));
    let attempt = || attempt(client, url, size, partial, &|bytes| bar.at(bytes));
    let result =
        attempt.retry(pauses).sleep(retry.sleep).when(|error| matches!(error, Attempt::Cut(_))).call();
    let at = || format!("downloading `{name}` from its project");
    match result {
        Ok(()) => Ok(()),
        Err(Attempt::Cut(error) | Attempt::Refused(error)) => Err(Failure::Unavailable(error.context(at()))),
        Err(Attempt::Broken(error)) => Err(Failure::Fatal(error.context(at()))),
    }
}

/// One client for the process: it keeps connections open.
fn client() -> anyhow::Result<&'static Client> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client);
    }
    // Fails only when another part of the process has already installed a provider, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .user_agent(concat!("warpgrid-xtask/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE)
        .build()
        .context("setting up HTTPS")?;
    Ok(CLIENT.get_or_init(|| client))
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn attempt(
    client: &Client,
    url: &str,
    size: Option<u64>,
    partial: &Path,
    progress: &dyn Fn(u64),
) -> Result<(), Attempt> {
    let have = length(partial);
    if have > 0 && Some(have) == size {
        return Ok(());
    }
    let mut request = client.get(url);
    if have > 0 {
        request = request.header(RANGE, format!("bytes={have}-"));
    }
    let response = request.send().map_err(|error| {
        let cannot_connect = error.is_connect() || error.is_builder();
        let error = anyhow::Error::from(error.without_url());
        if cannot_connect { Attempt::Refused(error) } else { Attempt::Cut(error) }
    })?;
    let status = response.status();
    let append = match status {
        StatusCode::PARTIAL_CONTENT if starts_at(&response, have) => true,
        StatusCode::OK => false,
        // What is here does not fit what is there: start again.
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
            let _ = fs::remove_file(partial);
            return Err(Attempt::Cut(anyhow::anyhow!("the server cannot continue at byte {have}")));
        }
        _ => {
            let error = anyhow::anyhow!("the server answers {status}");
            let passing = status.is_server_error()
                || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
            return Err(if passing { Attempt::Cut(error) } else { Attempt::Refused(error) });
        }
    };
    receive(response, append, have, size, partial, progress)
}

fn starts_at(response: &Response, offset: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {offset}-")))
}

fn receive(
    mut response: Response,
    append: bool,
    have: u64,
    size: Option<u64>,
    partial: &Path,
    progress: &dyn Fn(u64),
) -> Result<(), Attempt> {
    let write_error =
        |error: std::io::Error| Attempt::Broken(anyhow::anyhow!("writing `{}`: {error}", partial.display()));
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(append)
        .truncate(!append)
        .open(partial)
        .map_err(write_error)?;
    let limit = size.unwrap_or(LARGEST);
    let mut at = if append { have } else { 0 };
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = match response.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Attempt::Cut(anyhow::anyhow!("cut after {at} bytes: {error}"))),
        };
        at += read as u64;
        if at > limit {
            let _ = fs::remove_file(partial);
            return Err(Attempt::Broken(anyhow::anyhow!(
                "the server sends more than the pinned {limit} bytes"
            )));
        }
        file.write_all(&buffer[..read]).map_err(write_error)?;
        progress(at);
    }
}
