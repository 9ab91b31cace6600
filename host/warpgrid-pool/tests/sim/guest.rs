//! What guests do with their sessions, well-behaved and not; knows no server but by its answers.

use crate::server::Simulated;
use crate::wire::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;
use warpgrid_pool::guest::GuestStream;

/// What others know of a guest that has a session.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) tenant: String,
    pub(crate) key: (u32, u32),
}

pub(crate) struct Guest {
    pub(crate) name: String,
    pub(crate) tenant: String,
    pub(crate) stream: GuestStream,
    pub(crate) messages: Messages,
    pub(crate) random: fastrand::Rng,
    pub(crate) simulated: Arc<Simulated>,
    pub(crate) known: Arc<Mutex<Vec<Known>>>,
    /// In the middle of the conversation the guest does nothing for this long.
    pub(crate) rest: Duration,
}

/// Why a guest's conversation ended.
type Ended = String;

impl Guest {
    /// Until the end, whatever that is.
    pub(crate) async fn live(mut self) {
        self.simulated.log(format!("{} comes", self.name));
        let ended = match self.talk().await {
            Ok(()) => "at its own wish".to_owned(),
            Err(ended) => ended,
        };
        self.simulated.log(format!("{} ends: {ended}", self.name));
    }

    async fn talk(&mut self) -> Result<(), Ended> {
        let application = if self.random.bool() { "web" } else { "jobs" };
        self.send(&startup(application)).await?;
        self.log_in().await?;
        for _ in 0..self.random.u32(1..6) {
            let number = self.random.u32(0..50);
            match self.random.u32(..12) {
                0..3 => self.ask(&[format!("rows {number}")]).await?,
                3 => self.ask(&["set".to_owned()]).await?,
                4 => self.ask(&["listen".to_owned()]).await?,
                5 | 6 => self.transaction().await?,
                7 => self.ask(&[format!("sleep {}", number * 20)]).await?,
                8 => {
                    self.ask(&[format!("rows {number}"), "set".to_owned(), format!("rows {}", number / 2)])
                        .await?
                }
                9 => sleep(Duration::from_millis(u64::from(number))).await,
                10 if number < 15 => return self.leave_half_a_frame().await,
                10 if number < 30 => return self.leave_unread().await,
                _ => self.ask(&[format!("rows {}", number * 10)]).await?,
            }
        }
        match self.random.u32(..3) {
            0 => Ok(()),
            _ => self.send(&message(b'X', b"")).await,
        }
    }

    async fn transaction(&mut self) -> Result<(), Ended> {
        self.ask(&["begin".to_owned()]).await?;
        self.ask(&["rows 3".to_owned()]).await?;
        if self.random.u32(..4) == 0 {
            // Sometimes longer than it may.
            sleep(self.rest).await;
        }
        if self.random.u32(..6) == 0 {
            return Err("with an open transaction".to_owned());
        }
        self.ask(&["commit".to_owned()]).await
    }

    async fn leave_half_a_frame(&mut self) -> Result<(), Ended> {
        let text = query(&format!("{} rows 1", self.name));
        let length = self.random.usize(1..text.len());
        self.send(&text[..length]).await?;
        sleep(self.rest).await;
        Err("half a frame".to_owned())
    }

    async fn leave_unread(&mut self) -> Result<(), Ended> {
        self.send(&query(&format!("{} rows 600", self.name))).await?;
        sleep(self.rest).await;
        Err("unread answer".to_owned())
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        // In pieces, so that frames are split anywhere.
        let at = if bytes.is_empty() { 0 } else { self.random.usize(..bytes.len()) };
        for piece in [&bytes[..at], &bytes[at..]] {
            self.stream.write_all(piece).await.map_err(|error| format!("send failed: {error}"))?;
        }
        self.stream.flush().await.map_err(|error| format!("flush failed: {error}"))
    }

    async fn receive(&mut self) -> Result<Message, Ended> {
        self.messages
            .next(&mut self.stream)
            .await
            .map_err(|_| format!("closed: {:?}", self.stream.error().map(ToString::to_string)))
    }

    async fn log_in(&mut self) -> Result<(), Ended> {
        loop {
            let message = self.receive().await?;
            match message.tag {
                b'E' => {
                    let mut rest = Vec::new();
                    let _ = self.stream.read_to_end(&mut rest).await;
                    return Err(format!("refused: {:?}", self.stream.error().map(ToString::to_string)));
                }
                b'K' => {
                    let (name, tenant) = (self.name.clone(), self.tenant.clone());
                    self.known.lock().unwrap().push(Known { name, tenant, key: two_numbers(&message.body) });
                }
                b'Z' => return Ok(()),
                _ => {}
            }
        }
    }

    /// Sends queries in one go, and reads the answers to all of them.
    async fn ask(&mut self, commands: &[String]) -> Result<(), Ended> {
        let queries = commands.iter().flat_map(|command| query(&format!("{} {command}", self.name)));
        self.send(&queries.collect::<Vec<_>>()).await?;
        for command in commands {
            self.answer(command).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, command: &str) -> Result<(), Ended> {
        let (mut rows, mut failed) = (0, false);
        loop {
            let message = self.receive().await?;
            match message.tag {
                b'D' => {
                    rows += 1;
                    if message.column() != self.name {
                        self.simulated.broken(format!(
                            "{} got a row of another: {}",
                            self.name,
                            message.column()
                        ));
                    }
                }
                b'A' => {
                    let channel =
                        String::from_utf8_lossy(&message.body[4..]).trim_end_matches('\0').to_owned();
                    if channel != self.name {
                        self.simulated
                            .broken(format!("{} got a notification of another: {channel}", self.name));
                    }
                }
                b'E' => failed = true,
                b'Z' => break,
                _ => {}
            }
        }
        let expected = match command.split_once(' ') {
            Some(("rows", count)) => count.parse().unwrap_or(0),
            Some(("sleep", _)) => 1,
            _ => 0,
        };
        let cancelled = self.simulated.state().cancelled.contains(&self.name);
        if rows != expected && !(failed && cancelled) {
            self.simulated.broken(format!("{} got {rows} rows for `{command}`", self.name));
        }
        Ok(())
    }
}

/// Asks over a connection of its own to stop what a guest does.
pub(crate) async fn stop(mut stream: GuestStream, key: (u32, u32)) {
    let _ = stream.write_all(&cancel(key)).await;
    let _ = stream.flush().await;
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}
