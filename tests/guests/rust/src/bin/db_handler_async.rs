//! Three queries, one after the other, in one request: `wasi:http/handler` 0.3 over
//! `warpgrid:shim/database-proxy-async`. The database is in the environment, without a password.

use guests::db::postgres::Postgres;
use guests::db::sql::SqlSession;
use guests::db::stream::{ByteStream, Protocol};
use guests::db::{Result, Settings};
use warpgrid::shim::database_proxy_async::{Connection, ConnectionConfig, connect};
use wasip3::http::types::{ErrorCode, Fields, Request, Response};

wit_bindgen::generate!({
    path: "../../../wit/warpgrid",
    inline: "
        package guest:db-handler-async;
        world guest {
            include warpgrid:shim/database-proxy-async-imports@0.1.0;
        }
    ",
    generate_all,
});

wasip3::http::service::export!(Three);

struct Three;

impl wasip3::exports::http::handler::Guest for Three {
    async fn handle(_: Request) -> std::result::Result<Response, ErrorCode> {
        let (status, text) = match three().await {
            Ok(text) => (200, text),
            Err(error) => (502, format!("{error}\n")),
        };
        let (mut writer, body) = wasip3::wit_stream::new();
        let (trailers, end) = wasip3::wit_future::new(|| Ok(None));
        let (response, _) = Response::new(Fields::new(), Some(body), end);
        response.set_status_code(status).map_err(|()| ErrorCode::InternalError(None))?;
        wasip3::spawn_local(async move {
            writer.write_all(text.into_bytes()).await;
            drop(writer);
            drop(trailers);
        });
        Ok(response)
    }
}

async fn three() -> Result<String> {
    let mut session = Postgres::<Door>::open(&Settings::from_environment()?).await?;
    let first = session.number("SELECT 20 + 1".to_owned()).await?;
    let second = session.number(format!("SELECT {first} * 2")).await?;
    let third = session.ask(&format!("SELECT 'it is ' || {second}")).await?;
    session.close().await?;
    Ok(format!("{first} {second} {third:?}\n"))
}

struct Door(Connection);

impl ByteStream for Door {
    async fn connect(settings: &Settings, _: Protocol) -> Result<Self> {
        let host = settings.host.clone();
        let config =
            ConnectionConfig { host, port: settings.port, protocol: None, database: None, user: None };
        Ok(Self(connect(config).await?))
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.0.send(bytes.to_vec()).await?)
    }

    async fn receive(&mut self) -> Result<Vec<u8>> {
        Ok(self.0.recv(16 * 1024, None).await?)
    }

    async fn close(self) -> Result<()> {
        Ok(self.0.close().await?)
    }

    async fn pause(seconds: u64) {
        wasip3::clocks::monotonic_clock::wait_for(seconds * 1_000_000_000).await;
    }
}

fn main() {}
