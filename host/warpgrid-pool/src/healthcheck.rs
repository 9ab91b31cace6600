//! Asking idle sessions whether they live; knows no guest.

use crate::cleanup::Busy;
use tokio::time::timeout;

/// Asks one session, within the time that a reset may take.
pub(crate) async fn check(mut busy: Busy) {
    let Some((inner, session)) = busy.parts() else { return };
    let inner = inner.clone();
    let checked = tokio::select! {
        biased;
        () = inner.closing.cancelled() => Err("the pool is drained"),
        checked = timeout(inner.endpoint.options.reset, inner.wire.ping(&mut session.stream)) => match checked {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("it did not answer as a living session does"),
            Err(_) => Err("it did not answer"),
        },
    };
    busy.finish(checked);
}
