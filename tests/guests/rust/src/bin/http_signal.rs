//! Answers when it has been told to end: asks for `terminate`, and waits for it with the request open.

use axum::{Router, routing::get};

wit_bindgen::generate!({
    path: "../../../wit/warpgrid",
    world: "signals-imports",
    generate_all,
});

use warpgrid::shim::signals::{SignalType, on_signal, poll_signal};

async fn until_told() -> String {
    on_signal(SignalType::Terminate);
    loop {
        if let Some(signal) = poll_signal() {
            return format!("{signal:?}\n");
        }
        wstd::task::sleep(wstd::time::Duration::from_millis(5)).await;
    }
}

#[wstd_axum::http_server]
fn main() -> Router {
    Router::new().route("/until-told", get(until_told))
}
