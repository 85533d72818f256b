//! What a split rule is.

use crate::core::event::{Timestamp, Values};
use crate::core::rules::projected::ProjectedColumns;
use crate::core::rules::spec::FlagSpec;
use crate::core::session::OpenSession;
use chrono_tz::Tz;
use std::fmt::Debug;

/// A rule that ends sessions. It decides from the open session, from what it has kept of the session's events, and from the next
/// event, so its decisions do not depend on how events are cut into batches.
pub(in crate::core::rules) trait SplitRule: Sized {
    /// Its flag.
    const FLAG: FlagSpec;

    /// The word in the column `close_reason`.
    const CLOSE_REASON: &'static str;

    /// What it keeps of an open session.
    type State: Debug + Clone + Default + PartialEq + Eq;

    /// Reads the rule from the canonical values of its flag, at least one.
    ///
    /// # Errors
    /// In words, for values that are not canonical.
    fn compile(values: &[&str], projection: &mut Projection<'_>) -> Result<Self, String>;

    /// What it keeps of a session that begins at `start`.
    fn begin(&self, _start: Timestamp) -> Self::State {
        Self::State::default()
    }

    /// Whether `next`, which keeps the gap, begins a new session.
    fn splits_before(&self, _session: &OpenSession, _state: &Self::State, _next: NextEvent<'_>) -> bool {
        false
    }

    /// Whether the event with these values is the last one of its session.
    fn splits_after(&self, _values: Values<'_>) -> bool {
        false
    }

    /// Takes in the values of an event of the session.
    fn update(&self, _state: &mut Self::State, _values: Values<'_>) {}

    /// What the checkpoint keeps of the state: nothing where [`SplitRule::begin`] makes it again.
    fn stored(_state: &Self::State) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// The state of a session that began at `start`; `None` if `stored` is no state of this rule.
    fn restore(&self, start: Timestamp, stored: Vec<Vec<u8>>) -> Option<Self::State> {
        stored.is_empty().then(|| self.begin(start))
    }
}

/// The event that may go on with the session.
#[derive(Debug, Clone, Copy)]
pub(in crate::core::rules) struct NextEvent<'e> {
    pub(in crate::core::rules) time: Timestamp,
    pub(in crate::core::rules) values: Values<'e>,
}

/// Where a rule asks for the values that it looks at.
#[derive(Debug)]
pub(in crate::core::rules) struct Projection<'p> {
    /// The values that travel with each event.
    pub(in crate::core::rules) columns: &'p mut ProjectedColumns,
    /// The time zone of all sources; `None` where each source has one.
    pub(in crate::core::rules) zone: Option<Tz>,
}
