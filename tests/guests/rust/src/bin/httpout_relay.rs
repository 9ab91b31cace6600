//! Answers a request with what the URL in its query answers, or with the error's code.

use wstd::http::error::ErrorCode;
use wstd::http::{Body, Client, Error, Request, Response, StatusCode};

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    let url = request.uri().query().unwrap_or_default().to_owned();
    let onward = Request::get(&url).body(Body::empty())?;
    match Client::new().send(onward).await {
        Ok(response) => Ok(Response::new(response.into_body())),
        Err(error) => {
            let text = match error.downcast_ref::<ErrorCode>() {
                Some(code) => format!("{code:?}"),
                None => format!("{error:#}"),
            };
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            Ok(response)
        }
    }
}
