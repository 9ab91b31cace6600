//! The names of a folder as a stream of WASI 0.3; reads no folder by itself.

use super::super::error::p3_code;
use super::super::listing::{self, Entry, Listed};
use core::pin::Pin;
use core::task::{Context, Poll};
use rustix::fs::FileType;
use rustix::io::Errno;
use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};
use wasmtime_wasi::p3::bindings::filesystem::types::{DescriptorType, DirectoryEntry, ErrorCode};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn_blocking};

/// Names given at a time when the guest does not say how many it takes.
const CHUNK: usize = 32;

/// Reads a folder in the background and gives its names; at the end says whether all went well.
pub(super) struct Names {
    reading: Option<AbortOnDropJoinHandle<Result<listing::Names, Errno>>>,
    /// None while the folder is being read.
    items: Option<listing::Names>,
    end: Option<oneshot::Sender<Result<(), ErrorCode>>>,
}

impl Names {
    pub(super) fn new(listed: Result<Listed, Errno>, end: oneshot::Sender<Result<(), ErrorCode>>) -> Self {
        let (reading, items) = match listed {
            Ok(listed) if listed.is_real() => (Some(spawn_blocking(move || listed.read())), None),
            Ok(listed) => (None, Some(listed.read().unwrap_or_else(listing::Names::failed))),
            Err(error) => (None, Some(listing::Names::failed(error))),
        };
        Self { reading, items, end: Some(end) }
    }

    fn close(&mut self, result: Result<(), ErrorCode>) {
        if let Some(end) = self.end.take() {
            // The guest may have dropped the other end.
            let _ = end.send(result);
        }
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.close(Ok(()));
    }
}

impl<D> StreamProducer<D> for Names {
    type Item = DirectoryEntry;
    type Buffer = VecBuffer<DirectoryEntry>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let count = destination.remaining(&mut store).unwrap_or(CHUNK);
        if count == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        if let Some(reading) = &mut self.reading {
            match Pin::new(reading).poll(cx) {
                Poll::Ready(items) => {
                    self.items = Some(items.unwrap_or_else(listing::Names::failed));
                    self.reading = None;
                }
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let mut names = Vec::with_capacity(count.min(self.items.as_ref().map_or(0, listing::Names::left)));
        let mut result = StreamResult::Completed;
        while names.len() < count {
            match self.items.as_mut().and_then(Iterator::next) {
                Some(Ok(Entry { name, kind: type_ })) => {
                    names.push(DirectoryEntry { type_: kind(type_), name })
                }
                Some(Err(error)) => {
                    self.close(Err(p3_code(error)));
                    result = StreamResult::Dropped;
                    break;
                }
                None => {
                    self.close(Ok(()));
                    result = StreamResult::Dropped;
                    break;
                }
            }
        }
        destination.set_buffer(names.into());
        Poll::Ready(Ok(result))
    }
}

pub(super) fn kind(kind: FileType) -> DescriptorType {
    match kind {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        // As upstream has it.
        FileType::Fifo | FileType::Socket | FileType::Unknown => DescriptorType::Other(None),
    }
}
