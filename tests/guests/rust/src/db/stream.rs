//! Bytes both ways over whatever door, and a reader that gives whole pieces of them; knows no protocol.

use super::{Result, Settings};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Which protocol will be spoken; only a door that asks for it needs to know.
#[derive(Clone, Copy)]
pub enum Protocol {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// Redis.
    Redis,
}

/// A connection.
#[expect(async_fn_in_trait, reason = "one thread, and no caller needs more of the futures")]
pub trait ByteStream: Sized {
    /// Connects.
    async fn connect(settings: &Settings, protocol: Protocol) -> Result<Self>;
    /// Sends all of it.
    async fn send(&mut self, bytes: &[u8]) -> Result<()>;
    /// What came next; empty at the end.
    async fn receive(&mut self) -> Result<Vec<u8>>;
    /// Ends the connection.
    async fn close(self) -> Result<()>;
    /// Waits.
    async fn pause(seconds: u64);
}

/// A stream with what was received and not yet used.
pub struct Buffered<B> {
    stream: B,
    held: Vec<u8>,
    used: usize,
}

impl<B: ByteStream> Buffered<B> {
    /// Connects.
    ///
    /// # Errors
    /// What the door says.
    pub async fn connect(settings: &Settings, protocol: Protocol) -> Result<Self> {
        Ok(Self { stream: B::connect(settings, protocol).await?, held: Vec::new(), used: 0 })
    }

    /// Sends all of it.
    ///
    /// # Errors
    /// What the door says.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.send(bytes).await
    }

    /// Exactly so many bytes.
    ///
    /// # Errors
    /// What the door says, or that the connection ended before.
    pub async fn exact(&mut self, count: usize) -> Result<Vec<u8>> {
        while self.held.len() - self.used < count {
            self.more().await?;
        }
        let bytes = self.held[self.used..self.used + count].to_vec();
        self.used += count;
        Ok(bytes)
    }

    /// Up to and without the next line end `\r\n`.
    ///
    /// # Errors
    /// What the door says, or that the connection ended before.
    pub async fn line(&mut self) -> Result<String> {
        loop {
            let held = &self.held[self.used..];
            if let Some(length) = held.windows(2).position(|pair| pair == b"\r\n") {
                let line = String::from_utf8(held[..length].to_vec())?;
                self.used += length + 2;
                return Ok(line);
            }
            self.more().await?;
        }
    }

    /// The door below.
    pub fn inner(&mut self) -> &mut B {
        &mut self.stream
    }

    /// Ends the connection.
    ///
    /// # Errors
    /// What the door says.
    pub async fn close(self) -> Result<()> {
        self.stream.close().await
    }

    async fn more(&mut self) -> Result<()> {
        self.held.drain(..self.used);
        self.used = 0;
        let bytes = self.stream.receive().await?;
        if bytes.is_empty() {
            return Err("the connection ended".into());
        }
        self.held.extend(bytes);
        Ok(())
    }
}

/// A socket of `std`: `wasi:sockets` 0.2.
impl ByteStream for TcpStream {
    async fn connect(settings: &Settings, _: Protocol) -> Result<Self> {
        Ok(Self::connect(settings.address()?)?)
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.write_all(bytes)?)
    }

    async fn receive(&mut self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; 16 * 1024];
        let count = self.read(&mut bytes)?;
        bytes.truncate(count);
        Ok(bytes)
    }

    async fn close(self) -> Result<()> {
        Ok(())
    }

    async fn pause(seconds: u64) {
        std::thread::sleep(Duration::from_secs(seconds));
    }
}
