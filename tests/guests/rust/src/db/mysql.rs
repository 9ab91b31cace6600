//! MySQL's protocol without a driver: greeting, login without a password, text queries, goodbye (MySQL internals
//! manual, "Connection Phase" and "Text Protocol").

use super::postgres::{one_number, pairs};
use super::sql::{MYSQL_IDENTITY, SqlSession};
use super::stream::{Buffered, ByteStream, Protocol};
use super::{Result, Settings};

/// LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH.
const CAPABILITIES: u32 = 0x1 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;
/// utf8mb4_general_ci.
const CHARACTERS: u8 = 45;

/// A session.
pub struct Mysql<B> {
    stream: Buffered<B>,
    sequence: u8,
}

impl<B: ByteStream> Mysql<B> {
    async fn send(&mut self, body: &[u8]) -> Result<()> {
        let [a, b, c, _] = (body.len() as u32).to_le_bytes();
        let packet = [&[a, b, c, self.sequence], body].concat();
        self.sequence = self.sequence.wrapping_add(1);
        self.stream.send(&packet).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>> {
        let head = self.stream.exact(4).await?;
        self.sequence = head[3].wrapping_add(1);
        let body = self.stream.exact(u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize).await?;
        match body.first() {
            Some(0xff) => Err(error_text(&body).into()),
            _ => Ok(body),
        }
    }

    /// Asks, and gives the values of all rows.
    ///
    /// # Errors
    /// What the server says to the query.
    pub async fn ask(&mut self, text: &str) -> Result<Vec<Vec<Option<String>>>> {
        self.sequence = 0;
        self.send(&[b"\x03", text.as_bytes()].concat()).await?;
        let first = self.receive().await?;
        let columns = match first.first() {
            Some(0x00) => return Ok(Vec::new()),
            Some(columns @ 1..=0xfa) => *columns,
            other => return Err(format!("an answer that begins with {other:?}").into()),
        };
        // The descriptions of the columns and the end of them.
        for _ in 0..=columns {
            self.receive().await?;
        }
        let mut rows = Vec::new();
        loop {
            let body = self.receive().await?;
            if body.first() == Some(&0xfe) && body.len() < 9 {
                return Ok(rows);
            }
            rows.push(row(&body)?);
        }
    }
}

fn row(mut rest: &[u8]) -> Result<Vec<Option<String>>> {
    let mut values = Vec::new();
    while let Some((&first, after)) = rest.split_first() {
        let (length, after) = match (first, after) {
            (0xfb, _) => {
                values.push(None);
                rest = after;
                continue;
            }
            (0xfc, [a, b, after @ ..]) => (usize::from(u16::from_le_bytes([*a, *b])), after),
            (0..=0xfa, _) => (usize::from(first), after),
            _ => return Err("a value that is too long".into()),
        };
        let (value, after) = after.split_at_checked(length).ok_or("a short row")?;
        values.push(Some(String::from_utf8_lossy(value).into_owned()));
        rest = after;
    }
    Ok(values)
}

/// `code #SQLSTATE message`.
fn error_text(body: &[u8]) -> String {
    match body {
        [_, low, high, text @ ..] => {
            format!("{} {}", u16::from_le_bytes([*low, *high]), String::from_utf8_lossy(text))
        }
        _ => "an error without a code".to_owned(),
    }
}

impl<B: ByteStream> SqlSession for Mysql<B> {
    const IDENTITY: &'static str = MYSQL_IDENTITY;

    async fn open(settings: &Settings) -> Result<Self> {
        let stream = Buffered::connect(settings, Protocol::Mysql).await?;
        let mut session = Self { stream, sequence: 0 };
        let greeting = session.receive().await?;
        if greeting.first() != Some(&10) {
            return Err(format!("a greeting of version {:?}", greeting.first()).into());
        }
        let mut response = CAPABILITIES.to_le_bytes().to_vec();
        response.extend((1_u32 << 24).to_le_bytes());
        response.push(CHARACTERS);
        response.extend([0; 23]);
        // User, an answer of no bytes to the server's challenge, database, and how that answer was made.
        response.extend([settings.user.as_bytes(), b"\0\0", settings.database.as_bytes(), b"\0"].concat());
        response.extend(b"mysql_native_password\0");
        session.send(&response).await?;
        loop {
            match session.receive().await?.first() {
                Some(0x00) => return Ok(session),
                // Another method: the answer to its challenge is empty as well.
                Some(0xfe) => session.send(b"").await?,
                // caching_sha2_password has found the answer right; the end follows.
                Some(0x01) => {}
                other => return Err(format!("a login that goes on with {other:?}").into()),
            }
        }
    }

    async fn execute(&mut self, statement: String) -> Result<()> {
        self.ask(&statement).await.map(drop)
    }

    async fn insert(&mut self, table: &str, number: i64, word: &str) -> Result<()> {
        let word = word.replace('\'', "''");
        self.execute(format!("INSERT INTO {table} VALUES ({number}, '{word}')")).await
    }

    async fn rows(&mut self, table: &str) -> Result<Vec<(i64, String)>> {
        pairs(self.ask(&format!("SELECT number, word FROM {table} ORDER BY number")).await?)
    }

    async fn number(&mut self, query: String) -> Result<i64> {
        one_number(self.ask(&query).await?)
    }

    async fn close(mut self) -> Result<()> {
        self.sequence = 0;
        self.send(b"\x01").await?;
        self.stream.close().await
    }

    async fn pause(seconds: u64) {
        B::pause(seconds).await;
    }
}
