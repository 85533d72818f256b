//! The fold of one partition with correctable completed sessions.
//!
//! Events wait until no earlier event can come. A session is completed before that: when the [`View`] of its key shows it as
//! complete. A batch compares the views before and after it. A session that has changed is retracted and inserted again.

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

/// Folds the events of a partition like [`RuleReducer`], and corrects completed sessions.
///
/// Memory: two views of the partition besides its state.
#[derive(Debug)]
pub struct CorrectingReducer {
    pub(super) reducer: RuleReducer,
    /// The watermark at the end of the previous batch.
    watermark: Watermark,
    /// The views of all keys at that time, once an event has come since.
    before: Option<Vec<View>>,
    open: OpenCounts,
}

impl CorrectingReducer {
    pub(super) fn new(rules: Arc<RuleSet>, watermark: Watermark) -> Self {
        Self { reducer: RuleReducer::new(rules), watermark, before: None, open: OpenCounts::default() }
    }

    /// The reducer with the state. It keeps completed sessions that may still change as open sessions or waiting events.
    pub fn state(&mut self) -> &mut RuleReducer {
        &mut self.reducer
    }

    /// The counts of the open state after the last [`super::PartitionReducer::finish`].
    pub const fn open(&self) -> OpenCounts {
        self.open
    }

    /// Takes an event. It waits: nothing is folded before the batch is complete.
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

    /// For each key, emits the sessions that are gone, then the new ones.
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

    /// Folds everything before which no event can come any more. These sessions are already completed. Returns the number of
    /// their events.
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

    /// Counts what the views leave open. The state also holds completed sessions that may still change.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Timestamp;
    use crate::core::gap::Gap;
    use crate::core::partition::KeyHash;
    use crate::core::rules::RuleTexts;
    use crate::core::watermark::EventTime;

    #[test]
    fn what_is_open_is_counted_by_key_and_session() {
        let at = |us| Timestamp::from_us(us).unwrap();
        let gap = Gap::from_us(10);
        let texts = RuleTexts::collect([("allowed-lateness", "1s")]).unwrap();
        let rules = Arc::new(RuleSet::compile(&texts, gap, None).unwrap());
        let mut reducer = CorrectingReducer::new(rules, Watermark::BEGINNING);
        for (key, us) in [("a", 0), ("a", 5), ("a", 90), ("b", 95), ("c", 0)] {
            let (key, table_hash) = (key.as_bytes(), KeyHash::of(key.as_bytes()).table());
            reducer.take(Event { key, table_hash, time: at(us), payload: b"" }).unwrap();
        }
        let watermark = Watermark::at(at(95));
        let event_time = EventTime { watermark, accepts_from: Watermark::BEGINNING, latest: Some(at(95)) };
        let mut completed = SessionBatch::default();
        reducer.finish(BatchEnd { close: Close::Passed(watermark), event_time }, &mut completed).unwrap();
        assert_eq!(completed.len(), 2);
        // The completed sessions of `a` and `c` may still change, so their keys are kept.
        let open = OpenCounts { keys: 3, sessions: 2, events: 2, oldest_start: Some(at(90)) };
        assert_eq!(reducer.open(), open);
    }
}
