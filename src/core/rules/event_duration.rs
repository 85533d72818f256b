//! `--duration`: events with a duration. An event at `t` covers the time up to `t + d`.

use super::demand::DurationForm;
use super::duration::event_duration_us;
use super::projected::{ProjectedColumn, ProjectedColumns};
use super::spec::{FlagSpec, column};
use crate::core::event::{Timestamp, Values};

/// `--duration`: the column with the duration of each event.
pub(super) const DURATION: FlagSpec = FlagSpec {
    name: "duration",
    value: "COL",
    help: "Column with the duration of each event, in seconds or such as 1m30s: the gap counts from the end of what is covered",
    repeats: false,
    canonical: column,
};

/// The place of the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventDuration {
    place: usize,
}

impl EventDuration {
    pub(super) fn compile(column: &str, kept: &mut ProjectedColumns) -> Self {
        let place = kept.demand(ProjectedColumn::column(column), |demand| {
            demand.duration = demand.duration.max(Some(DurationForm::OfEvent));
        });
        Self { place }
    }

    /// The end of the event at `time`; an event without a duration is an instant.
    pub(super) fn end(self, time: Timestamp, values: Values<'_>) -> Timestamp {
        time.saturating_add_us(event_duration_us(values.get(self.place)).unwrap_or(0))
    }
}
