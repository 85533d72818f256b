//! The interface of a split rule.

use crate::core::event::{Timestamp, Values};
use crate::core::rules::projected::ProjectedColumns;
use crate::core::rules::spec::FlagSpec;
use crate::core::session::OpenSession;
use chrono_tz::Tz;
use std::fmt::Debug;

/// A rule that ends sessions. It decides from the open session, its own state of that session, and the next event. So its
/// decisions do not depend on how events are cut into batches.
pub(in crate::core::rules) trait SplitRule: Sized {
    /// Its flag.
    const FLAG: FlagSpec;

    /// The word in the column `close_reason`.
    const CLOSE_REASON: &'static str;

    /// Its state in an open session.
    type State: Debug + Clone + Default + PartialEq + Eq;

    /// Compiles the rule from the canonical values of its flag, at least one.
    ///
    /// # Errors
    /// What is wrong with values that are not canonical.
    fn compile(values: &[&str], projection: &mut Projection<'_>) -> Result<Self, String>;

    /// The state of a session that begins at `start`.
    fn begin(&self, _start: Timestamp) -> Self::State {
        Self::State::default()
    }

    /// Whether `next`, which is within the gap, begins a new session.
    fn splits_before(&self, _session: &OpenSession, _state: &Self::State, _next: NextEvent<'_>) -> bool {
        false
    }

    /// Whether the event with these values is the last one of its session.
    fn splits_after(&self, _values: Values<'_>) -> bool {
        false
    }

    /// Updates the state with the values of an event of the session.
    fn update(&self, _state: &mut Self::State, _values: Values<'_>) {}

    /// The state for the checkpoint; empty if [`SplitRule::begin`] recreates it.
    fn stored(_state: &Self::State) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// The saved state of a session that began at `start`; `None` if `stored` is not valid.
    fn restore(&self, start: Timestamp, stored: Vec<Vec<u8>>) -> Option<Self::State> {
        stored.is_empty().then(|| self.begin(start))
    }
}

/// The event that may continue the session.
#[derive(Debug, Clone, Copy)]
pub(in crate::core::rules) struct NextEvent<'e> {
    pub(in crate::core::rules) time: Timestamp,
    pub(in crate::core::rules) values: Values<'e>,
}

/// Where a rule declares the values that it uses.
#[derive(Debug)]
pub(in crate::core::rules) struct Projection<'p> {
    /// The values that stay with each event.
    pub(in crate::core::rules) columns: &'p mut ProjectedColumns,
    /// The time zone of all sources; `None` if each source has its own.
    pub(in crate::core::rules) zone: Option<Tz>,
}
