//! Log lines of the test's own thread, kept to be looked at.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

/// Is never anyone's subscriber. While there is only one, a line that a thread without it meets first is
/// switched off for all threads: with two, every one is asked.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| {
    let sink = tracing_subscriber::fmt().with_writer(std::io::sink).with_max_level(tracing::Level::INFO);
    Dispatch::new(sink.finish())
});

/// What was logged since `capture`, as text, level first.
#[derive(Clone, Default)]
pub(crate) struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines that hold a text.
    pub(crate) fn lines_with(&self, text: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps what this thread logs, at level info and above, until the guard goes.
pub(crate) fn capture() -> (Logs, DefaultGuard) {
    LazyLock::force(&SECOND);
    let logs = Logs::default();
    let writer = logs.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .without_time()
        .finish();
    (logs, tracing::subscriber::set_default(subscriber))
}
