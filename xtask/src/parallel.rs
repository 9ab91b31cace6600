//! Runs a list of pieces of work on a bounded number of threads; knows not what they do.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// One thread a core, or 2 where the machine does not say how many it has.
#[must_use]
pub fn per_core() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// `work` on every item, at most `jobs` at a time; results in the order of the items.
pub fn in_parallel<T: Sync, R: Send>(jobs: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    let result = work(item);
                    *results[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                }
            });
        }
    });
    results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..50).collect();
        assert_eq!(in_parallel(7, &items, |item| item * 2), (0..100).step_by(2).collect::<Vec<_>>());
        assert!(in_parallel(4, &[] as &[u8], |item| *item).is_empty());
    }

    #[test]
    fn as_many_run_at_once_as_were_asked_for_and_no_more() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        // Two pieces wait for each other: with fewer than two threads this would never end.
        let both = std::sync::Barrier::new(2);
        in_parallel(2, &[(); 8], |()| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            both.wait();
            running.fetch_sub(1, Ordering::SeqCst);
        });
        assert_eq!(most.into_inner(), 2);
        assert_eq!(in_parallel(0, &[1], |item| item + 1), [2]);
    }

    #[test]
    fn the_first_failure_in_order_is_the_one_that_is_told() {
        let results = in_parallel(3, &[1, 2, 3, 4], |item| if item % 2 == 0 { Err(*item) } else { Ok(()) });
        assert_eq!(results.into_iter().collect::<Result<(), i32>>(), Err(2));
    }
}
