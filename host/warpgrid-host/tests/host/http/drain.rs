//! How serving ends: what is answered, what is cut, what is left.

use super::client::{BOTH, connect, on_free_port, send, serve};
use http::Request;
use std::time::Duration;
use tokio::net::TcpStream;
use warpgrid_grants::signals::SignalType;
use warpgrid_host::http::{HttpConfig, HttpServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_requests_are_answered_and_no_new_ones_taken() {
    for name in BOTH {
        let served = serve(name, on_free_port()).await;
        let slow = served.ask("/slow?ms=300");
        served.until_taken(1).await;
        let mut idle = connect(served.address).await;
        send(&mut idle, Request::get("/hello"), "").await.unwrap();
        let address = served.address;
        let report = served.end().await;
        assert_eq!(slow.await.unwrap().unwrap().text(), "late\n", "{name}");
        assert_eq!((report.finished, report.instances_left), (1, 0), "{report:?}");
        assert_eq!(report.cut, []);
        assert!(TcpStream::connect(address).await.is_err(), "the port is free again");
        assert!(send(&mut idle, Request::get("/hello"), "").await.is_err(), "idle connections are closed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_in_time_is_cut_and_listed() {
    for name in BOTH {
        let served = serve(name, HttpConfig { drain: Duration::from_millis(100), ..on_free_port() }).await;
        let never = served.ask("/slow?ms=600000");
        served.until_taken(1).await;
        let service = served.service.clone();
        let report = served.end().await;
        let [cut] = report.cut.as_slice() else { panic!("{report:?}") };
        assert_eq!((cut.method.as_str(), cut.path.as_str()), ("GET", "/slow"), "{name}");
        assert!(cut.age >= Duration::from_millis(100) && cut.instance.is_some(), "{cut:?}");
        assert_eq!((report.finished, report.instances_left), (0, 0));
        assert!(never.await.unwrap().is_err(), "the client is not left waiting");
        assert_eq!((service.open_request_count(), service.instance_count()), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_asked_is_told_to_end_while_it_answers() {
    let served = serve("http_signal", on_free_port()).await;
    let open = served.ask("/until-told");
    served.until_taken(1).await;
    let application = served.service.application().clone();
    // Its instance is there before it has asked.
    while application.deliver_signal_to_all(SignalType::Terminate).is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(open.await.unwrap().unwrap().text(), "SignalType::Terminate\n");
    assert_eq!(served.end().await.cut, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_word_ends_at_once() {
    let served = serve("http_routes", HttpConfig { drain: Duration::from_secs(600), ..on_free_port() }).await;
    let _never = served.ask("/slow?ms=600000");
    served.until_taken(1).await;
    assert_eq!(served.cut().await.cut.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken_is_named() {
    let served = serve("http_routes", on_free_port()).await;
    let again = HttpConfig { listen: served.address, ..on_free_port() };
    let (application, options) =
        (served.service.application().clone(), std::sync::Arc::new(Default::default));
    let service = warpgrid_host::http::HttpService::new(application, again, options).unwrap();
    let error = HttpServer::bind(std::sync::Arc::new(service)).await.err().unwrap();
    assert_eq!(error.to_string(), format!("cannot listen on `{}`", served.address));
    assert!(error.hint().unwrap().contains("another program listens there"));
}
