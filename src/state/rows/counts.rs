//! The counts of open state in stored rows. If completed sessions are correctable, the rows also hold such sessions, which
//! count as complete.

use super::key::restored;
use crate::core::event::Timestamp;
use crate::core::partition::KeyHash;
use crate::core::reducer::{OpenCounts, RuleReducer, View, ViewAt};
use crate::core::rules::RuleSet;
use crate::core::watermark::Watermark;
use crate::ledger::Head;
use crate::migrations::checkpoint::OpenRow;
use std::sync::Arc;

/// How `found` differs from the counts of `head`, as text.
pub(in crate::state) fn against_head(found: OpenCounts, head: &Head) -> Option<String> {
    let expected = OpenCounts {
        keys: head.keys_open,
        sessions: head.sessions_open,
        events: head.events_open,
        oldest_start: head.oldest_open_start,
    };
    (found != expected).then(|| {
        format!(
            "the open state after run {} has {} keys, {} sessions and {} events; its head says {}, {} and {}",
            head.run.number(),
            found.keys,
            found.sessions,
            found.events,
            expected.keys,
            expected.sessions,
            expected.events
        )
    })
}

/// Counts the rows of a state.
#[derive(Debug)]
pub(in crate::state) struct Counting {
    /// The rules and the watermark, if completed sessions are kept.
    retaining: Option<(Arc<RuleSet>, Watermark)>,
}

impl Counting {
    /// For the state that `head` describes.
    pub(in crate::state) fn of(head: &Head) -> Self {
        let rules = head.definition.rule_set().ok().filter(|rules| rules.allowed_lateness_us().is_some());
        Self { retaining: rules.map(|rules| (Arc::new(rules), head.watermark)) }
    }

    /// The counts of `row`. A row that continues the buffered events of the row before adds no key. Costs a fold of the
    /// buffered events if completed sessions are kept.
    pub(in crate::state) fn count(&self, row: &OpenRow<'_>, goes_on: bool) -> OpenCounts {
        let counts = self.retained(row).unwrap_or_else(|| {
            let start = row.session().and_then(|open| Timestamp::from_us(open.start_us));
            OpenCounts {
                sessions: u64::from(row.session().is_some()),
                ..OpenCounts::of_key(start, row.events())
            }
        });
        OpenCounts { keys: u64::from(!goes_on), ..counts }
    }

    fn retained(&self, row: &OpenRow<'_>) -> Option<OpenCounts> {
        let (rules, watermark) = self.retaining.as_ref()?;
        let (state, tail) = restored(*row.ruled.clone()?, rules).ok()?;
        let mut reducer = RuleReducer::new(Arc::clone(rules));
        reducer.restore(&row.key, KeyHash::of(&row.key).table(), state, tail.into_iter());
        let views = reducer.views(ViewAt::Watermark(*watermark));
        let complete: u64 = views.iter().map(View::events_complete).sum();
        let open = views.iter().find_map(|view| view.left.open.as_ref());
        let start = open.map(|session| session.open.start);
        Some(OpenCounts::of_key(start, row.events().saturating_sub(complete)))
    }
}
