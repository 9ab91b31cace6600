//! One request and its answer, over a connection or in process; decides nothing about grants.

use super::body::{Progress, RequestBody, ResponseBody, due};
use super::hooks::{OutgoingApplication, Place};
use super::target::{Host, Target};
use super::{connect, error, granted, tls};
use crate::http::{LocalService, Services};
use crate::instance::InstanceFacts;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_rustls::client::TlsStream;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, Error, RequestOptions, WasiBody};

/// The answer, and what is left to do on the connection while its body is read.
pub(super) type Sent = (Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

/// hyper's own lower bound for the head of a response.
const LEAST_HEAD_BYTES: usize = 8192;

/// What one request needs on its way.
pub(super) struct Trip {
    pub(super) application: Arc<OutgoingApplication>,
    pub(super) facts: Arc<InstanceFacts>,
    pub(super) target: Target,
    pub(super) place: Arc<Place>,
    pub(super) options: RequestOptions,
}

impl Trip {
    fn connect_time(&self) -> Duration {
        capped(self.options.connect_timeout, self.application.config.connect)
    }

    fn first_byte_time(&self) -> Duration {
        capped(self.options.first_byte_timeout, self.application.config.first_byte)
    }

    fn between_bytes_time(&self) -> Duration {
        capped(self.options.between_bytes_timeout, self.application.config.between_bytes)
    }
}

fn capped(asked: Option<Duration>, cap: Duration) -> Duration {
    asked.map_or(cap, |asked| asked.min(cap))
}

/// The service of the application that the request is for.
pub(super) fn service<'a>(services: &'a Services, target: &Target) -> Option<&'a Arc<dyn LocalService>> {
    match &target.host {
        Host::Name(name) => services.get(name),
        Host::Address(_) => None,
    }
}

/// Sends a request. `hops` is there if it is for a service of the application.
pub(super) async fn send(
    trip: Trip,
    mut request: Request<WasiBody>,
    hops: Option<u32>,
) -> Result<Sent, Error> {
    if let Some(hops) = hops {
        clean_headers(&trip.target, &mut request)?;
        return call(trip, request, hops).await;
    }
    match open(&trip, &mut request).await {
        Ok(Connection::Plain(stream)) => exchange(trip, request, stream).await,
        Ok(Connection::Encrypted(stream)) => exchange(trip, request, stream).await,
        Err(error) => {
            dismiss(request);
            Err(error)
        }
    }
}

/// A connection to the target of a request.
enum Connection {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// Makes the request ready, and a connection for it.
async fn open(trip: &Trip, request: &mut Request<WasiBody>) -> Result<Connection, Error> {
    clean_headers(&trip.target, request)?;
    *request.uri_mut() = origin_form(request.uri())?;
    let deadline = due(Instant::now(), trip.connect_time());
    let addresses = granted::addresses(&trip.facts, trip.application.resolver.as_ref(), &trip.target);
    let addresses = timeout_at(deadline, addresses).await.map_err(|_| Error::DnsTimeout)??;
    let stream = connect::connect(&addresses, deadline).await?;
    if !trip.target.tls {
        return Ok(Connection::Plain(stream));
    }
    let stream = tls::handshake(&trip.application.tls, &trip.target, stream);
    let stream = timeout_at(deadline, stream).await.map_err(|_| {
        tracing::info!(phase = "tls", "no answer in time");
        Error::ConnectionTimeout
    })??;
    Ok(Connection::Encrypted(Box::new(stream)))
}

/// Takes in, for a moment, the body of a request that will not be sent. A guest that is still writing would
/// see its write fail, and never look at the error that says why.
pub(super) fn dismiss(request: Request<WasiBody>) {
    const MOMENT: Duration = Duration::from_secs(1);
    let mut body = request.into_body();
    if body.is_end_stream() {
        return;
    }
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(tokio::time::timeout(
            MOMENT,
            async move { while let Some(Ok(_)) = body.frame().await {} },
        ));
    }
}

/// What concerns one connection only is the host's; `Host` is what was checked, whatever came before.
fn clean_headers(target: &Target, request: &mut Request<WasiBody>) -> Result<(), Error> {
    let host = HeaderValue::from_str(&target.host_header()).map_err(|_| Error::HttpRequestUriInvalid)?;
    let headers = request.headers_mut();
    for name in &DEFAULT_FORBIDDEN_HEADERS {
        headers.remove(name);
    }
    headers.insert(HOST, host);
    Ok(())
}

/// The path and query alone. A whole URI in the request line would address another host than the one that
/// was checked.
fn origin_form(uri: &Uri) -> Result<Uri, Error> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let path = match path.as_bytes().first() {
        Some(b'/') => path.to_owned(),
        None | Some(b'?') => format!("/{path}"),
        Some(_) => return Err(Error::HttpRequestUriInvalid),
    };
    Uri::builder().path_and_query(path).build().map_err(|_| Error::HttpRequestUriInvalid)
}

/// Calls a service of the application. It runs in a task of its own: the guest that calls may be polled inside
/// its store's event loop, and another store's event loop cannot run inside that.
async fn call(trip: Trip, request: Request<WasiBody>, hops: u32) -> Result<Sent, Error> {
    let service = service(&trip.application.services, &trip.target).ok_or(Error::DestinationNotFound)?;
    let service = service.clone();
    let progress = Progress::new(Instant::now());
    let request = noting(request, &progress).map(BodyExt::boxed_unsync);
    tracing::debug!(hops, "calling a service of the application");
    let called = async move { service.call(request, hops).await }.in_current_span();
    let called = AbortOnDropHandle::new(tokio::spawn(called));
    let answer = async {
        called.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a service of the application ended without an answer");
            Err(Error::InternalError(None))
        })
    };
    let response = within(trip.first_byte_time(), &progress, answer).await?;
    let (between, place) = (trip.between_bytes_time(), trip.place.clone());
    let response = response.map(|body| ResponseBody::new(body, between, place).boxed_unsync());
    Ok((response, Box::new(std::future::ready(Ok(())))))
}

async fn exchange<S>(trip: Trip, request: Request<WasiBody>, stream: S) -> Result<Sent, Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut client = http1::Builder::new();
    client.max_buf_size(trip.application.config.response_head_bytes.max(LEAST_HEAD_BYTES));
    let (mut sender, connection) =
        client.handshake(TokioIo::new(stream)).await.map_err(|failed| error::from_hyper(&failed))?;
    let mut connection = Box::pin(connection);
    let mut open = true;
    let progress = Progress::new(Instant::now());
    let response = {
        let mut answer = pin!(sender.send_request(noting(request, &progress)));
        let answer = async {
            loop {
                tokio::select! {
                    biased;
                    answer = &mut answer => return answer,
                    ended = &mut connection, if open => {
                        open = false;
                        ended?;
                    }
                }
            }
        };
        let answer = async { answer.await.map_err(|failed| error::from_hyper(&failed)) };
        within(trip.first_byte_time(), &progress, answer).await?
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Error::HttpUpgradeFailed);
    }
    // hyper's own bound is not exact: it reads on while its buffer has room.
    let limit = trip.application.config.response_head_bytes;
    if head_bytes(response.headers()) > limit {
        return Err(Error::HttpResponseHeaderSectionSize(u32::try_from(limit).ok()));
    }
    tracing::debug!(status = response.status().as_u16(), "answered");
    let (between, place) = (trip.between_bytes_time(), trip.place.clone());
    let response = response.map(|body| {
        let body = body.map_err(|failed| error::from_hyper(&failed));
        ResponseBody::new(body, between, place).boxed_unsync()
    });
    let place = trip.place;
    let rest = async move {
        let _place = place;
        if open { connection.await.map_err(|failed| error::from_hyper(&failed)) } else { Ok(()) }
    };
    Ok((response, Box::new(rest)))
}

/// The header fields as they stand on the wire: `name: value`, and the end of the line.
fn head_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

fn noting(request: Request<WasiBody>, progress: &Arc<Progress>) -> Request<RequestBody> {
    request.map(|inner| RequestBody { inner, progress: progress.clone() })
}

/// Waits for the head of the response. The wait starts anew with every part of the request that goes out.
async fn within<T>(
    time: Duration,
    progress: &Progress,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut answer: Pin<&mut _> = pin!(answer);
    loop {
        let moment = due(progress.last(), time);
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            () = sleep_until(moment) => {
                if due(progress.last(), time) <= moment {
                    tracing::info!(phase = "answer", "no answer in time");
                    return Err(Error::ConnectionReadTimeout);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warpgrid_grants::names::HostName;

    #[test]
    fn only_a_path_goes_into_the_request_line() {
        for (uri, line) in [
            ("http://granted.example", "/"),
            ("http://granted.example/a?b", "/a?b"),
            ("http://granted.example?b", "/?b"),
            ("http://granted.example//evil.example/", "//evil.example/"),
        ] {
            assert_eq!(origin_form(&uri.parse().unwrap()).unwrap().to_string(), line, "{uri}");
        }
        assert!(origin_form(&"*".parse().unwrap()).is_err());
    }

    #[test]
    fn there_is_one_host_header_and_it_is_the_one_that_was_checked() {
        let mut request = Request::builder()
            .uri("http://Granted.Example./")
            .header("host", "evil.example")
            .header("host", "other.example")
            .header("connection", "x-kept")
            .header("transfer-encoding", "chunked")
            .header("x-kept", "1")
            .body(http_body_util::Empty::new().map_err(|never| match never {}).boxed_unsync())
            .unwrap();
        let target = Target::of(request.uri()).unwrap();
        clean_headers(&target, &mut request).unwrap();
        let headers: Vec<_> = request.headers().iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        assert_eq!(headers.len(), 2);
        assert!(headers.contains(&("host", b"granted.example")) && headers.contains(&("x-kept", b"1")));
        assert_eq!(target.host, Host::Name(HostName::new("granted.example").unwrap()));
    }
}
