//! Who is woken when a guest's stream can go on; knows no bytes.

use futures::task::AtomicWaker;
use std::sync::Arc;
use std::task::{Wake, Waker};

/// The reader and the writer of one stream. They may be different tasks, and what either does can let the other go on:
/// so everything that the stream itself waits for wakes both.
#[derive(Default)]
pub(super) struct Wakers {
    reading: AtomicWaker,
    writing: AtomicWaker,
}

impl Wakers {
    /// Remembers who reads.
    pub(super) fn register_reader(&self, waker: &Waker) {
        register(&self.reading, waker);
    }

    /// Remembers who writes.
    pub(super) fn register_writer(&self, waker: &Waker) {
        register(&self.writing, waker);
    }

    pub(super) fn wake_reader(&self) {
        self.reading.wake();
    }

    pub(super) fn wake_writer(&self) {
        self.writing.wake();
    }

    /// Forgets both: the connection below may outlive the stream and keep its waker.
    pub(super) fn clear(&self) {
        self.reading.take();
        self.writing.take();
    }
}

/// A look without waiting (with the waker that does nothing) must not push out somebody who waits.
fn register(slot: &AtomicWaker, waker: &Waker) {
    if !waker.will_wake(Waker::noop()) {
        slot.register(waker);
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_reader();
        self.wake_writer();
    }
}
