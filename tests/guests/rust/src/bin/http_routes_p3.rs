//! A service of WASI 0.3 with one route for each thing that a host must cope with.

use http_body_util::{BodyExt, Full};
use std::sync::atomic::{AtomicU64, Ordering};
use wasip3::http::types::{ErrorCode, Request, Response};
use wasip3::http_compat::{http_from_wasi_request, http_into_wasi_response};

wasip3::http::service::export!(Routes);

struct Routes;

/// Requests that this instance has counted.
static COUNT: AtomicU64 = AtomicU64::new(0);
/// Requests that wait in this instance now, and the most that ever did.
static WAITING: AtomicU64 = AtomicU64::new(0);
static MOST: AtomicU64 = AtomicU64::new(0);

impl wasip3::exports::http::handler::Guest for Routes {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let request = http_from_wasi_request(request)?;
        let number: u64 = request
            .uri()
            .query()
            .and_then(|query| query.split('=').nth(1))
            .and_then(|number| number.parse().ok())
            .unwrap_or(0);
        let authority = format!("{:?}", request.uri().authority());
        let body: Vec<u8> = match request.uri().path() {
            "/hello" => b"hello\n".to_vec(),
            "/count" => (COUNT.fetch_add(1, Ordering::Relaxed) + 1).to_string().into_bytes(),
            "/host" => authority.into_bytes(),
            "/slow" => {
                let now = WAITING.fetch_add(1, Ordering::Relaxed) + 1;
                MOST.fetch_max(now, Ordering::Relaxed);
                wasip3::clocks::monotonic_clock::wait_for(number * 1_000_000).await;
                WAITING.fetch_sub(1, Ordering::Relaxed);
                b"late\n".to_vec()
            }
            "/most" => MOST.load(Ordering::Relaxed).to_string().into_bytes(),
            "/echo" => request.into_body().collect().await?.to_bytes().to_vec(),
            "/big" => vec![b'x'; number as usize],
            "/trap" => std::process::abort(),
            "/error" => return Err(ErrorCode::ConfigurationError),
            "/spin" => {
                let mut turns = 0u64;
                loop {
                    turns = std::hint::black_box(turns.wrapping_add(1));
                }
            }
            _ => Vec::new(),
        };
        http_into_wasi_response(http::Response::new(Full::new(axum::body::Bytes::from(body))))
    }
}

fn main() {}
