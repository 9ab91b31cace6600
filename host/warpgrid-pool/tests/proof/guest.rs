//! A guest that speaks its protocol by hand, through either door; knows no test.

use super::wire;
use bytes::{Bytes, BytesMut};
use std::future::poll_fn;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use warpgrid_pool::Pool;
use warpgrid_pool::endpoint::{Protocol, Tenant};
use warpgrid_pool::error::PoolError;
use warpgrid_pool::guest::GuestStream;

/// How a guest's bytes go in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// `poll_send`, `poll_fill`, `take`.
    Poll,
    /// `AsyncRead` and `AsyncWrite`.
    Read,
}

pub(crate) struct Guest {
    pub(crate) stream: GuestStream,
    door: Door,
    protocol: Protocol,
    unread: BytesMut,
    /// Bytes said and heard.
    pub(crate) sent: usize,
    pub(crate) got: usize,
}

impl Guest {
    pub(crate) fn new(pool: &Arc<Pool>, tenant: &str, door: Door) -> Self {
        let stream = pool.connect(&Tenant::new(tenant));
        Self { stream, door, protocol: pool.endpoint().protocol, unread: BytesMut::new(), sent: 0, got: 0 }
    }

    /// Why its stream ended.
    pub(crate) fn error(&self) -> Option<&PoolError> {
        self.stream.error()
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) -> Result<(), String> {
        match self.door {
            Door::Poll => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let sending = poll_fn(|context| self.stream.poll_send(context, rest));
                    let count = sending.await.map_err(|error| error.to_string())?;
                    rest = &rest[count..];
                }
                let flushed = poll_fn(|context| self.stream.poll_flush_guest(context)).await;
                flushed.map_err(|error| error.to_string())?;
            }
            Door::Read => {
                self.stream.write_all(bytes).await.map_err(|error| error.to_string())?;
                self.stream.flush().await.map_err(|error| error.to_string())?;
            }
        }
        self.sent += bytes.len();
        Ok(())
    }

    /// The next bytes, at most `most`. None at the end.
    pub(crate) async fn hear(&mut self, most: usize) -> Option<Bytes> {
        let bytes = match self.door {
            Door::Poll => {
                poll_fn(|context| self.stream.poll_fill(context)).await;
                // A method of `AsyncReadExt` has the same name.
                GuestStream::take(&mut self.stream, most)?
            }
            Door::Read => {
                let mut bytes = vec![0; most.min(64 * 1024)];
                let count = self.stream.read(&mut bytes).await.unwrap();
                bytes.truncate(count);
                if count == 0 {
                    return None;
                }
                bytes.into()
            }
        };
        assert!(!bytes.is_empty() && bytes.len() <= most, "ready means bytes or the end");
        self.got += bytes.len();
        Some(bytes)
    }

    /// Everything until the end.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut all = self.unread.split().to_vec();
        while let Some(bytes) = self.hear(64 * 1024).await {
            all.extend_from_slice(&bytes);
        }
        all
    }

    /// The next whole frame, packet or reply, with its header, while `most` says how many bytes may be read next; None
    /// as soon as that says 0.
    pub(crate) async fn unit_within(
        &mut self,
        most: impl Fn(usize) -> usize,
    ) -> Result<Option<Bytes>, String> {
        loop {
            if let Some(length) = wire::unit(self.protocol, &self.unread) {
                return Ok(Some(self.unread.split_to(length).freeze()));
            }
            let most = most(self.got);
            if most == 0 {
                return Ok(None);
            }
            let Some(bytes) = self.hear(most).await else {
                return Err(format!("the end ({:?}) after {:?}", self.error(), self.unread));
            };
            self.unread.extend_from_slice(&bytes);
        }
    }

    /// The next whole frame, packet or reply, with its header.
    pub(crate) async fn unit(&mut self) -> Result<Bytes, String> {
        self.unit_within(|_| 64 * 1024).await.map(Option::unwrap)
    }

    pub(crate) async fn log_in(&mut self) -> Result<(), String> {
        match self.protocol {
            Protocol::Postgres => {
                self.say(&wire::startup()).await?;
                loop {
                    let frame = self.unit().await?;
                    match frame[0] {
                        b'Z' => return Ok(()),
                        b'E' => return Err(wire::postgres_error(&frame[5..])),
                        _ => {}
                    }
                }
            }
            Protocol::Mysql => {
                let refused = |packet: &Bytes| match packet[4] {
                    0xff => Err(String::from_utf8_lossy(&packet[5..]).into_owned()),
                    _ => Ok(()),
                };
                refused(&self.unit().await?)?;
                self.say(&wire::handshake_response()).await?;
                refused(&self.unit().await?)
            }
            Protocol::Redis => Ok(()),
        }
    }

    /// Has something done: the rows, or an error of the server, which begins with `!`. Of PostgreSQL also the state of
    /// the transaction, if one is open.
    pub(crate) async fn ask(&mut self, text: &str) -> Result<String, String> {
        self.say(&wire::question(self.protocol, text)).await?;
        self.answer().await
    }

    /// The answer to what was asked.
    pub(crate) async fn answer(&mut self) -> Result<String, String> {
        match self.protocol {
            Protocol::Postgres => self.postgres_answer().await,
            Protocol::Mysql => self.mysql_answer().await,
            Protocol::Redis => {
                let text = wire::redis_text(&self.unit().await?);
                Ok(text.strip_prefix('-').map_or(text.clone(), |error| format!("!{error}")))
            }
        }
    }

    async fn postgres_answer(&mut self) -> Result<String, String> {
        let mut rows = Vec::new();
        loop {
            let frame = self.unit().await?;
            match frame[0] {
                b'D' => rows.push(wire::postgres_row(&frame[5..])),
                b'E' => rows.push(wire::postgres_error(&frame[5..])),
                b'Z' => {
                    if frame[5] != b'I' {
                        rows.push(format!("({})", frame[5] as char));
                    }
                    return Ok(rows.join("\n"));
                }
                b'T' | b'C' | b'S' | b'N' | b'I' => {}
                other => rows.push(format!("<{}>", other as char)),
            }
        }
    }

    async fn mysql_answer(&mut self) -> Result<String, String> {
        let first = self.unit().await?;
        match first[4] {
            0xff => return Ok(format!("!{}", String::from_utf8_lossy(&first[7..]))),
            0x00 => return Ok(String::new()),
            columns => {
                for _ in 0..=columns {
                    self.unit().await?;
                }
            }
        }
        let mut rows = Vec::new();
        loop {
            let packet = self.unit().await?;
            match packet[4] {
                0xfe if packet.len() < 13 => return Ok(rows.join("\n")),
                0xff => rows.push(format!("!{}", String::from_utf8_lossy(&packet[7..]))),
                _ => rows.push(wire::mysql_row(&packet[4..])),
            }
        }
    }

    /// Says goodbye and waits for the end.
    pub(crate) async fn leave(mut self) {
        self.stream.finish();
        self.rest().await;
    }
}
