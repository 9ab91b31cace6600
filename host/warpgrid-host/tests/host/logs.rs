//! Log lines of the test's own thread, kept to be looked at; knows no line.
//!
//! One subscriber serves the whole process. What tracing keeps of a log line's place is process-wide: while there is
//! at most one subscriber, the first thread that passes the place decides by its own default whether anybody is ever
//! interested (`Rebuilder::JustOne` in `tracing-core/src/callsite.rs`). Subscribers of single threads therefore lose
//! lines whenever a test without one comes first.

use std::cell::RefCell;
use std::io::{Sink, Write, sink};
use std::sync::{Arc, LazyLock, Mutex};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::writer::{EitherWriter, MakeWriter};
use tracing_subscriber::{layer::SubscriberExt, reload};

thread_local! {
    static CAPTURED: RefCell<Option<Logs>> = const { RefCell::new(None) };
}

/// Writes to what the thread captures, if it does. It is made everybody's before it wants anything: no line is looked
/// at while no level is wanted, so none can be met between the two.
static SUBSCRIBER: LazyLock<()> = LazyLock::new(|| {
    let (level, change) = reload::Layer::new(LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().with_writer(OfThisThread).with_ansi(false).without_time();
    let subscriber = tracing_subscriber::registry().with(lines).with(level);
    tracing::subscriber::set_global_default(subscriber).expect("nothing else sets one in this program");
    change.reload(LevelFilter::INFO).unwrap();
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

struct OfThisThread;

impl MakeWriter<'_> for OfThisThread {
    type Writer = EitherWriter<Logs, Sink>;

    fn make_writer(&self) -> Self::Writer {
        let captured = CAPTURED.with_borrow(Clone::clone);
        captured.map_or_else(|| EitherWriter::B(sink()), EitherWriter::A)
    }
}

/// Ends a capture.
pub(crate) struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        CAPTURED.set(None);
    }
}

/// Keeps what this thread logs, at level info and above, until the guard goes.
pub(crate) fn capture() -> (Logs, Guard) {
    LazyLock::force(&SUBSCRIBER);
    let logs = Logs::default();
    let before = CAPTURED.replace(Some(logs.clone()));
    assert!(before.is_none(), "this thread captures already");
    (logs, Guard)
}
