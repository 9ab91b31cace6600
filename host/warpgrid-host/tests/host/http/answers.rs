//! Guests answer: hello, bodies, reuse, concurrency, keep-alive.

use super::client::{BOTH, connect, on_free_port, send, serve, until};
use http::Request;
use http_body_util::{BodyExt, Full};
use std::time::Duration;
use warpgrid_host::http::{HttpConfig, LocalService};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_of_wasi_0_2_and_one_of_0_3_answer() {
    for name in ["http_hello", "http_hello_p3"] {
        let served = serve(name, on_free_port()).await;
        assert_eq!(served.get("/").await.text(), "hello\n", "{name}");
        assert_eq!(served.end().await.cut, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_arrive_whole_in_both_directions() {
    for name in BOTH {
        let served = serve(name, on_free_port()).await;
        let sent: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
        let echoed = served.send(Request::post("/echo"), sent.clone()).await;
        assert!(echoed.body == sent, "{name}: {} bytes, {}", echoed.body.len(), echoed.status);
        let big = served.get("/big?bytes=5000000").await.body;
        assert_eq!(big.len(), 5_000_000, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_is_reused_and_replaced_when_it_has_answered_its_share() {
    for name in BOTH {
        let config = HttpConfig { max_instances: 1, requests_per_instance: 3, ..on_free_port() };
        let served = serve(name, config).await;
        let mut counted = String::new();
        for _ in 0..7 {
            counted += &served.get("/count").await.text();
        }
        assert_eq!(counted, "1231231", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_without_work_go_after_a_while() {
    for name in BOTH {
        let served = serve(name, HttpConfig { idle: Duration::from_millis(20), ..on_free_port() }).await;
        assert_eq!(served.get("/count").await.text(), "1");
        until(|| served.service.instance_count() == 0).await;
        assert_eq!(served.get("/count").await.text(), "1", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_instance_of_0_3_answers_several_requests_at_the_same_time() {
    let config = HttpConfig { max_instances: 1, concurrent_requests: Some(5), ..on_free_port() };
    let served = serve("http_routes_p3", config).await;
    let _slow: Vec<_> = (0..4).map(|_| served.ask("/slow?ms=600000")).collect();
    served.until_taken(4).await;
    assert_eq!(served.get("/most").await.text(), "4");
    assert_eq!(served.service.instance_count(), 1);
    assert_eq!(served.cut().await.cut.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_kept_for_further_requests() {
    let served = serve("http_routes", on_free_port()).await;
    let mut connection = connect(served.address).await;
    for _ in 0..5 {
        let answer = send(&mut connection, Request::get("/hello"), "").await.unwrap();
        assert_eq!(answer.text(), "hello\n");
    }
    let metrics = served.service.metrics().text();
    assert!(metrics.contains("\nwarpgrid_http_connections 1\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_of_0_3_knows_the_host_it_was_asked_for() {
    let served = serve("http_routes_p3", on_free_port()).await;
    assert_eq!(served.get("/host").await.text(), "Some(test.example)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_called_in_process() {
    let served = serve("http_routes", on_free_port()).await;
    let body = Full::from("by hand").map_err(|never| match never {}).boxed_unsync();
    let request = Request::post("http://self.example/echo").body(body).unwrap();
    let response = served.service.call(request, 2).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "by hand");
}
