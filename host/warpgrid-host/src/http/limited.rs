//! The body of a request, cut with an error where it grows too large; knows no service.

use crate::metrics::Metrics;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use wasmtime_wasi_http::{Error, WasiBody};

struct Limited {
    body: WasiBody,
    limit: u64,
    left: u64,
    metrics: Arc<Metrics>,
}

/// The body, with an error in place of the first byte beyond `limit`.
pub(crate) fn limited(body: WasiBody, limit: u64, metrics: Arc<Metrics>) -> WasiBody {
    Limited { body, limit, left: limit, metrics }.boxed_unsync()
}

impl Body for Limited {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            match this.left.checked_sub(data.len() as u64) {
                Some(left) => this.left = left,
                None => {
                    this.metrics.limit_hit("body-size");
                    return Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(this.limit)))));
                }
            }
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
