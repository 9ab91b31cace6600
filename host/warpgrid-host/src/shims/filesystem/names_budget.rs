//! How many names of folders one instance makes the host hold, over all its open listings; reads no folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many listings of the largest folder may be open at the same time, or more of smaller ones.
const FULL_LISTINGS: usize = 4;

/// What the listings of one instance share.
#[derive(Debug)]
pub(super) struct NamesBudget {
    held: Arc<AtomicUsize>,
    most: usize,
}

impl NamesBudget {
    /// `listed_names` is the limit of one listing.
    pub(super) fn new(listed_names: usize) -> Self {
        Self { held: Arc::default(), most: listed_names.saturating_mul(FULL_LISTINGS) }
    }

    /// For a listing that begins: it holds nothing yet.
    pub(super) fn begin(&self) -> HeldNames {
        HeldNames { all: self.held.clone(), most: self.most, own: 0 }
    }
}

/// The names that one listing holds. They are given back when the value is dropped.
#[derive(Debug)]
pub(super) struct HeldNames {
    all: Arc<AtomicUsize>,
    most: usize,
    own: usize,
}

impl HeldNames {
    /// Holds `count` names more. If that is too many, nothing changes and the answer is false.
    #[must_use]
    pub(super) fn add(&mut self, count: usize) -> bool {
        let more = |all: usize| all.checked_add(count).filter(|all| *all <= self.most);
        let added = self.all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if added {
            self.own += count;
        }
        added
    }
}

impl Drop for HeldNames {
    fn drop(&mut self) {
        self.all.fetch_sub(self.own, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_share_a_budget_and_give_back_what_they_held() {
        let budget = NamesBudget::new(5);
        let (mut one, mut other) = (budget.begin(), budget.begin());
        assert!(one.add(15) && other.add(5));
        assert!(!other.add(1) && !one.add(usize::MAX));
        drop(one);
        assert!(other.add(15) && !other.add(1));
        drop(other);
        assert_eq!(budget.held.load(Ordering::Relaxed), 0);
    }
}
