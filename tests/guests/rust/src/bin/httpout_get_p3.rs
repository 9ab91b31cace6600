//! Sends one request by `wasi:http/client` 0.3 and prints the answer, or the error's code.
//!
//! Arguments: `scheme authority path [key=value …]`, handed on as they are, with `connect`, `first` and
//! `between` (milliseconds), `header` (`name:value`), `post` (a body).

use wasip3::http::client;
use wasip3::http::types::{ErrorCode, Fields, Method, Request, RequestOptions, Response, Scheme};
use wasip3::{wit_future, wit_stream};

wasip3::cli::command::export!(Get);

struct Get;

impl wasip3::exports::cli::run::Guest for Get {
    async fn run() -> Result<(), ()> {
        let line = match send().await {
            Ok(line) => line,
            Err(problem) => problem,
        };
        let (mut output, reader) = wit_stream::new();
        let written = wasip3::cli::stdout::write_via_stream(reader);
        let (written, _) = futures::join!(async { written.await }, async {
            output.write_all(format!("{line}\n").into_bytes()).await;
            drop(output);
        });
        written.map_err(|_| ())
    }
}

async fn send() -> Result<String, String> {
    let arguments = wasip3::cli::environment::get_arguments();
    let [_, scheme, authority, path, options @ ..] = arguments.as_slice() else {
        return Err("no target".to_owned());
    };
    let (headers, times) = (Fields::new(), RequestOptions::new());
    let mut post = None;
    for option in options {
        let (key, value) = option.split_once('=').ok_or("key=value")?;
        let time = || value.parse::<u64>().ok().map(|milliseconds| milliseconds * 1_000_000);
        match key {
            "connect" => times.set_connect_timeout(time()).map_err(|error| format!("{error:?}"))?,
            "first" => times.set_first_byte_timeout(time()).map_err(|error| format!("{error:?}"))?,
            "between" => times.set_between_bytes_timeout(time()).map_err(|error| format!("{error:?}"))?,
            "header" => {
                let (name, value) = value.split_once(':').ok_or("name:value")?;
                let name = name.to_owned();
                headers.append(&name, value.as_bytes()).map_err(|error| format!("header {error:?}"))?;
            }
            "post" => post = Some(value.as_bytes().to_vec()),
            _ => return Err(format!("no such option: {key}")),
        }
    }
    let (trailers, end) = wit_future::new(|| Ok(None));
    drop(trailers);
    let posts = post.is_some();
    let contents = post.map(|post| {
        let (mut writer, contents) = wit_stream::new();
        wasip3::spawn_local(async move {
            writer.write_all(post).await;
        });
        contents
    });
    let (request, _) = Request::new(headers, contents, end, Some(times));
    if posts {
        request.set_method(&Method::Post).map_err(|()| "method refused")?;
    }
    let scheme = match scheme.as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme refused")?;
    request.set_authority(Some(authority)).map_err(|()| "authority refused")?;
    request.set_path_with_query(Some(path)).map_err(|()| "path refused")?;
    let response = client::send(request).await.map_err(|code| format!("error {code:?}"))?;
    let status = response.get_status_code();
    let (result, done) = wit_future::new(|| Ok(()));
    let (mut body, trailers) = Response::consume_body(response, done);
    let mut text = Vec::new();
    loop {
        let (status, part) = body.read(Vec::with_capacity(16 * 1024)).await;
        text.extend_from_slice(&part);
        if !matches!(status, wasip3::wit_bindgen::StreamResult::Complete(_)) {
            break;
        }
    }
    drop(result);
    let text = String::from_utf8_lossy(&text).into_owned();
    let end: Result<_, ErrorCode> = trailers.await;
    match end {
        Ok(_) => Ok(format!("{status} {text}")),
        Err(code) => Ok(format!("{status} {text} then error {code:?}")),
    }
}

fn main() {}
