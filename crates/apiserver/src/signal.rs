//! A counter that tasks wait for to move. They wake in the order they came, so that who acts first on one change does
//! not depend on chance, as it does with `tokio::sync::watch`. Carries no value: those who wake look for themselves.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// How often something happened.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    count: AtomicU64,
    moved: Notify,
}

impl Signal {
    /// How often so far. Take it before looking at what the signal is about, so that no change is missed.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// It happened once more: whoever waits wakes.
    pub(crate) fn raise(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
        self.moved.notify_waiters();
    }

    /// Comes when the count is no longer `seen`.
    pub(crate) async fn after(&self, seen: u64) {
        loop {
            // Made before the look: a rise between the two wakes it.
            let moved = self.moved.notified();
            if self.count() != seen {
                return;
            }
            moved.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_wake_in_the_order_they_came() {
        let (signal, order) = (Arc::new(Signal::default()), Arc::new(Mutex::new(Vec::new())));
        let waiting: Vec<_> = (0..100)
            .map(|index| {
                let (signal, order) = (Arc::clone(&signal), Arc::clone(&order));
                tokio::spawn(async move {
                    signal.after(0).await;
                    order.lock().unwrap().push(index);
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        signal.raise();
        for task in waiting {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), (0..100).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn a_rise_that_came_before_the_wait_is_not_missed() {
        let signal = Signal::default();
        let seen = signal.count();
        signal.raise();
        signal.after(seen).await;
    }
}
