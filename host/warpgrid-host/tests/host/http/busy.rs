//! More work than there is room for, guests that take too long, guests that fail.

use super::client::{BOTH, on_free_port, serve, serve_limited};
use http::StatusCode;
use std::time::Duration;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_host::http::HttpConfig;

const NEVER: &str = "/slow?ms=600000";

fn limits(request: Duration) -> GuestLimits {
    GuestLimits { request, ..GuestLimits::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_of_instances_is_never_an_error() {
    for name in BOTH {
        for concurrent_requests in [1, 16] {
            let config = HttpConfig {
                max_instances: 2,
                concurrent_requests: Some(concurrent_requests),
                requests_per_instance: 7,
                queue_wait: Duration::from_secs(60),
                ..on_free_port()
            };
            let served = serve(name, config).await;
            let asked: Vec<_> = (0..100).map(|_| served.ask("/hello")).collect();
            for answer in asked {
                assert_eq!(answer.await.unwrap().unwrap().text(), "hello\n", "{name}");
            }
            assert!(served.service.instance_count() <= 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_beyond_the_queue_is_told_when_to_come_back() {
    for name in BOTH {
        let config = HttpConfig {
            max_instances: 1,
            concurrent_requests: Some(1),
            queue_length: 1,
            queue_wait: Duration::from_secs(60),
            ..on_free_port()
        };
        let served = serve(name, config).await;
        let _busy = served.ask(NEVER);
        served.until_taken(1).await;
        let _waiting = served.ask("/hello");
        served.until_metrics("warpgrid_http_queue 1").await;
        let answer = served.get("/hello").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{name}");
        assert_eq!(answer.headers["retry-after"], "60");
        served.until_metrics("warpgrid_http_turned_away_total{reason=\"queue-full\"} 1").await;
        served.cut().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_waited_too_long_is_told_when_to_come_back() {
    let config = HttpConfig { max_instances: 1, queue_wait: Duration::from_millis(50), ..on_free_port() };
    let served = serve("http_routes", config).await;
    let _busy = served.ask(NEVER);
    served.until_taken(1).await;
    let answer = served.get("/hello").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "1");
    served.until_metrics("warpgrid_http_turned_away_total{reason=\"queue-wait\"} 1").await;
    served.cut().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_takes_too_long_is_ended_and_others_are_not() {
    for name in BOTH {
        let config = HttpConfig { concurrent_requests: Some(1), ..on_free_port() };
        let served = serve_limited(name, config, limits(Duration::from_secs(4))).await;
        for path in [NEVER, "/spin"] {
            let late = served.ask(path);
            served.until_taken(1).await;
            assert_eq!(served.get("/hello").await.text(), "hello\n");
            let answer = late.await.unwrap().unwrap();
            assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "{name} {path}");
            assert_eq!(answer.body, "the service did not answer in time\n");
        }
        served.until_metrics("warpgrid_limits_hit_total{limit=\"request-seconds\"} 2").await;
        assert_eq!(served.get("/hello").await.text(), "hello\n");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trap_ends_one_request_and_says_nothing_to_the_client() {
    for name in BOTH {
        let config = HttpConfig { concurrent_requests: Some(1), ..on_free_port() };
        let served = serve(name, config).await;
        let slow = served.ask("/slow?ms=300");
        served.until_taken(1).await;
        let answer = served.get("/trap").await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{name}");
        assert_eq!(answer.body, "the service failed\n");
        assert_eq!(slow.await.unwrap().unwrap().text(), "late\n");
        assert_eq!(served.get("/hello").await.text(), "hello\n");
        served.until_metrics("warpgrid_instances_failed_total 1").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_exits_or_returns_an_error_fails_one_request() {
    for (name, path) in [("http_routes", "/exit"), ("http_routes_p3", "/error")] {
        let served = serve(name, on_free_port()).await;
        let answer = served.get(path).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{name}");
        assert_eq!(answer.body, "the service failed\n");
        assert_eq!(served.get("/hello").await.text(), "hello\n");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_that_never_wait_hold_up_nobody_and_can_be_ended() {
    for name in BOTH {
        let config = HttpConfig { concurrent_requests: Some(1), ..on_free_port() };
        let served = serve_limited(name, config, limits(Duration::from_secs(600))).await;
        // More than there are threads.
        let spinning: Vec<_> = (0..4).map(|_| served.ask("/spin")).collect();
        served.until_taken(4).await;
        assert_eq!(served.get("/hello").await.text(), "hello\n", "{name}");
        assert!(spinning.iter().all(|request| !request.is_finished()));
        let report = served.cut().await;
        assert_eq!((report.cut.len(), report.instances_left), (4, 0), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_on_the_processor_is_counted_for_each_request() {
    let limits = GuestLimits { cpu: Some(Duration::from_millis(200)), ..GuestLimits::default() };
    let served = serve_limited("http_routes", on_free_port(), limits).await;
    assert_eq!(served.get("/hello").await.text(), "hello\n");
    let answer = served.get("/spin").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(served.get("/hello").await.text(), "hello\n");
}
