//! The network between pool and server: it harms as it is told, and notes what passed. Knows no protocol.

use bytes::{Buf, BytesMut};
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use warpgrid_pool::net::{BoxFuture, Connector, ServerAddress, ServerStream, SystemResolver, TcpConnector};

/// What a line does to bytes and connections, those that are open included. The default: nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Harm {
    /// New connections are refused.
    pub(crate) down: bool,
    /// Each read of the pool brings its bytes so much later.
    pub(crate) delay: Option<Duration>,
    /// The most bytes that one read brings.
    pub(crate) slice: Option<usize>,
    /// Bytes of the server stay on the way.
    pub(crate) mute: bool,
    /// Bytes of the pool are taken and lost.
    pub(crate) loses: bool,
    /// Reads and writes fail, as if the server's system had reset the connection.
    pub(crate) reset: bool,
    /// After so many more bytes of the server the connection ends.
    pub(crate) bytes_left: Option<usize>,
    /// The end of the server's bytes comes so much later.
    pub(crate) late_end: Option<Duration>,
}

/// Who said what, in the order in which it passed.
pub(crate) type Record = Vec<(bool, Vec<u8>)>;

/// Connections to servers.
pub(crate) struct Line {
    network: TcpConnector,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    harm: Mutex<Harm>,
    /// Who waits for another harm.
    wakers: Mutex<Vec<Waker>>,
    /// When a connection last broke or ended by the server's doing.
    ended: Mutex<Option<Instant>>,
    /// How many connections there were ever.
    connected: AtomicUsize,
    /// What passed; true: the pool said it.
    record: Mutex<Option<Record>>,
}

impl Line {
    pub(crate) fn new() -> Arc<Self> {
        let network = TcpConnector::new(Arc::new(SystemResolver));
        Arc::new(Self { network, shared: Arc::default() })
    }

    /// From now on.
    pub(crate) fn set(&self, harm: Harm) {
        *self.shared.harm.lock().unwrap() = harm;
        mem::take(&mut *self.shared.wakers.lock().unwrap()).into_iter().for_each(Waker::wake);
    }

    /// How many connections there were ever.
    pub(crate) fn connected(&self) -> usize {
        self.shared.connected.load(Ordering::Relaxed)
    }

    pub(crate) fn ended(&self) -> Option<Instant> {
        *self.shared.ended.lock().unwrap()
    }

    /// Begins a new record and gives the one before.
    pub(crate) fn record(&self) -> Record {
        self.shared.record.lock().unwrap().replace(Vec::new()).unwrap_or_default()
    }

    /// How often these bytes went to the server since the record began.
    pub(crate) fn said(&self, bytes: &[u8]) -> usize {
        let record = self.shared.record.lock().unwrap();
        let said = record.iter().flatten().filter(|(pool, _)| *pool);
        let said: Vec<u8> = said.flat_map(|(_, bytes)| bytes.clone()).collect();
        said.windows(bytes.len()).filter(|window| *window == bytes).count()
    }

    /// How many bytes the server's side said since the record began.
    pub(crate) fn heard(&self) -> usize {
        let record = self.shared.record.lock().unwrap();
        record.iter().flatten().filter(|(pool, _)| !*pool).map(|(_, bytes)| bytes.len()).sum()
    }
}

impl Connector for Line {
    fn connect<'a>(&'a self, server: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>> {
        Box::pin(async move {
            if self.shared.harm.lock().unwrap().down {
                return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "the line is down"));
            }
            let stream = self.network.connect(server).await?;
            let shared = self.shared.clone();
            shared.connected.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(Tap { stream, shared, ahead: BytesMut::new(), over: None, timer: None })
                as ServerStream)
        })
    }
}

/// One connection.
struct Tap {
    stream: ServerStream,
    shared: Arc<Shared>,
    /// Read of the server and not delivered.
    ahead: BytesMut,
    /// How the server's bytes ended.
    over: Option<io::Result<()>>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Tap {
    fn note(&self, pool: bool, bytes: &[u8]) {
        if let Some(record) = &mut *self.shared.record.lock().unwrap() {
            record.push((pool, bytes.to_vec()));
        }
    }

    /// Waits for another harm.
    fn wait(&self, context: &Context<'_>) -> Poll<io::Result<()>> {
        let mut wakers = self.shared.wakers.lock().unwrap();
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        drop(wakers);
        // It may have come since this one was looked at, and then nobody wakes.
        if !self.shared.harm.lock().unwrap().mute {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Ready once this much time has passed since the first time it was asked for.
    fn poll_timer(&mut self, context: &mut Context<'_>, time: Option<Duration>) -> Poll<()> {
        let Some(time) = time else { return Poll::Ready(()) };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(timer.as_mut().poll(context));
        self.timer = None;
        Poll::Ready(())
    }
}

fn reset() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let harm = *this.shared.harm.lock().unwrap();
        if harm.reset {
            return Poll::Ready(Err(reset()));
        }
        if harm.mute {
            return this.wait(context);
        }
        if harm.bytes_left == Some(0) {
            return Poll::Ready(Ok(()));
        }
        if this.ahead.is_empty() && this.over.is_none() {
            let mut bytes = [0; 16 * 1024];
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                *this.shared.ended.lock().unwrap() = Some(Instant::now());
                this.over = Some(read);
            }
            this.ahead.extend_from_slice(buffer.filled());
        }
        if this.ahead.is_empty() {
            ready!(this.poll_timer(context, harm.late_end));
            return Poll::Ready(match &this.over {
                Some(Err(error)) => Err(error.kind().into()),
                _ => Ok(()),
            });
        }
        ready!(this.poll_timer(context, harm.delay));
        let limits = [harm.slice, harm.bytes_left].into_iter().flatten();
        let count = limits.fold(target.remaining().min(this.ahead.len()), usize::min);
        target.put_slice(&this.ahead[..count]);
        this.note(false, &this.ahead[..count]);
        this.ahead.advance(count);
        if let Some(left) = &mut this.shared.harm.lock().unwrap().bytes_left {
            *left -= count.min(*left);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let harm = *self.shared.harm.lock().unwrap();
        if harm.reset {
            return Poll::Ready(Err(reset()));
        }
        if harm.loses {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.note(true, &bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
