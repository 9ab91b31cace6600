//! Services of the same application are called in process, and loops of them end.

use super::client::{DOORS, Sender, answered, failed, refused, services};
use crate::harness::{config, guest};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use warpgrid_grants::refusal::Reason;
use warpgrid_host::InstanceOptions;
use warpgrid_host::http::{HttpConfig, HttpService, LocalService, Services};
use wasmtime_wasi_http::{Error, WasiBody};

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response<WasiBody>, Error>> + Send + 'a>>;

fn response(text: String) -> Response<WasiBody> {
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
    Response::new(body.boxed_unsync())
}

/// Says what it was asked.
struct Echo;

impl LocalService for Echo {
    fn call(&self, request: Request<WasiBody>, hops: u32) -> Answer<'_> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let host = head.headers["host"].to_str().unwrap().to_owned();
            let body = String::from_utf8_lossy(&body);
            Ok(response(format!("{} {} host {host} hops {hops} body {body}", head.method, head.uri)))
        })
    }
}

/// Never answers.
struct Silent;

impl LocalService for Silent {
    fn call(&self, _: Request<WasiBody>, _: u32) -> Answer<'_> {
        Box::pin(std::future::pending())
    }
}

/// Cannot answer.
struct Broken;

impl LocalService for Broken {
    fn call(&self, _: Request<WasiBody>, _: u32) -> Answer<'_> {
        Box::pin(async { Err(Error::DestinationUnavailable) })
    }
}

/// Answers by a guest that asks the service `again`.
#[derive(Default)]
struct Again(OnceLock<Sender>);

impl LocalService for Again {
    fn call(&self, _: Request<WasiBody>, hops: u32) -> Answer<'_> {
        Box::pin(async move {
            let sender = self.0.get().unwrap();
            let sent = sender.get_after(hops, "http://again.example/", &[]).await;
            let refused: Vec<_> =
                sent.refused.iter().map(|(subject, reason)| format!("{subject} {reason}")).collect();
            Ok(response(format!("[{} {}]", sent.text, refused.join(","))))
        })
    }
}

/// A service that is there after the application that calls it.
#[derive(Default)]
struct Late(OnceLock<HttpService>);

impl LocalService for Late {
    fn call(&self, request: Request<WasiBody>, hops: u32) -> Answer<'_> {
        self.0.get().unwrap().call(request, hops)
    }
}

/// An application of services that call each other.
fn guests(names: &[(&'static str, &str)], hops: u32) -> Arc<Services> {
    let late: Vec<_> = names.iter().map(|(name, guest)| (*name, *guest, Arc::new(Late::default()))).collect();
    let entries = late.iter().map(|(name, _, service)| (*name, service.clone() as Arc<dyn LocalService>));
    let all = services(entries);
    let (shims, mut app) = config("");
    (app.services, app.outgoing.hops) = (all.clone(), hops);
    let engine = crate::harness::engine(shims).unwrap();
    for (_, name, service) in late {
        let application = Arc::new(engine.load_module(&guest(name), app.clone()).unwrap());
        let options = Arc::new(InstanceOptions::default);
        assert!(
            service.0.set(HttpService::new(application, HttpConfig::default(), options).unwrap()).is_ok()
        );
    }
    all
}

#[tokio::test]
async fn guests_call_each_other_in_process_through_several_services() {
    let names = [
        ("relay.example", "httpout_relay"),
        ("hello.example", "http_hello"),
        ("hello3.example", "http_hello_p3"),
    ];
    let all = guests(&names, 16);
    for door in DOORS {
        let sender = Sender::new(door, &[], |app| app.services = all.clone());
        for hello in ["hello", "hello3"] {
            assert_eq!(sender.get(&format!("http://{hello}.example/"), &[]).await, answered("200 hello"));
            let url = format!("http://relay.example/?http://relay.example/?http://{hello}.example/");
            assert_eq!(sender.get(&url, &[]).await, answered("200 hello"), "{door}");
        }
    }
}

#[tokio::test]
async fn guests_that_call_each_other_for_ever_are_stopped_at_the_limit_of_hops() {
    let all = guests(&[("a.example", "httpout_relay"), ("b.example", "httpout_relay")], 4);
    let sender = Sender::new("httpout_get", &[], |app| app.services = all.clone());
    // The relays nest the query, so that a chain of five is as good as an endless one.
    let chain = |length: usize| {
        let hosts = ["a.example", "b.example"].into_iter().cycle().take(length);
        hosts.map(|host| format!("http://{host}/?")).collect::<String>()
    };
    let last = "http://nowhere.example/";
    let four = sender.get(&format!("{}{last}", chain(4)), &[]).await;
    assert_eq!(four, answered("200 ErrorCode::HttpRequestDenied"), "four are within the limit");
    let five = sender.get(&format!("{}{last}", chain(5)), &[]).await;
    assert_eq!(five, answered("200 ErrorCode::LoopDetected"));
}

#[tokio::test]
async fn a_service_of_the_application_is_called_by_its_name_without_a_grant() {
    for door in DOORS {
        let sender = Sender::new(door, &[], |app| {
            app.services = services([("notify.example", Arc::new(Echo) as Arc<dyn LocalService>)]);
        });
        assert_eq!(
            sender.get("http://Notify.Example./a?b", &["post=text"]).await,
            answered("200 POST http://Notify.Example./a?b host notify.example hops 1 body text"),
            "{door}"
        );
        assert_eq!(
            sender.get_after(3, "https://notify.example:8443/", &[]).await,
            answered("200 GET https://notify.example:8443/ host notify.example:8443 hops 4 body"),
            "{door}"
        );
        let other = sender.get("http://x.notify.example/", &[]).await;
        assert_eq!(other, refused("HttpRequestDenied", "x.notify.example:80", Reason::NotGranted));
    }
}

#[tokio::test]
async fn a_service_that_is_silent_or_broken_is_told_by_a_code() {
    for door in DOORS {
        let sender = Sender::new(door, &[], |app| {
            app.services = services([
                ("silent.example", Arc::new(Silent) as Arc<dyn LocalService>),
                ("broken.example", Arc::new(Broken)),
            ]);
        });
        let silent = sender.get("http://silent.example/", &["first=30"]).await;
        assert_eq!(silent, failed("ConnectionReadTimeout"), "{door}");
        let broken = sender.get("http://broken.example/", &[]).await;
        assert_eq!(broken, failed("DestinationUnavailable"), "{door}");
    }
}

#[tokio::test]
async fn a_loop_of_services_ends_at_the_limit_of_hops() {
    for door in DOORS {
        let again = Arc::new(Again::default());
        let sender = Sender::new(door, &[], |app| {
            app.outgoing.hops = 5;
            app.services = services([("again.example", again.clone() as Arc<dyn LocalService>)]);
        });
        assert!(again.0.set(sender).is_ok());
        let sent = again.0.get().unwrap().get("http://again.example/", &[]).await;
        let depth = sent.text.matches("200 ").count();
        assert_eq!(depth, 5, "{door} {}", sent.text);
        assert!(
            sent.text.contains("[error ErrorCode::LoopDetected again.example:80 limit reached]"),
            "{sent:?}"
        );
    }
}
