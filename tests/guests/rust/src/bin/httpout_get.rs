//! Sends requests by `wasi:http/outgoing-handler` 0.2 and prints each answer, or the error's code.
//!
//! Arguments: `URL [key=value …]` with `connect`, `first` and `between` (milliseconds), `times` (requests at
//! the same time), `header` (`name:value`), `post` (a body), `method`.

use wstd::http::body::util::BodyExt;
use wstd::http::error::ErrorCode;
use wstd::http::{Body, Client, Method, Request};
use wstd::time::Duration;

#[wstd::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (url, options) = arguments.split_first().expect("a URL");
    let mut client = Client::new();
    let (mut times, mut header, mut post, mut method) = (1, None, None, None);
    for option in options {
        let (key, value) = option.split_once('=').expect("key=value");
        let time = || Duration::from_millis(value.parse().expect("milliseconds"));
        match key {
            "connect" => client.set_connect_timeout(time()),
            "first" => client.set_first_byte_timeout(time()),
            "between" => client.set_between_bytes_timeout(time()),
            "times" => times = value.parse().expect("a number"),
            "header" => header = value.split_once(':'),
            "post" => post = Some(value),
            "method" => method = Some(value),
            _ => panic!("no such option: {key}"),
        }
    }
    let requests = (0..times).map(|_| send(&client, url, header, post, method));
    for line in futures::future::join_all(requests).await {
        println!("{line}");
    }
}

async fn send(
    client: &Client,
    url: &str,
    header: Option<(&str, &str)>,
    post: Option<&str>,
    method: Option<&str>,
) -> String {
    let mut request = Request::builder().uri(url);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let method = method.map(|method| Method::from_bytes(method.as_bytes()).expect("a method"));
    let method = method.unwrap_or(if post.is_some() { Method::POST } else { Method::GET });
    let body = post.map_or_else(Body::empty, |body| Body::from(body.to_owned()));
    let request = match request.method(method).body(body) {
        Ok(request) => request,
        Err(error) => return format!("no request: {error}"),
    };
    let response = match client.send(request).await {
        Ok(response) => response,
        Err(error) => {
            return match error.downcast_ref::<ErrorCode>() {
                Some(code) => format!("error {code:?}"),
                None => format!("error {error:#}"),
            };
        }
    };
    let status = response.status().as_u16();
    let location = response.headers().get("location").cloned();
    let mut body = response.into_body().into_boxed_body();
    let mut text = String::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                if let Ok(data) = frame.into_data() {
                    text.push_str(&String::from_utf8_lossy(&data));
                }
            }
            Err(error) => return format!("{status} {text} then error {error:#}"),
        }
    }
    match location {
        Some(location) => format!("{status} {text} to {location:?}"),
        None => format!("{status} {text}"),
    }
}
