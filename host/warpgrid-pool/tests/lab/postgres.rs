//! A guest that speaks PostgreSQL's protocol 3.0 byte by byte; knows no pool.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub(crate) struct Postgres<S> {
    pub(crate) stream: S,
    buffer: Vec<u8>,
    /// All that the server said so far, unless it was forgotten.
    pub(crate) heard: Vec<u8>,
    /// The number and the secret by which its queries can be cancelled.
    pub(crate) key: (u32, u32),
}

/// What answers one query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Columns separated by `|`, NULL as nothing.
    pub(crate) rows: Vec<String>,
    /// The codes of errors.
    pub(crate) errors: Vec<String>,
    /// The state of the transaction at its end: `I`, `T`, `E`.
    pub(crate) state: u8,
}

pub(crate) fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[tag][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

pub(crate) fn query(text: &str) -> Vec<u8> {
    frame(b'Q', &[text.as_bytes(), b"\0"].concat())
}

fn opening(code: u32, body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], &code.to_be_bytes(), body].concat()
}

/// A start-up message of user `guest` with these parameters.
pub(crate) fn startup(parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = b"user\0guest\0".to_vec();
    for (name, value) in parameters {
        body.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
    }
    body.push(0);
    opening(3 << 16, &body)
}

pub(crate) fn cancel((number, secret): (u32, u32)) -> Vec<u8> {
    opening(80_877_102, &[number.to_be_bytes(), secret.to_be_bytes()].concat())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Postgres<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new(), heard: Vec::new(), key: (0, 0) }
    }

    /// Logs in, without a password.
    pub(crate) async fn log_in(stream: S, parameters: &[(&str, &str)]) -> Result<Self, String> {
        let mut guest = Self::new(stream);
        guest.send(&startup(parameters)).await?;
        match guest.answer().await? {
            Answer { errors, .. } if errors.is_empty() => Ok(guest),
            Answer { errors, .. } => Err(format!("the login was refused: {errors:?}")),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| format!("sending: {error}"))
    }

    /// The next message. An error at the end.
    pub(crate) async fn message(&mut self) -> Result<(u8, Vec<u8>), String> {
        loop {
            if let [tag, a, b, c, d, rest @ ..] = self.buffer.as_slice()
                && let Some(body) = rest.get(..u32::from_be_bytes([*a, *b, *c, *d]) as usize - 4)
            {
                let message = (*tag, body.to_vec());
                self.buffer.drain(..5 + message.1.len());
                return Ok(message);
            }
            let before = self.buffer.len();
            let count = self.stream.read_buf(&mut self.buffer).await;
            if count.map_err(|error| format!("reading: {error}"))? == 0 {
                return Err(format!("the connection ended; before: {}", text(&self.heard)));
            }
            self.heard.extend_from_slice(&self.buffer[before..]);
        }
    }

    /// All up to the next `ReadyForQuery`, or a fatal error and the end.
    pub(crate) async fn answer(&mut self) -> Result<Answer, String> {
        let mut answer = Answer::default();
        loop {
            let (tag, body) = self.message().await?;
            match tag {
                b'Z' => {
                    answer.state = body[0];
                    return Ok(answer);
                }
                b'D' => answer.rows.push(row(&body)),
                b'K' => {
                    let number = |at: usize| u32::from_be_bytes(body[at..at + 4].try_into().unwrap());
                    self.key = (number(0), number(4));
                }
                b'E' => {
                    let field = |kind: u8| {
                        let mut fields = body.split(|byte| *byte == 0);
                        fields.find(|field| field.first() == Some(&kind)).map(|field| text(&field[1..]))
                    };
                    answer.errors.push(field(b'C').unwrap_or_default());
                    if field(b'S').is_some_and(|severity| severity == "FATAL") {
                        return Ok(answer);
                    }
                }
                _ => {}
            }
        }
    }

    pub(crate) async fn ask(&mut self, sql: &str) -> Result<Answer, String> {
        self.send(&query(sql)).await?;
        self.answer().await
    }

    /// Says goodbye and waits for the end.
    pub(crate) async fn leave(mut self) -> Result<(), String> {
        self.send(b"X\0\0\0\x04").await?;
        while self.stream.read_buf(&mut self.buffer).await.map_err(|error| error.to_string())? > 0 {}
        Ok(())
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn row(body: &[u8]) -> String {
    let (count, mut rest) = body.split_at(2);
    let mut columns = Vec::new();
    for _ in 0..u16::from_be_bytes(count.try_into().unwrap()) {
        let (length, value) = rest.split_at(4);
        let length = i32::from_be_bytes(length.try_into().unwrap()).max(0) as usize;
        columns.push(text(&value[..length]));
        rest = &value[length..];
    }
    columns.join("|")
}
