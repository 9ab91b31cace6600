//! The raw protocols over `wasi:sockets` 0.3: `db_raw_p3 postgres|mysql|redis <words>`, the sub-commands of
//! `guests::db::sql` and `guests::db::keys`.

use guests::db::mysql::Mysql;
use guests::db::postgres::Postgres;
use guests::db::redis::Redis;
use guests::db::settings::arguments;
use guests::db::stream::{ByteStream, Protocol};
use guests::db::{Result, Settings, keys, sql};
use std::net::SocketAddr;
use wasip3::sockets::types::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket};
use wasip3::wit_bindgen::{FutureReader, StreamReader, StreamResult, StreamWriter};
use wasip3::wit_stream;

wasip3::cli::command::export!(Raw);

struct Raw;

impl wasip3::exports::cli::run::Guest for Raw {
    async fn run() -> std::result::Result<(), ()> {
        run().await.map_err(|error| eprintln!("Error: {error}"))
    }
}

async fn run() -> Result<()> {
    let (settings, arguments) = (Settings::from_environment()?, arguments());
    let (protocol, words) = arguments.split_first().ok_or("no protocol is named")?;
    match protocol.as_str() {
        "postgres" => sql::run::<Postgres<Socket>>(&settings, words).await,
        "mysql" => sql::run::<Mysql<Socket>>(&settings, words).await,
        "redis" => keys::run::<Redis<Socket>>(&settings, words).await,
        other => Err(format!("unknown: {other}").into()),
    }
}

struct Socket {
    _socket: TcpSocket,
    writer: StreamWriter<u8>,
    sent: FutureReader<std::result::Result<(), ErrorCode>>,
    reader: StreamReader<u8>,
    ended: FutureReader<std::result::Result<(), ErrorCode>>,
}

impl ByteStream for Socket {
    async fn connect(settings: &Settings, _: Protocol) -> Result<Self> {
        let SocketAddr::V4(address) = settings.address()? else { return Err("no IPv4 address".into()) };
        let [a, b, c, d] = address.ip().octets();
        let socket = TcpSocket::create(IpAddressFamily::Ipv4)?;
        let address = Ipv4SocketAddress { port: address.port(), address: (a, b, c, d) };
        socket.connect(IpSocketAddress::Ipv4(address)).await?;
        let (writer, outgoing) = wit_stream::new();
        let sent = socket.send(outgoing);
        let (reader, ended) = socket.receive();
        Ok(Self { _socket: socket, writer, sent, reader, ended })
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        if self.writer.write_all(bytes.to_vec()).await.is_empty() {
            Ok(())
        } else {
            Err("the connection takes no more".into())
        }
    }

    async fn receive(&mut self) -> Result<Vec<u8>> {
        loop {
            let (result, bytes) = self.reader.read(Vec::with_capacity(16 * 1024)).await;
            if !bytes.is_empty() || !matches!(result, StreamResult::Complete(_)) {
                return Ok(bytes);
            }
        }
    }

    async fn close(self) -> Result<()> {
        drop(self.writer);
        self.sent.await?;
        drop(self.reader);
        // What the server still had to say does not matter any more.
        let _ = self.ended.await;
        Ok(())
    }

    async fn pause(seconds: u64) {
        wasip3::clocks::monotonic_clock::wait_for(seconds * 1_000_000_000).await;
    }
}

fn main() {}
