//! The body of a response on its way to the client, counted and logged when it ends; makes none.

use super::in_flight::{InFlight, RequestInfo};
use super::log_stream::shown;
use crate::metrics::Metrics;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use wasmtime_wasi_http::{Error, WasiBody};

/// The record of a request that goes on until this is dropped.
pub(crate) struct OpenRecord {
    pub(crate) info: Arc<RequestInfo>,
    in_flight: Arc<InFlight>,
    metrics: Arc<Metrics>,
    span: tracing::Span,
    key: u64,
    /// The status of a response that was handed over to its end.
    status: Option<http::StatusCode>,
}

impl OpenRecord {
    pub(crate) fn new(
        info: Arc<RequestInfo>,
        in_flight: Arc<InFlight>,
        metrics: Arc<Metrics>,
        span: tracing::Span,
    ) -> Self {
        metrics.http.in_flight.inc();
        let key = in_flight.add(info.clone());
        Self { info, in_flight, metrics, span, key, status: None }
    }
}

impl Drop for OpenRecord {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        self.in_flight.remove(self.key);
        self.metrics.http.in_flight.dec();
        let (info, elapsed) = (&self.info, self.info.started.elapsed());
        self.metrics.http.answered(&info.method, self.status, elapsed);
        let milliseconds = elapsed.as_millis();
        let (method, path, instance) = (&info.method, info.path(), info.instance());
        match self.status.map(|status| status.as_u16()) {
            Some(status) => tracing::info!(%method, path, status, milliseconds, instance, "answered"),
            None => {
                tracing::info!(%method, path, milliseconds, instance, "the client did not wait for its end")
            }
        }
    }
}

/// The body of a response. The request counts as in flight until this is dropped.
pub struct ResponseBody {
    body: WasiBody,
    record: OpenRecord,
    status: http::StatusCode,
    /// Bytes that are still to come, when the length is known.
    left: Option<u64>,
}

impl ResponseBody {
    pub(crate) fn new(body: WasiBody, record: OpenRecord, response: &http::response::Parts) -> Self {
        // A body of a declared length is dropped after its last byte, without being asked for its end.
        let declared =
            response.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let left = declared.or(body.size_hint().exact());
        let status = response.status;
        let mut body = Self { body, record, status, left };
        body.note_end();
        body
    }

    fn note_end(&mut self) {
        if self.left == Some(0) || self.body.is_end_stream() {
            self.record.status = Some(self.status);
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let (Some(left), Some(data)) = (&mut this.left, frame.data_ref()) {
                    *left = left.saturating_sub(data.len() as u64);
                }
                this.note_end();
            }
            Poll::Ready(Some(Err(error))) => {
                this.record.status = Some(this.status);
                let instance = this.record.info.instance();
                this.record
                    .span
                    .in_scope(|| tracing::warn!(error = shown(error), instance, "the response broke off"));
            }
            Poll::Ready(None) => this.record.status = Some(this.status),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A short text.
pub(crate) fn text(text: impl Into<Bytes>) -> WasiBody {
    Full::new(text.into()).map_err(|never| match never {}).boxed_unsync()
}
