//! Redis' protocol RESP2 without a driver (redis.io, "Redis serialization protocol specification").

use super::keys::KeySession;
use super::stream::{Buffered, ByteStream, Protocol};
use super::{Result, Settings};

/// A session.
pub struct Redis<B> {
    stream: Buffered<B>,
}

/// What the server answered; none of these programs asks for a list.
#[derive(Debug)]
pub enum Reply {
    /// A status or a text.
    Text(String),
    /// A number.
    Number(i64),
    /// Nothing.
    Nothing,
}

/// A command as the list of texts that it is.
pub fn command(words: &[&str]) -> Vec<u8> {
    let word = |word: &&str| format!("${}\r\n{word}\r\n", word.len());
    format!("*{}\r\n{}", words.len(), words.iter().map(word).collect::<String>()).into_bytes()
}

impl<B: ByteStream> Redis<B> {
    /// Asks and gives the answer.
    ///
    /// # Errors
    /// What the server says to the command.
    pub async fn ask(&mut self, words: &[&str]) -> Result<Reply> {
        self.stream.send(&command(words)).await?;
        let line = self.stream.line().await?;
        let rest = line.get(1..).unwrap_or_default();
        match line.as_bytes().first() {
            Some(b'+') => Ok(Reply::Text(rest.to_owned())),
            Some(b'-') => Err(rest.into()),
            Some(b':') => Ok(Reply::Number(rest.parse()?)),
            Some(b'$') if rest == "-1" => Ok(Reply::Nothing),
            Some(b'$') => {
                let length: usize = rest.parse()?;
                let mut bytes = self.stream.exact(length + 2).await?;
                bytes.truncate(length);
                Ok(Reply::Text(String::from_utf8(bytes)?))
            }
            _ => Err(format!("an answer that begins with {line:?}").into()),
        }
    }
}

impl<B: ByteStream> KeySession for Redis<B> {
    async fn open(settings: &Settings) -> Result<Self> {
        let mut session = Self { stream: Buffered::connect(settings, Protocol::Redis).await? };
        match (&settings.password, settings.user.as_str()) {
            (Some(password), "") => drop(session.ask(&["AUTH", password]).await?),
            (Some(password), user) => drop(session.ask(&["AUTH", user, password]).await?),
            (None, _) => {}
        }
        if !settings.database.is_empty() {
            session.ask(&["SELECT", &settings.database]).await?;
        }
        Ok(session)
    }

    async fn run(&mut self, command: &[&str]) -> Result<()> {
        self.ask(command).await.map(drop)
    }

    async fn number(&mut self, command: &[&str]) -> Result<i64> {
        match self.ask(command).await? {
            Reply::Number(number) => Ok(number),
            other => Err(format!("no number: {other:?}").into()),
        }
    }

    async fn text(&mut self, command: &[&str]) -> Result<Option<String>> {
        match self.ask(command).await? {
            Reply::Text(text) => Ok(Some(text)),
            Reply::Nothing => Ok(None),
            other => Err(format!("no text: {other:?}").into()),
        }
    }

    async fn close(mut self) -> Result<()> {
        self.ask(&["QUIT"]).await?;
        self.stream.close().await
    }

    async fn pause(seconds: u64) {
        B::pause(seconds).await;
    }
}
