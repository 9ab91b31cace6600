//! A service of WASI 0.3 that answers with the types of the crate `http`.

use http_body_util::BodyExt;
use wasip3::http::types::{ErrorCode, Request, Response};
use wasip3::http_compat::{http_from_wasi_request, http_into_wasi_response};

wasip3::http::service::export!(Service);

struct Service;

impl wasip3::exports::http::handler::Guest for Service {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let (head, body) = http_from_wasi_request(request)?.into_parts();
        let length = body.collect().await?.to_bytes().len();
        let text = format!("{} {} {length}\n", head.method, head.uri.path());
        http_into_wasi_response(http::Response::new(text))
    }
}

fn main() {}
