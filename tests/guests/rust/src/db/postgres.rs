//! PostgreSQL's protocol 3.0 without a driver: start-up, simple queries, goodbye (PostgreSQL manual, chapter
//! "Frontend/Backend Protocol"). It logs in with no password or with one in plain text.

use super::sql::{POSTGRES_IDENTITY, SqlSession};
use super::stream::{Buffered, ByteStream, Protocol};
use super::{Result, Settings};

/// A session.
pub struct Postgres<B> {
    stream: Buffered<B>,
}

/// The first message: version 3.0 and who wants what.
pub fn start_up(settings: &Settings) -> Vec<u8> {
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for (name, value) in [("user", &settings.user), ("database", &settings.database)] {
        if !value.is_empty() {
            body.extend([name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat());
        }
    }
    body.push(0);
    [&(body.len() as u32 + 4).to_be_bytes()[..], &body].concat()
}

/// A message with its kind and length in front.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

/// A simple query.
pub fn query(text: &str) -> Vec<u8> {
    message(b'Q', &[text.as_bytes(), b"\0"].concat())
}

impl<B: ByteStream> Postgres<B> {
    /// The bytes below, for programs that break rules.
    pub fn stream(&mut self) -> &mut Buffered<B> {
        &mut self.stream
    }

    async fn receive(&mut self) -> Result<(u8, Vec<u8>)> {
        let head = self.stream.exact(5).await?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        Ok((head[0], self.stream.exact(length.checked_sub(4).ok_or("a length below 4")?).await?))
    }

    /// Asks, and gives the values of all rows.
    ///
    /// # Errors
    /// What the server says to the query, after its answer was read to the end.
    pub async fn ask(&mut self, text: &str) -> Result<Vec<Vec<Option<String>>>> {
        self.stream.send(&query(text)).await?;
        self.answer().await
    }

    /// Reads the answer to a query.
    ///
    /// # Errors
    /// As [`Postgres::ask`].
    pub async fn answer(&mut self) -> Result<Vec<Vec<Option<String>>>> {
        let (mut rows, mut failure) = (Vec::new(), None);
        loop {
            match self.receive().await? {
                (b'D', body) => rows.push(row(&body)?),
                (b'E', body) => failure = Some(error_text(&body)),
                (b'Z', _) => return failure.map_or(Ok(rows), |text| Err(text.into())),
                _ => {}
            }
        }
    }
}

fn row(body: &[u8]) -> Result<Vec<Option<String>>> {
    let (mut values, mut rest) = (Vec::new(), body.get(2..).ok_or("a short row")?);
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = i32::from_be_bytes(*length);
        let (value, after) = match usize::try_from(length) {
            Ok(length) => after.split_at_checked(length).map(|(value, after)| (Some(value), after)),
            Err(_) => Some((None, after)),
        }
        .ok_or("a short row")?;
        values.push(value.map(|value| String::from_utf8_lossy(value).into_owned()));
        rest = after;
    }
    Ok(values)
}

/// `SQLSTATE message`.
fn error_text(body: &[u8]) -> String {
    let fields: Vec<_> = body.split(|&byte| byte == 0).collect();
    let field = |code: u8| {
        let found = fields.iter().find_map(|field| field.strip_prefix(&[code]));
        String::from_utf8_lossy(found.unwrap_or_default()).into_owned()
    };
    format!("{} {}", field(b'C'), field(b'M'))
}

impl<B: ByteStream> SqlSession for Postgres<B> {
    const IDENTITY: &'static str = POSTGRES_IDENTITY;

    async fn open(settings: &Settings) -> Result<Self> {
        let mut session = Self { stream: Buffered::connect(settings, Protocol::Postgres).await? };
        session.stream.send(&start_up(settings)).await?;
        loop {
            let (kind, body) = session.receive().await?;
            match (kind, body.get(..4)) {
                (b'Z', _) => return Ok(session),
                (b'E', _) => return Err(error_text(&body).into()),
                (b'R', Some([0, 0, 0, 3])) => {
                    let password = settings.password.as_ref().ok_or("the server wants a password")?;
                    session.stream.send(&message(b'p', &[password.as_bytes(), b"\0"].concat())).await?;
                }
                (b'R', Some([0, 0, 0, 0])) => {}
                (b'R', Some([0, 0, 0, method])) => {
                    return Err(format!("the server wants to log in by method {method}").into());
                }
                _ => {}
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
        self.stream.send(&message(b'X', b"")).await?;
        self.stream.close().await
    }

    async fn pause(seconds: u64) {
        B::pause(seconds).await;
    }
}

/// Rows of a number and a word.
pub(super) fn pairs(rows: Vec<Vec<Option<String>>>) -> Result<Vec<(i64, String)>> {
    let pair = |row: Vec<Option<String>>| match row.as_slice() {
        [Some(number), Some(word)] => Ok((number.parse()?, word.clone())),
        other => Err(format!("not a number and a word: {other:?}").into()),
    };
    rows.into_iter().map(pair).collect()
}

/// The one value of the one row.
pub(super) fn one_number(rows: Vec<Vec<Option<String>>>) -> Result<i64> {
    match rows.as_slice() {
        [row] => match row.as_slice() {
            [Some(number)] => Ok(number.parse()?),
            other => Err(format!("not one number: {other:?}").into()),
        },
        other => Err(format!("not one row: {other:?}").into()),
    }
}
