//! The two reducers: one for the gap alone, one for rules. Everything else is written once, for both.

use super::attempt::Job;
use super::collect::CollectedEvents;
use super::correct::correct;
use super::outbox::Emitted;
use super::partition_end::{Ending, PartitionEnd};
use super::rounds::Stop;
use crate::checkpoint::Stored;
use crate::reducer::{Reducer, RuledReducer};
use crate::session::Session;
use std::sync::Arc;

/// A reducer that a job can begin.
pub(super) trait Folding: Stored + Sized {
    /// With nothing open.
    fn begin(job: Job<'_>) -> Self;

    /// Folds all events of a partition and ends it.
    fn fold_collected(
        self,
        _job: Job<'_>,
        ending: Ending,
        events: CollectedEvents<'_>,
        place: Emitted,
    ) -> Result<PartitionEnd, Stop> {
        fold_in_order(self, ending, events, place)
    }
}

fn fold_in_order(
    mut reducer: impl Folding,
    ending: Ending,
    events: CollectedEvents<'_>,
    mut place: Emitted,
) -> Result<PartitionEnd, Stop> {
    let mut completed = |session: Session<'_>| place.push(&session, ending.style);
    let horizon = ending.close.horizon();
    events.for_each(|event| Ok(reducer.take(event, horizon, &mut completed)?))?;
    Ok(ending.end_partition(&mut reducer, place)?)
}

impl Folding for Reducer {
    fn begin(job: Job<'_>) -> Self {
        Self::new(job.definition.gap)
    }
}

impl Folding for RuledReducer {
    fn begin(job: Job<'_>) -> Self {
        Self::new(Arc::clone(job.rules))
    }

    fn fold_collected(
        self,
        job: Job<'_>,
        ending: Ending,
        events: CollectedEvents<'_>,
        place: Emitted,
    ) -> Result<PartitionEnd, Stop> {
        if job.rules.allowed_lateness_us().is_some() {
            correct(self, job, ending, events, place)
        } else {
            fold_in_order(self, ending, events, place)
        }
    }
}
