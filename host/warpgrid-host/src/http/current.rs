//! Which requests an instance answers now, for log lines and hop counts; answers none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A request's id as it stands in log lines and in `x-request-id`.
pub type RequestId = Arc<str>;

/// The requests that one instance answers now.
#[derive(Debug, Default)]
pub struct CurrentRequests(Mutex<Vec<Current>>);

#[derive(Debug)]
struct Current {
    id: RequestId,
    hops: u32,
}

impl CurrentRequests {
    /// Notes a request until the guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>, id: RequestId, hops: u32) -> CurrentRequest {
        self.lock().push(Current { id: id.clone(), hops });
        CurrentRequest { all: self.clone(), id }
    }

    /// The request that the instance answers, when it is exactly one: with several at the same time nobody
    /// can tell for which of them the guest writes a line.
    pub fn only(&self) -> Option<RequestId> {
        match self.lock().as_slice() {
            [only] => Some(only.id.clone()),
            _ => None,
        }
    }

    /// The most services that a request has passed through which the instance answers now, this service
    /// included; 0 when it answers none.
    pub fn hops(&self) -> u32 {
        self.lock().iter().map(|current| current.hops).max().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Current>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request is answered as long as this exists.
pub(crate) struct CurrentRequest {
    all: Arc<CurrentRequests>,
    id: RequestId,
}

impl Drop for CurrentRequest {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Some(at) = all.iter().position(|current| Arc::ptr_eq(&current.id, &self.id)) {
            all.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_request_only_if_there_is_no_doubt() {
        let all = Arc::new(CurrentRequests::default());
        assert_eq!((all.only(), all.hops()), (None, 0));
        let first = all.enter("a".into(), 1);
        assert_eq!(all.only().as_deref(), Some("a"));
        let second = all.enter("b".into(), 3);
        assert_eq!((all.only(), all.hops()), (None, 3));
        drop(first);
        assert_eq!(all.only().as_deref(), Some("b"));
        drop(second);
        assert_eq!((all.only(), all.hops()), (None, 0));
    }
}
