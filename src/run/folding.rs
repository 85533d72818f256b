//! The two reducers: one for the gap alone, one for rules. Everything else is written once, for both.

use super::correct::correct;
use super::finish::{Finish, PartitionOutput};
use super::fold::RunContext;
use super::output_writer::OutputBatch;
use super::rounds::Stop;
use super::sorted::SortedEvents;
use crate::core::reducer::{GapReducer, RuleReducer};
use crate::core::session::CompletedSession;
use crate::state::Stored;
use std::sync::Arc;

/// A reducer that a run can begin.
pub(super) trait Folding: Stored + Sized {
    /// With nothing open.
    fn begin(run_context: RunContext<'_>) -> Self;

    /// Folds all events of a partition and ends it.
    fn fold_sorted(
        self,
        _job: RunContext<'_>,
        finish: Finish,
        events: SortedEvents<'_>,
        batch: OutputBatch,
    ) -> Result<PartitionOutput, Stop> {
        fold_in_order(self, finish, events, batch)
    }
}

fn fold_in_order(
    mut reducer: impl Folding,
    finish: Finish,
    events: SortedEvents<'_>,
    mut batch: OutputBatch,
) -> Result<PartitionOutput, Stop> {
    let mut completed = |session: CompletedSession<'_>| batch.push(&session, finish.style);
    let horizon = finish.close.horizon();
    events.for_each(|event| Ok(reducer.take(event, horizon, &mut completed)?))?;
    Ok(finish.finish_partition(&mut reducer, batch)?)
}

impl Folding for GapReducer {
    fn begin(run_context: RunContext<'_>) -> Self {
        Self::new(run_context.definition.gap)
    }
}

impl Folding for RuleReducer {
    fn begin(run_context: RunContext<'_>) -> Self {
        Self::new(Arc::clone(run_context.rules))
    }

    fn fold_sorted(
        self,
        run_context: RunContext<'_>,
        finish: Finish,
        events: SortedEvents<'_>,
        batch: OutputBatch,
    ) -> Result<PartitionOutput, Stop> {
        if run_context.rules.allowed_lateness_us().is_some() {
            correct(self, run_context, finish, events, batch)
        } else {
            fold_in_order(self, finish, events, batch)
        }
    }
}
