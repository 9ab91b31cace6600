//! Breaks PostgreSQL's rules over a plain socket, and prints what came of it.
//!
//! | words | what they do |
//! |---|---|
//! | `half-startup` | sends half a first message, then waits for the connection to end |
//! | `half-frame` | logs in, sends half a query, then waits for the connection to end |
//! | `half-frame-and-leave <table>` | logs in, begins a transaction, sends half a query, and ends |
//! | `wrong-protocol` | speaks HTTP |
//! | `no-protocol` | sends bytes of no protocol after the login |
//! | `never-read <seconds>` | asks for 1 GiB of rows, reads none of them, waits |
//! | `trickle` | sends and receives one byte a call |
//! | `unread` | ends with an answer that was not read |
//! | `twice` | sends a second first message after the login |

use guests::db::postgres::{Postgres, query, start_up};
use guests::db::settings::arguments;
use guests::db::sql::SqlSession;
use guests::db::stream::{ByteStream, Protocol};
use guests::db::{Result, Settings};
use std::io::{Read, Write};
use std::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (settings, arguments) = (Settings::from_environment()?, arguments());
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["half-startup"] => half_startup(&settings),
        ["half-frame"] => after_login(&settings, &half_a_query()).await,
        ["half-frame-and-leave", table] => half_frame_and_leave(&settings, table).await,
        ["wrong-protocol"] => wrong_protocol(&settings),
        ["no-protocol"] => after_login(&settings, b"\x00\xff\xff\xff\xff of no protocol").await,
        ["never-read", seconds] => never_read(&settings, seconds.parse()?).await,
        ["trickle"] => trickle(&settings).await,
        ["unread"] => unread(&settings).await,
        ["twice"] => after_login(&settings, &start_up(&settings)).await,
        other => Err(format!("unknown: {other:?}").into()),
    }
}

fn half_a_query() -> Vec<u8> {
    let whole = query("SELECT 'of this message only the first half is ever sent'");
    whole[..whole.len() / 2].to_vec()
}

/// Reads to the end and prints what it was: kinds of messages are letters, lengths are not.
fn report_the_end(stream: &mut impl Read) {
    let mut bytes = Vec::new();
    let end = match stream.read_to_end(&mut bytes) {
        Ok(_) => "the end".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    };
    let first = bytes.first().map(|&byte| char::from(byte));
    println!("answer {first:?}, then {end}");
}

fn half_startup(settings: &Settings) -> Result<()> {
    let mut stream = TcpStream::connect(settings.address()?)?;
    let whole = start_up(settings);
    stream.write_all(&whole[..whole.len() / 2])?;
    println!("sent");
    report_the_end(&mut stream);
    Ok(())
}

fn wrong_protocol(settings: &Settings) -> Result<()> {
    let mut stream = TcpStream::connect(settings.address()?)?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: db\r\n\r\n")?;
    report_the_end(&mut stream);
    Ok(())
}

async fn after_login(settings: &Settings, bytes: &[u8]) -> Result<()> {
    let mut session = Postgres::<TcpStream>::open(settings).await?;
    session.stream().send(bytes).await?;
    println!("sent");
    report_the_end(session.stream().inner());
    Ok(())
}

async fn half_frame_and_leave(settings: &Settings, table: &str) -> Result<()> {
    let mut session = Postgres::<TcpStream>::open(settings).await?;
    session
        .execute(format!("CREATE TABLE {table} (number BIGINT NOT NULL, word VARCHAR(40) NOT NULL)"))
        .await?;
    session.execute("BEGIN".to_owned()).await?;
    session.insert(table, 1, "not yet").await?;
    session.stream().send(&half_a_query()).await?;
    println!("sent");
    std::mem::forget(session);
    Ok(())
}

async fn never_read(settings: &Settings, seconds: u64) -> Result<()> {
    let mut session = Postgres::<TcpStream>::open(settings).await?;
    session.stream().send(&query("SELECT repeat('x', 1 << 20) FROM generate_series(1, 1024)")).await?;
    println!("asked");
    <TcpStream as ByteStream>::pause(seconds).await;
    println!("waited");
    Ok(())
}

async fn unread(settings: &Settings) -> Result<()> {
    let mut session = Postgres::<TcpStream>::open(settings).await?;
    session.stream().send(&query("SELECT 'an answer that is for nobody else'")).await?;
    println!("asked");
    std::mem::forget(session);
    Ok(())
}

async fn trickle(settings: &Settings) -> Result<()> {
    let mut session = Postgres::<OneByte>::open(settings).await?;
    println!("{}", session.number("SELECT 6 * 7".to_owned()).await?);
    session.close().await
}

/// A socket that is used one byte a call.
struct OneByte(TcpStream);

impl ByteStream for OneByte {
    async fn connect(settings: &Settings, _: Protocol) -> Result<Self> {
        let stream = TcpStream::connect(settings.address()?)?;
        // Each byte is its own packet.
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        for byte in bytes {
            self.0.write_all(&[*byte])?;
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Vec<u8>> {
        let mut byte = [0];
        let count = self.0.read(&mut byte)?;
        Ok(byte[..count].to_vec())
    }

    async fn close(self) -> Result<()> {
        Ok(())
    }

    async fn pause(seconds: u64) {
        <TcpStream as ByteStream>::pause(seconds).await;
    }
}
