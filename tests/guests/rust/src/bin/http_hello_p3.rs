//! Answers every request with a greeting, by `wasi:http/handler` 0.3.

wasip3::http::service::export!(Hello);

struct Hello;

impl wasip3::exports::http::handler::Guest for Hello {
    async fn handle(
        _: wasip3::http::types::Request,
    ) -> Result<wasip3::http::types::Response, wasip3::http::types::ErrorCode> {
        let headers = wasip3::http::types::Fields::new();
        let (mut writer, body) = wasip3::wit_stream::new();
        let (trailers, end) = wasip3::wit_future::new(|| Ok(None));
        let (response, _) = wasip3::http::types::Response::new(headers, Some(body), end);
        wasip3::spawn_local(async move {
            writer.write_all(b"hello\n".to_vec()).await;
            drop(writer);
            drop(trailers);
        });
        Ok(response)
    }
}

fn main() {}
