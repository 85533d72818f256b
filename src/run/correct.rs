//! One partition where completed sessions stay correctable.
//!
//! Events wait until nothing can come before them any more; sessions are told earlier, from a view of each key
//! ([`crate::core::reducer::View`]). What a run writes is the difference between the views before and after it.

use super::finish::{Close, Finish, PartitionOutput};
use super::fold::RunContext;
use super::output_writer::OutputBatch;
use super::rounds::Stop;
use super::sorted::SortedEvents;
use crate::core::reducer::{Fold, RuleReducer, View, ViewAt};
use crate::core::session::CompletedSession;
use crate::core::watermark::Watermark;
use std::cell::RefCell;

/// Folds the events of a partition, whose open state is in `reducer`, and emits what changes.
///
/// Memory: two views of the partition beside its state.
pub(super) fn correct(
    mut reducer: RuleReducer,
    run_context: RunContext<'_>,
    finish: Finish,
    events: SortedEvents<'_>,
    batch: OutputBatch,
) -> Result<PartitionOutput, Stop> {
    let before = reducer.views(ViewAt::Watermark(run_context.before()));
    // Nothing is folded before all is there: every event waits.
    events.for_each(|event| Ok(reducer.take(event, Watermark::BEGINNING, &mut |_| ())?))?;
    let after = reducer.views(finish.view_at(run_context.before()));
    let batch = emit_changes(&reducer, &before, &after, finish, batch);
    let settled = settle(&mut reducer, finish, run_context.accepts_from_after(finish.watermark))?;
    let mut end = finish.leave(&mut reducer, batch);
    count_views(&mut end, &after, settled);
    Ok(end)
}

impl Finish {
    fn view_at(self, before: Watermark) -> ViewAt {
        match self.close {
            Close::Passed(watermark) => ViewAt::Watermark(watermark),
            Close::All => ViewAt::End(before),
        }
    }
}

fn emit_changes(
    reducer: &RuleReducer,
    before: &[View],
    after: &[View],
    finish: Finish,
    batch: OutputBatch,
) -> OutputBatch {
    let batch = RefCell::new(batch);
    reducer.changes(
        before,
        after,
        |gone| batch.borrow_mut().retract(&gone, finish.style),
        |come| batch.borrow_mut().push(&come, finish.style),
    );
    batch.into_inner()
}

/// Folds for good what no event can come before any more. Its sessions are told already; returns their events.
fn settle(reducer: &mut RuleReducer, finish: Finish, accepts_from: Watermark) -> Result<u64, Stop> {
    let mut events = 0;
    let mut settled = |session: CompletedSession<'_>| events += session.events;
    let close = match finish.close {
        Close::Passed(_) => Close::Passed(accepts_from),
        Close::All => Close::All,
    };
    reducer.advance(close.horizon(), &mut settled)?;
    close.close(reducer, &mut settled);
    Ok(events)
}

/// The state holds sessions that are told already. What is open is what the views have left.
fn count_views(end: &mut PartitionOutput, after: &[View], settled: u64) {
    let told: u64 = after.iter().map(View::events_complete).sum();
    let open = || after.iter().filter_map(|view| view.left.open.as_ref());
    end.state.events -= told - settled;
    end.state.sessions = open().count() as u64;
    end.state.oldest_start = open().map(|session| session.open.start).min();
}
