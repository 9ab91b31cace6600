//! An HTTP client over `wasi:http`: prints the status and the body, or what went wrong.

use wstd::http::{Body, Client, Request};

#[wstd::main]
async fn main() {
    let address = std::env::args().nth(1).expect("an address");
    let request = Request::get(address.as_str()).header("x-guest", "wstd").body(Body::empty());
    match Client::new().send(request.expect("a request")).await {
        Ok(response) => {
            let status = response.status().as_u16();
            let mut body = response.into_body();
            println!("{status} {}", body.str_contents().await.unwrap_or("not text"));
        }
        Err(error) => println!("error: {error:?}"),
    }
}
