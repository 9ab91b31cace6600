//! A guest that speaks MySQL's protocol byte by byte; knows no pool.

use mysql_common::scramble::scramble_native;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Long password, files of the client, protocol 4.1, transactions, safe login, several statements and results.
const CAPABILITIES: u32 = 0x1 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x1_0000 | 0x2_0000;
const WITH_DATABASE: u32 = 0x8;
const MORE_RESULTS: u16 = 8;

pub(crate) struct Mysql<S> {
    pub(crate) stream: S,
    buffer: Vec<u8>,
    /// All that the server said so far, unless it was forgotten.
    pub(crate) heard: Vec<u8>,
    /// By which its queries can be killed.
    pub(crate) thread: u32,
}

/// One result of a command; a command of several statements has several.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Columns separated by `|`, NULL as nothing.
    pub(crate) rows: Vec<String>,
    pub(crate) error: Option<u16>,
    /// The server wants a file of this name.
    pub(crate) file: Option<String>,
    status: u16,
}

pub(crate) fn frame(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let [low, middle, high, _] = (payload.len() as u32).to_le_bytes();
    [&[low, middle, high, sequence], payload].concat()
}

pub(crate) fn query(text: &str) -> Vec<u8> {
    frame(0, &[&[3], text.as_bytes()].concat())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Mysql<S> {
    /// Logs in without a password.
    pub(crate) async fn log_in(stream: S) -> Result<Self, String> {
        Self::log_in_as(stream, "guest", "", None).await
    }

    pub(crate) async fn log_in_as(
        stream: S,
        user: &str,
        password: &str,
        database: Option<&str>,
    ) -> Result<Self, String> {
        let mut guest = Self { stream, buffer: Vec::new(), heard: Vec::new(), thread: 0 };
        let greeting = guest.packet().await?;
        if greeting.first() == Some(&0xff) {
            return Err(format!("the greeting is a refusal: {}", String::from_utf8_lossy(&greeting[3..])));
        }
        let version = greeting.iter().position(|byte| *byte == 0).unwrap();
        guest.thread = u32::from_le_bytes(greeting[version + 1..version + 5].try_into().unwrap());
        let nonce = [&greeting[version + 5..version + 13], &greeting[version + 32..version + 44]].concat();
        let proof = scramble_native(&nonce, password.as_bytes()).map_or(Vec::new(), |proof| proof.to_vec());
        let flags = CAPABILITIES | if database.is_some() { WITH_DATABASE } else { 0 };
        let mut response = flags.to_le_bytes().to_vec();
        response.extend_from_slice(&[0, 0, 0, 1, 45]);
        response.extend_from_slice(&[0; 23]);
        response.extend_from_slice(format!("{user}\0").as_bytes());
        response.push(proof.len() as u8);
        response.extend_from_slice(&proof);
        if let Some(database) = database {
            response.extend_from_slice(format!("{database}\0").as_bytes());
        }
        guest.send(&frame(1, &response)).await?;
        match guest.packet().await?.as_slice() {
            [0, ..] => Ok(guest),
            [0xff, low, high, ..] => {
                Err(format!("the login was refused: {}", u16::from_le_bytes([*low, *high])))
            }
            other => Err(format!("the login was answered with {other:x?}")),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| format!("sending: {error}"))
    }

    pub(crate) async fn packet(&mut self) -> Result<Vec<u8>, String> {
        loop {
            if let [a, b, c, _, rest @ ..] = self.buffer.as_slice()
                && let Some(payload) = rest.get(..u32::from_le_bytes([*a, *b, *c, 0]) as usize)
            {
                let payload = payload.to_vec();
                self.buffer.drain(..4 + payload.len());
                return Ok(payload);
            }
            let before = self.buffer.len();
            let count = self.stream.read_buf(&mut self.buffer).await;
            if count.map_err(|error| format!("reading: {error}"))? == 0 {
                return Err(format!("the connection ended; before: {:x?}", self.heard));
            }
            self.heard.extend_from_slice(&self.buffer[before..]);
        }
    }

    /// All results of one command.
    pub(crate) async fn answers(&mut self) -> Result<Vec<Answer>, String> {
        let mut answers = Vec::new();
        loop {
            let answer = self.answer().await?;
            let more = answer.error.is_none() && answer.file.is_none() && answer.status & MORE_RESULTS != 0;
            answers.push(answer);
            if !more {
                return Ok(answers);
            }
        }
    }

    async fn answer(&mut self) -> Result<Answer, String> {
        let mut answer = Answer::default();
        let first = self.packet().await?;
        match first[0] {
            0 => answer.status = ok_status(&first),
            0xff => answer.error = Some(u16::from_le_bytes([first[1], first[2]])),
            0xfb => answer.file = Some(String::from_utf8_lossy(&first[1..]).into_owned()),
            columns => {
                // Their definitions, and the end of those.
                for _ in 0..=columns {
                    self.packet().await?;
                }
                loop {
                    let packet = self.packet().await?;
                    match packet[0] {
                        0xfe if packet.len() < 9 => {
                            answer.status = u16::from_le_bytes([packet[3], packet[4]]);
                            break;
                        }
                        0xff => {
                            answer.error = Some(u16::from_le_bytes([packet[1], packet[2]]));
                            break;
                        }
                        _ => answer.rows.push(row(&packet)),
                    }
                }
            }
        }
        Ok(answer)
    }

    pub(crate) async fn ask(&mut self, sql: &str) -> Result<Vec<Answer>, String> {
        self.send(&query(sql)).await?;
        self.answers().await
    }

    /// Says goodbye and waits for the end.
    pub(crate) async fn leave(mut self) -> Result<(), String> {
        self.send(&frame(0, &[1])).await?;
        while self.stream.read_buf(&mut self.buffer).await.map_err(|error| error.to_string())? > 0 {}
        Ok(())
    }
}

fn ok_status(packet: &[u8]) -> u16 {
    let mut at = 1;
    for _ in 0..2 {
        at += match packet[at] {
            0xfc => 3,
            0xfd => 4,
            0xfe => 9,
            _ => 1,
        };
    }
    u16::from_le_bytes([packet[at], packet[at + 1]])
}

fn row(mut row: &[u8]) -> String {
    let mut columns = Vec::new();
    while let Some((&first, rest)) = row.split_first() {
        let (length, rest) = match first {
            0xfb => (0, rest),
            0xfc => (usize::from(u16::from_le_bytes([rest[0], rest[1]])), &rest[2..]),
            0xfd => (u32::from_le_bytes([rest[0], rest[1], rest[2], 0]) as usize, &rest[3..]),
            short => (usize::from(short), rest),
        };
        columns.push(String::from_utf8_lossy(&rest[..length]).into_owned());
        row = &rest[length..];
    }
    columns.join("|")
}
