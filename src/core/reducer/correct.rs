//! The fold of one partition where completed sessions stay correctable.
//!
//! Events wait until nothing can come before them any more. A session is completed earlier all the same: it is what the
//! [`View`] of its key shows as complete. A batch compares the views before and after it; a session that has changed is
//! retracted and inserted anew.

use super::close::{BatchEnd, Close};
use super::counts::OpenCounts;
use super::fold::Fold;
use super::rules::RuleReducer;
use super::view::{View, ViewAt};
use crate::core::event::Event;
use crate::core::rules::RuleSet;
use crate::core::session::{CompletedSession, Op, OutOfOrder, SessionBatch};
use crate::core::watermark::Watermark;
use std::sync::Arc;

/// Folds the events of a partition as [`RuleReducer`] does, and corrects completed sessions.
///
/// Memory: two views of the partition beside its state.
#[derive(Debug)]
pub struct CorrectingReducer {
    pub(super) reducer: RuleReducer,
    /// Where the watermark stood at the end of the batch before.
    watermark: Watermark,
    /// What every key came to then, once an event has come since.
    before: Option<Vec<View>>,
    open: OpenCounts,
}

impl CorrectingReducer {
    pub(super) fn new(rules: Arc<RuleSet>, watermark: Watermark) -> Self {
        Self { reducer: RuleReducer::new(rules), watermark, before: None, open: OpenCounts::default() }
    }

    /// The reducer that keeps the state, in which completed sessions that may still change are open ones or events that wait.
    pub fn state(&mut self) -> &mut RuleReducer {
        &mut self.reducer
    }

    /// What the last [`super::PartitionReducer::finish`] has left open.
    pub const fn open(&self) -> OpenCounts {
        self.open
    }

    /// Takes an event in. It waits: nothing is folded before the batch is whole.
    pub(super) fn take(&mut self, event: Event<'_>) -> Result<(), OutOfOrder> {
        self.view_before();
        self.reducer.take(event, Watermark::BEGINNING, &mut |_| ())
    }

    pub(super) fn finish(&mut self, end: BatchEnd, completed: &mut SessionBatch) -> Result<(), OutOfOrder> {
        self.view_before();
        let at = match end.close {
            Close::Passed(watermark) => ViewAt::Watermark(watermark),
            Close::All => ViewAt::End(self.watermark),
        };
        let before = self.before.take().unwrap_or_default();
        let after = self.reducer.views(at);
        self.emit_changes(&before, &after, completed);
        let settled = self.settle(end)?;
        self.open = self.count_open(&after, settled);
        self.watermark = end.event_time.watermark;
        Ok(())
    }

    fn view_before(&mut self) {
        if self.before.is_none() {
            self.before = Some(self.reducer.views(ViewAt::Watermark(self.watermark)));
        }
    }

    /// Of each key what is no more, then what is new.
    fn emit_changes(&self, before: &[View], after: &[View], completed: &mut SessionBatch) {
        let nothing = View::default();
        for (number, key) in self.reducer.keys().enumerate() {
            let [old, new] = [before, after].map(|views| views.get(number).unwrap_or(&nothing));
            for gone in old.complete.iter().filter(|session| !new.complete.contains(session)) {
                completed.push(Op::Retract, &gone.session(key));
            }
            for come in new.complete.iter().filter(|session| !old.complete.contains(session)) {
                completed.push(Op::Insert, &come.session(key));
            }
        }
    }

    /// Folds for good what no event can come before any more. Its sessions are completed already; returns their events.
    fn settle(&mut self, end: BatchEnd) -> Result<u64, OutOfOrder> {
        let close = match end.close {
            Close::Passed(_) => Close::Passed(end.event_time.accepts_from),
            Close::All => Close::All,
        };
        let mut events = 0;
        let mut settled = |session: CompletedSession<'_>| events += session.events;
        self.reducer.advance(close.horizon(), &mut settled)?;
        self.reducer.close(close, &mut settled);
        Ok(events)
    }

    /// What the views have left open. The state holds besides it the completed sessions that are not settled.
    fn count_open(&mut self, after: &[View], settled: u64) -> OpenCounts {
        let (mut keys, mut events) = (0, 0);
        self.reducer.open_state(|of_key| {
            keys += 1;
            events += of_key.events();
        });
        let completed: u64 = after.iter().map(View::events_complete).sum();
        let open = || after.iter().filter_map(|view| view.left.open.as_ref());
        OpenCounts {
            keys,
            sessions: open().count() as u64,
            events: events + settled - completed,
            oldest_start: open().map(|session| session.open.start).min(),
        }
    }
}
