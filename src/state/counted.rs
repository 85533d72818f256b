//! What of a stored row counts as open. Where completed sessions stay correctable the rows hold such sessions too, and
//! they count as complete.

use super::ruled::restored;
use crate::core::event::Timestamp;
use crate::core::reducer::{RuleReducer, View, ViewAt};
use crate::core::rules::RuleSet;
use crate::core::watermark::Watermark;
use crate::ledger::Head;
use crate::migrations::checkpoint::ExportedState;
use std::sync::Arc;

/// What is open of one row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Whether a session is open.
    pub(super) sessions: u64,
    /// Events in it and in the tail.
    pub(super) events: u64,
    /// When it has begun.
    pub(super) start: Option<Timestamp>,
}

/// Counts the rows of one state.
#[derive(Debug)]
pub(super) struct Counting {
    /// The rules and the watermark, where completed sessions are held.
    retaining: Option<(Arc<RuleSet>, Watermark)>,
}

impl Counting {
    /// For the state that `head` describes.
    pub(super) fn of(head: &Head) -> Self {
        let rules = head.definition.rule_set().ok().filter(|rules| rules.allowed_lateness_us().is_some());
        Self { retaining: rules.map(|rules| (Arc::new(rules), head.watermark)) }
    }

    /// What is open of `row`. Costs a fold of its tail where completed sessions are held.
    pub(super) fn count(&self, row: &ExportedState) -> Counted {
        self.retained(row).unwrap_or_else(|| {
            let open = row.session();
            counted(open.map(|open| open.start_us), row.events())
        })
    }

    fn retained(&self, row: &ExportedState) -> Option<Counted> {
        let (rules, watermark) = self.retaining.as_ref()?;
        let (state, tail) = restored(row.ruled.clone()?, rules).ok()?;
        let mut reducer = RuleReducer::new(Arc::clone(rules));
        reducer.restore(&row.key, state, tail.into_iter());
        let views = reducer.views(ViewAt::Watermark(*watermark));
        let complete: u64 = views.iter().map(View::events_complete).sum();
        let open = views.iter().find_map(|view| view.left.open.as_ref());
        Some(counted(open.map(|session| session.open.start.us()), row.events().saturating_sub(complete)))
    }
}

fn counted(start_us: Option<i64>, events: u64) -> Counted {
    Counted { sessions: u64::from(start_us.is_some()), events, start: start_us.and_then(Timestamp::from_us) }
}
