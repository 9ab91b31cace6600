//! The requests that a service answers now, with ids, for reports and for `x-request-id`; answers none.

use super::current::RequestId;
use http::{HeaderMap, HeaderName, Method, Uri};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The header that carries a request's id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of an id that is taken over.
const LONGEST_ID: usize = 128;
/// Characters of a path in a report.
const LONGEST_PATH: usize = 256;

/// The id that the client gave, if it is one that may stand in a log line, else a new one.
pub(crate) fn request_id(headers: &HeaderMap) -> RequestId {
    let sane = |id: &&str| {
        (1..=LONGEST_ID).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    match headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(sane) {
        Some(id) => id.into(),
        None => {
            let mut text = uuid::Uuid::encode_buffer();
            (&*uuid::Uuid::now_v7().hyphenated().encode_lower(&mut text)).into()
        }
    }
}

/// What is known of a request while it is answered.
#[derive(Debug)]
pub(crate) struct RequestInfo {
    pub(crate) id: RequestId,
    pub(crate) method: Method,
    pub(crate) started: Instant,
    uri: Uri,
    instance: AtomicU64,
}

impl RequestInfo {
    pub(crate) fn new<B>(request: &http::Request<B>, started: Instant) -> Self {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        Self { id: request_id(request.headers()), method, started, uri, instance: AtomicU64::new(0) }
    }

    /// The path without its query, which may hold secrets.
    pub(crate) fn path(&self) -> &str {
        let path = self.uri.path();
        path.get(..LONGEST_PATH).unwrap_or(path)
    }

    /// Notes the instance that answers.
    pub(crate) fn taken_by(&self, instance: u64) {
        self.instance.store(instance, Ordering::Relaxed);
    }

    /// The number of the instance that answers; none while the request waits for one.
    pub(crate) fn instance(&self) -> Option<u64> {
        Some(self.instance.load(Ordering::Relaxed)).filter(|instance| *instance != 0)
    }
}

/// A request that was not answered to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRequest {
    /// Its id.
    pub id: RequestId,
    /// Its method.
    pub method: String,
    /// Its path, without the query, at most 256 characters.
    pub path: String,
    /// How long ago it came.
    pub age: Duration,
    /// The number of the instance that answers it; none while it waits for one.
    pub instance: Option<u64>,
}

/// The requests that a service answers now.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    next: AtomicU64,
    requests: Mutex<BTreeMap<u64, Arc<RequestInfo>>>,
}

impl InFlight {
    /// Adds a request and gives its key for [`InFlight::remove`].
    pub(crate) fn add(&self, request: Arc<RequestInfo>) -> u64 {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).insert(key, request);
        key
    }

    pub(crate) fn remove(&self, key: u64) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    pub(crate) fn len(&self) -> usize {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All of them, oldest first.
    pub(crate) fn list(&self, now: Instant) -> Vec<OpenRequest> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let open = |info: &Arc<RequestInfo>| OpenRequest {
            id: info.id.clone(),
            method: info.method.to_string(),
            path: info.path().to_owned(),
            age: now.saturating_duration_since(info.started),
            instance: info.instance(),
        };
        requests.values().map(open).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn an_id_is_taken_over_only_if_it_may_stand_in_a_log_line() {
        let id_of = |value: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
            request_id(&headers)
        };
        assert_eq!(&*id_of(b"abc-1.2:3_x"), "abc-1.2:3_x");
        for strange in [&b""[..], b"a b", b"a\"b", "\u{fc}".as_bytes(), &[b'a'; 129]] {
            assert_eq!(id_of(strange).len(), 36, "{strange:?}");
        }
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }
}
