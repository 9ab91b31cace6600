//! Runs a function over a list on a bounded number of threads; knows no step.
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls `work` for every item on at most `jobs` threads; the first error in the order of the list wins.
///
/// # Errors
/// The error of the earliest item that failed; items not yet begun are left alone after a failure.
pub fn in_parallel<T: Sync>(
    jobs: usize,
    items: &[T],
    work: impl Fn(&T) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<(usize, anyhow::Error)>> = Mutex::new(None);
    let lock = || failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    if lock().is_some() {
                        return;
                    }
                    if let Err(error) = work(item) {
                        let mut failed = lock();
                        if failed.as_ref().is_none_or(|(earlier, _)| index < *earlier) {
                            *failed = Some((index, error));
                        }
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    failed.map_or(Ok(()), |(_, error)| Err(error))
}
