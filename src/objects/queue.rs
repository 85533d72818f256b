//! What is to be fetched next: what a reader waits for, then what shows what objects are, then the rest in order.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How much a part is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// A reader waits for it.
    Wanted,
    /// It shows what the object is.
    Beginning,
    /// It will be read later.
    Rest,
}

/// Jobs in order: the most urgent ones first, and of those the one that came first.
#[derive(Debug)]
pub(super) struct Queue<J> {
    waiting: Mutex<Waiting<J>>,
    arrived: Notify,
}

#[derive(Debug)]
struct Waiting<J> {
    jobs: BTreeMap<(Urgency, u64), J>,
    /// How many have come so far.
    count: u64,
}

impl<J> Queue<J> {
    pub(super) fn new() -> Self {
        let waiting = Waiting { jobs: BTreeMap::new(), count: 0 };
        Self { waiting: Mutex::new(waiting), arrived: Notify::new() }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<J>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job.
    pub(super) fn push(&self, urgency: Urgency, job: J) {
        let mut waiting = self.waiting();
        let number = waiting.count;
        waiting.count += 1;
        waiting.jobs.insert((urgency, number), job);
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Takes the next job, as soon as there is one.
    pub(super) async fn next(&self) -> J {
        loop {
            let first = self.waiting().jobs.pop_first();
            match first {
                Some((_, job)) => return job,
                None => self.arrived.notified().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_waits_for_comes_first_and_the_rest_in_order() {
        let queue = Queue::new();
        let jobs = [
            (Urgency::Rest, "rest 1"),
            (Urgency::Beginning, "beginning 1"),
            (Urgency::Rest, "rest 2"),
            (Urgency::Wanted, "wanted"),
            (Urgency::Beginning, "beginning 2"),
        ];
        for (urgency, job) in jobs {
            queue.push(urgency, job);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let order: Vec<&str> = jobs.iter().map(|_| runtime.block_on(queue.next())).collect();
        assert_eq!(order, ["wanted", "beginning 1", "beginning 2", "rest 1", "rest 2"]);
    }
}
