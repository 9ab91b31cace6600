//! A server that says what it is told, in pieces of any size, and then closes; listens to nothing.

use fastrand::Rng;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(crate) struct Garbage {
    bytes: Vec<u8>,
    at: usize,
    random: Rng,
}

impl Garbage {
    pub(crate) fn new(bytes: Vec<u8>, random: Rng) -> Self {
        Self { bytes, at: 0, random }
    }
}

impl AsyncRead for Garbage {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = (self.bytes.len() - self.at).min(target.remaining());
        if left > 0 {
            let count = if self.random.bool() { left } else { self.random.usize(1..=left) };
            target.put_slice(&self.bytes[self.at..self.at + count]);
            self.at += count;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Garbage {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
