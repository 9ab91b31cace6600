//! What a guest of a service writes to its standard streams becomes log lines; opens no file.
//!
//! Bytes are gathered to lines, control characters are escaped, and when an instance has written its share
//! one warning says so and the rest is dropped. A line without end is cut at [`LONGEST_LINE`].

use super::current::CurrentRequests;
use crate::instance::InstanceFacts;
use bytes::Bytes;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError};

/// Bytes of a line; a longer one goes on in the next.
const LONGEST_LINE: usize = 8 * 1024;
/// Bytes that one write carries.
const WRITE: usize = 64 * 1024;
/// The target of a guest's lines, for filters: `RUST_LOG=guest=off`.
pub const GUEST_TARGET: &str = "guest";

/// Standard output or standard error of one instance. Copies share their place in the line.
#[derive(Clone)]
pub(crate) struct LogStream(Arc<Lines>);

/// The bytes that an instance may still write, both streams together.
struct Share {
    limit: usize,
    left: AtomicUsize,
}

struct Lines {
    stream: &'static str,
    facts: LineFacts,
    share: Arc<Share>,
    /// The line that has no end yet.
    open: Mutex<Vec<u8>>,
}

/// What a line says besides its text. Not the facts themselves: those would keep the streams' owner alive.
#[derive(Clone)]
struct LineFacts {
    instance: u64,
    requests: Arc<CurrentRequests>,
    metrics: Arc<crate::metrics::Metrics>,
}

impl LogStream {
    /// Standard output and standard error of an instance.
    pub(crate) fn pair(facts: &InstanceFacts) -> (Self, Self) {
        let limit = facts.limits.log_bytes;
        let share = Arc::new(Share { limit, left: AtomicUsize::new(limit) });
        let facts = LineFacts {
            instance: facts.id.number(),
            requests: facts.requests.clone(),
            metrics: facts.metrics.clone(),
        };
        let stream = |stream| {
            let (facts, share) = (facts.clone(), share.clone());
            Self(Arc::new(Lines { stream, facts, share, open: Mutex::default() }))
        };
        (stream("stdout"), stream("stderr"))
    }
}

impl Lines {
    fn write(&self, bytes: &[u8]) {
        let Some(granted) = self.take_share(bytes.len()) else { return };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes[..granted].split_inclusive(|byte| *byte == b'\n') {
            let mut rest = piece;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(LONGEST_LINE - open.len()));
                open.extend_from_slice(now);
                rest = later;
                if open.ends_with(b"\n") || open.len() == LONGEST_LINE {
                    self.emit(&open);
                    open.clear();
                }
            }
        }
    }

    /// How many of the bytes may be written; none when the share was used up before.
    fn take_share(&self, wanted: usize) -> Option<usize> {
        let take = |left: usize| Some(left.saturating_sub(wanted));
        let before = self.share.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).unwrap_or(0);
        if before == 0 {
            return None;
        }
        if before < wanted {
            self.facts.metrics.limit_hit("log-size");
            tracing::warn!(
                instance = self.facts.instance,
                limit = self.share.limit,
                "the guest has written all the log lines it may: the rest is dropped"
            );
        }
        Some(before.min(wanted))
    }

    fn emit(&self, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = escaped(&String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)));
        let (instance, stream) = (self.facts.instance, self.stream);
        let request = self.facts.requests.only();
        let request = request.as_deref();
        tracing::info!(target: GUEST_TARGET, instance, request, stream, "{line}");
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let open = std::mem::take(self.open.get_mut().unwrap_or_else(PoisonError::into_inner));
        if !open.is_empty() {
            self.emit(&open);
        }
    }
}

/// What a guest said of an error, for one log line: it may be megabytes, and may look like lines of the host.
pub(crate) fn shown(error: &impl std::fmt::Display) -> String {
    const LONGEST: usize = 512;
    escaped(&error.to_string().chars().take(LONGEST).collect::<String>())
}

/// The text without characters that steer a terminal or turn the direction of writing.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let steers = character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if steers {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

impl StdoutStream for LogStream {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> Result<(), StreamError> {
        self.0.write(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(WRITE)
    }
}

#[async_trait::async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

impl AsyncWrite for LogStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let bytes = &bytes[..bytes.len().min(WRITE)];
        self.0.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_text_is_not() {
        assert_eq!(escaped("grün \u{1f980} 100%"), "grün \u{1f980} 100%");
        assert_eq!(escaped("\u{1b}[31m\r\t\u{7}"), "\\u{1b}[31m\\r\\t\\u{7}");
        assert_eq!(escaped("a\u{202e}b"), "a\\u{202e}b");
    }
}
