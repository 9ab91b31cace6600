//! One question for all who ask the same at the same time; knows no name service and no cache.
//!
//! ```text
//! asked → under way already? → wait for its result
//!       → room for a question? wait for it → asked meanwhile? answered meanwhile?
//!       → start a task of its own → everybody who waits gets a copy of its result
//! ```
//! The task belongs to nobody who waits, so that one who gives up takes nothing from the others. How many
//! tasks there are is bounded, whoever gave up: a question that the system takes long for keeps its room.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, watch};
use warpgrid_grants::names::HostName;

type Waiting<T> = watch::Receiver<Option<T>>;

/// The task of a question ended without a result: it panicked, or its runtime was shut down.
#[derive(Debug, thiserror::Error)]
#[error("the question was cut short")]
pub(super) struct CutShort;

/// The questions that are under way.
pub(super) struct Flights<T> {
    under_way: Mutex<HashMap<HostName, Waiting<T>>>,
    room: Arc<Semaphore>,
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// No question is under way, and at most `room` ever are.
    pub(super) fn new(room: usize) -> Arc<Self> {
        let room = Arc::new(Semaphore::new(room));
        Arc::new(Self { under_way: Mutex::default(), room })
    }

    /// The result of the question for a name. `known` is asked once more before a question starts, since one
    /// may have ended just now.
    pub(super) async fn join<F>(
        self: &Arc<Self>,
        name: &HostName,
        known: impl FnOnce() -> Option<T>,
        question: impl FnOnce() -> F,
    ) -> Result<T, CutShort>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let waiting = self.lock().get(name).cloned();
        if let Some(waiting) = waiting {
            return result(waiting).await;
        }
        let Ok(room) = self.room.clone().acquire_owned().await else { return Err(CutShort) };
        let (waiting, landing) = {
            let mut under_way = self.lock();
            match under_way.get(name) {
                Some(waiting) => (waiting.clone(), None),
                None => {
                    if let Some(known) = known() {
                        return Ok(known);
                    }
                    let (sender, waiting) = watch::channel(None);
                    under_way.insert(name.clone(), waiting.clone());
                    (waiting, Some(Landing { flights: self.clone(), name: name.clone(), sender }))
                }
            }
        };
        if let Some(landing) = landing {
            let question = question();
            tokio::spawn(async move {
                let _room = room;
                let result = question.await;
                landing.land(result);
            });
        } else {
            drop(room);
        }
        result(waiting).await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<HostName, Waiting<T>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn result<T: Clone>(mut waiting: Waiting<T>) -> Result<T, CutShort> {
    let result = waiting.wait_for(Option::is_some).await.map_err(|_| CutShort)?;
    result.clone().ok_or(CutShort)
}

/// Takes the question off the list, also when its task ends early.
struct Landing<T: Clone + Send + Sync + 'static> {
    flights: Arc<Flights<T>>,
    name: HostName,
    sender: watch::Sender<Option<T>>,
}

impl<T: Clone + Send + Sync + 'static> Landing<T> {
    fn land(self, result: T) {
        self.flights.lock().remove(&self.name);
        self.sender.send_replace(Some(result));
    }
}

impl<T: Clone + Send + Sync + 'static> Drop for Landing<T> {
    fn drop(&mut self) {
        // After a landing another question for the same name may be on the list already.
        let mut under_way = self.flights.lock();
        if under_way.get(&self.name).is_some_and(|waiting| waiting.same_channel(&self.sender.subscribe())) {
            under_way.remove(&self.name);
        }
    }
}
