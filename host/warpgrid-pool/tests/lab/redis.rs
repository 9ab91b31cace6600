//! A guest that speaks Redis' protocol (RESP2 and RESP3) byte by byte; knows no pool.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub(crate) struct Redis<S> {
    pub(crate) stream: S,
    buffer: Vec<u8>,
    /// All that the server said so far, unless it was forgotten.
    pub(crate) heard: Vec<u8>,
}

/// A command line as an array of strings.
pub(crate) fn command(line: &str) -> Vec<u8> {
    let words = line.split(' ').collect::<Vec<_>>();
    let mut bytes = format!("*{}\r\n", words.len());
    for word in words {
        bytes.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    bytes.into_bytes()
}

impl<S: AsyncRead + AsyncWrite + Unpin> Redis<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new(), heard: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| format!("sending: {error}"))
    }

    /// The next reply: a string as it is, an error with its `-`, nothing as `(nil)`, several as `[a, b]`.
    pub(crate) async fn reply(&mut self) -> Result<String, String> {
        loop {
            let mut rest = self.buffer.as_slice();
            if let Some(reply) = parse(&mut rest) {
                let left = rest.len();
                self.buffer.drain(..self.buffer.len() - left);
                return Ok(reply);
            }
            let before = self.buffer.len();
            let count = self.stream.read_buf(&mut self.buffer).await;
            if count.map_err(|error| format!("reading: {error}"))? == 0 {
                return Err(format!(
                    "the connection ended; before: {}",
                    String::from_utf8_lossy(&self.heard)
                ));
            }
            self.heard.extend_from_slice(&self.buffer[before..]);
        }
    }

    /// Sends commands together, and waits for as many replies.
    pub(crate) async fn ask(&mut self, lines: &[&str]) -> Result<Vec<String>, String> {
        self.send(&lines.iter().flat_map(|line| command(line)).collect::<Vec<_>>()).await?;
        let mut replies = Vec::new();
        for _ in lines {
            replies.push(self.reply().await?);
        }
        Ok(replies)
    }

    /// Reads on to the end of what has been read in part.
    pub(crate) async fn finish_reading(&mut self) -> Result<(), String> {
        while !self.buffer.is_empty() {
            self.reply().await?;
        }
        Ok(())
    }

    /// Says goodbye and waits for the end.
    pub(crate) async fn leave(mut self) -> Result<(), String> {
        self.send(&command("QUIT")).await?;
        while self.stream.read_buf(&mut self.buffer).await.map_err(|error| error.to_string())? > 0 {}
        Ok(())
    }
}

fn parse(bytes: &mut &[u8]) -> Option<String> {
    let end = bytes.windows(2).position(|two| two == b"\r\n")?;
    let (kind, line) = (bytes[0], String::from_utf8_lossy(&bytes[1..end]).into_owned());
    *bytes = &bytes[end + 2..];
    match kind {
        b'-' => Some(format!("-{line}")),
        b'$' | b'=' if line == "-1" => Some("(nil)".to_owned()),
        b'$' | b'=' => {
            let length = line.parse::<usize>().ok()?;
            let text = String::from_utf8_lossy(bytes.get(..length)?).into_owned();
            *bytes = bytes.get(length + 2..)?;
            Some(text)
        }
        b'*' if line == "-1" => Some("(nil)".to_owned()),
        b'*' | b'>' | b'~' | b'%' => {
            let count = line.parse::<usize>().ok()? * if kind == b'%' { 2 } else { 1 };
            let items = (0..count).map(|_| parse(bytes)).collect::<Option<Vec<_>>>()?;
            Some(format!("[{}]", items.join(", ")))
        }
        b'_' => Some("(nil)".to_owned()),
        _ => Some(line),
    }
}
