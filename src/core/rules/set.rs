//! The rules of a checkpoint, compiled.

use super::accumulators::Accumulators;
use super::aggregate::{Aggregate, AggregateText};
use super::dedup::Dedup;
use super::duration::duration;
use super::event_duration::EventDuration;
use super::flag::{DEFAULT_BOUND, RuleFlag};
use super::gap_by::{GapByText, Gaps};
use super::having::{FilteredSessions, Having};
use super::order_by::OrderBy;
use super::projected::{ProjectedColumn, ProjectedColumns};
use super::selection::RowSelection;
use super::splits::{Projection, SplitState, Splits};
use super::texts::RuleTexts;
use crate::core::aggregates::{Bounds, Kind};
use crate::core::event::{Timestamp, Values};
use crate::core::gap::Gap;
use crate::core::session::{EventRows, SessionBatch};
use chrono_tz::Tz;
use std::cmp::Ordering;

/// What a run writes of a completed session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Emit {
    /// A row for the session.
    pub sessions: bool,
    /// A row for each of its events.
    pub events: bool,
}

/// The rules of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    pub(super) gaps: Gaps,
    pub(super) duration: Option<EventDuration>,
    order_by: Option<OrderBy>,
    pub(super) splits: Splits,
    pub(super) dedup: Option<Dedup>,
    pub(super) aggregates: Vec<Aggregate>,
    pub(super) bounds: Bounds,
    /// The place of the whole row among the kept values, if events are emitted.
    pub(super) row: Option<usize>,
    /// Whether an event within the gap of its session does nothing but extend it: no event is dropped, splits the session, lasts, has a
    /// gap of its own or waits for the others of its instant.
    only_extend: bool,
    selection: RowSelection,
    having: Option<Having>,
    names: Vec<String>,
    kept: ProjectedColumns,
    emit: Emit,
    allowed_lateness_us: Option<i64>,
}

impl RuleSet {
    /// Compiles the rules in `texts` with the default gap `usual`. `zone` is the time zone of midnight; `None` if each source
    /// has its own.
    ///
    /// # Errors
    /// Which rules exclude each other; any other error only for texts that are not canonical.
    pub fn compile(texts: &RuleTexts, usual: Gap, zone: Option<Tz>) -> Result<Self, String> {
        let mut kept = ProjectedColumns::default();
        let texts_of_aggregates =
            texts.values(RuleFlag::Aggregate).map(AggregateText::read).collect::<Result<Vec<_>, _>>()?;
        let aggregates =
            texts_of_aggregates.iter().map(|text| text.compile(&mut kept)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<String> = texts_of_aggregates.iter().map(AggregateText::name).collect();
        let having: Vec<&str> = texts.values(RuleFlag::Having).collect();
        let having =
            (!having.is_empty()).then(|| Having::compile(&having, &names, &aggregates)).transpose()?;
        let emit = emit_of(texts.value(RuleFlag::Emit));
        let allowed_lateness_us = texts.value(RuleFlag::AllowedLateness).map(duration_us).transpose()?;
        if emit.events && allowed_lateness_us.is_some() {
            return Err(
                "--emit events writes each event once, --allowed-lateness retracts sessions".to_owned()
            );
        }
        let splits = Splits::compile(
            |flag| texts.values(RuleFlag::Split(flag)).collect(),
            &mut Projection { columns: &mut kept, zone },
        )?;
        let gaps = gaps(texts, usual, &mut kept)?;
        let duration =
            texts.value(RuleFlag::Duration).map(|column| EventDuration::compile(column, &mut kept));
        let order_by = texts.value(RuleFlag::OrderBy).map(|columns| OrderBy::compile(columns, &mut kept));
        let dedup = texts.value(RuleFlag::Dedup).map(|text| Dedup::compile(text, &mut kept));
        let row = emit.events.then(|| kept.place_of(ProjectedColumn::Row));
        kept.end_payload();
        if texts.value(RuleFlag::HashKey).is_some() {
            kept.hide_key();
        }
        let only_extend = gaps.is_one()
            && duration.is_none()
            && dedup.is_none()
            && order_by.is_none()
            && splits == Splits::default();
        Ok(Self {
            only_extend,
            splits,
            gaps,
            duration,
            order_by,
            dedup,
            aggregates,
            bounds: Bounds {
                distinct: number(texts, RuleFlag::MaxDistinct)?.unwrap_or(DEFAULT_BOUND),
                list: number(texts, RuleFlag::MaxList)?.unwrap_or(DEFAULT_BOUND),
            },
            row,
            selection: RowSelection::compile(texts, &mut kept)?,
            having,
            names,
            kept,
            emit,
            allowed_lateness_us,
        })
    }

    /// Whether there is no rule but the gap. Then events need no payload, and sessions only start, end and count.
    pub fn is_plain(&self) -> bool {
        self.kept.payload_len() == 0
            && self.aggregates.is_empty()
            && self.splits == Splits::default()
            && self.allowed_lateness_us.is_none()
    }

    /// The parts of a row that the rules use.
    pub const fn kept(&self) -> &ProjectedColumns {
        &self.kept
    }

    /// The row filter.
    pub const fn selection(&self) -> &RowSelection {
        &self.selection
    }

    /// Keeps the completed sessions of `batch` that the session filter selects, and counts the others. Free without a filter.
    pub fn select_sessions(&self, batch: &mut SessionBatch) -> FilteredSessions {
        self.having.as_ref().map_or_else(FilteredSessions::default, |having| having.select(batch))
    }

    /// Sets the names of the key columns, which the session filter may use.
    ///
    /// # Errors
    /// The column that the filter uses and no session has.
    pub fn resolve_keys(&mut self, key_names: &[String]) -> Result<(), String> {
        match &mut self.having {
            Some(having) => having.resolve_keys(key_names, &self.names),
            None => Ok(()),
        }
    }

    /// The names of the aggregates' output columns, each with the type of its values.
    pub fn output_columns(&self) -> impl Iterator<Item = (&str, Kind)> {
        let kinds = self.aggregates.iter().map(|aggregate| aggregate.function.kind());
        self.names.iter().map(String::as_str).zip(kinds)
    }

    /// What is written of a completed session.
    pub const fn emit(&self) -> Emit {
        self.emit
    }

    /// How long completed sessions are correctable, in microseconds; `None` if they never change.
    pub const fn allowed_lateness_us(&self) -> Option<i64> {
        self.allowed_lateness_us
    }

    /// Whether an event within the gap of its session does nothing but extend it, whatever is aggregated or emitted of it.
    #[inline]
    pub const fn only_extend(&self) -> bool {
        self.only_extend
    }

    /// The bytes that an open session keeps of an event for the output of events; 0 if events are not emitted.
    #[inline]
    pub fn row_bytes(&self, payload: &[u8]) -> usize {
        self.row.map_or(0, |place| EventRows::bytes_of(Values::of(payload).get(place)))
    }

    /// Whether columns, and not the order of arrival, order the events of a key at one instant.
    #[inline]
    pub const fn orders_instants(&self) -> bool {
        self.order_by.is_some()
    }

    /// The order of two events of a key at one instant, by their payloads. Equal ones stay in the order of arrival.
    pub fn compare_at_one_instant(&self, one: &[u8], other: &[u8]) -> Ordering {
        let compare = |order: &OrderBy| order.compare(Values::of(one), Values::of(other));
        self.order_by.as_ref().map_or(Ordering::Equal, compare)
    }

    /// The end of the event at `time`.
    pub(super) fn end_of(&self, time: Timestamp, values: Values<'_>) -> Timestamp {
        self.duration.as_ref().map_or(time, |duration| duration.end(time, values))
    }

    /// The accumulators of no events.
    pub(super) fn empty_accumulators(&self) -> Accumulators {
        self.aggregates.iter().map(|aggregate| aggregate.function.accumulator()).collect()
    }

    /// The accumulators with these states.
    ///
    /// # Errors
    /// What is wrong with the states.
    pub fn restore_accumulators(&self, states: Vec<Vec<Vec<u8>>>) -> Result<Accumulators, String> {
        if states.len() != self.aggregates.len() {
            return Err(format!("there are {} states of {} aggregates", states.len(), self.aggregates.len()));
        }
        let restored = self.aggregates.iter().zip(states);
        restored.map(|(aggregate, state)| aggregate.function.restore(state)).collect()
    }

    /// The state of the split rules in a session that began at `start`.
    ///
    /// # Errors
    /// What is wrong with `states`.
    pub fn restore_splits(&self, start: Timestamp, states: Vec<Vec<Vec<u8>>>) -> Result<SplitState, String> {
        self.splits.restore(start, states)
    }
}

impl RuleTexts {
    /// The columns that these rules use, in the order in which [`RuleSet`] keeps them.
    pub fn columns(&self) -> Vec<String> {
        // Gap and zone do not influence which columns are kept.
        let set = RuleSet::compile(self, Gap::from_us(0), Some(chrono_tz::UTC));
        set.map_or_else(|_| Vec::new(), |set| set.kept().columns().map(str::to_owned).collect())
    }
}

fn gaps(texts: &RuleTexts, usual: Gap, kept: &mut ProjectedColumns) -> Result<Gaps, String> {
    let by = texts.value(RuleFlag::GapBy).map(GapByText::read).transpose()?;
    Ok(Gaps::compile(usual, by.as_ref(), texts.value(RuleFlag::GapColumn), kept))
}

fn number(texts: &RuleTexts, flag: RuleFlag) -> Result<Option<usize>, String> {
    let read = |text: &str| text.parse().map_err(|_| format!("{}: '{text}' is not a number", flag.name()));
    texts.value(flag).map(read).transpose()
}

fn duration_us(text: &str) -> Result<i64, String> {
    i64::try_from(duration(text)?.as_micros()).map_err(|_| format!("'{text}' is too long"))
}

fn emit_of(text: Option<&str>) -> Emit {
    match text {
        Some("events") => Emit { sessions: false, events: true },
        Some("both") => Emit { sessions: true, events: true },
        _ => Emit { sessions: true, events: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_rules_are_those_that_stay_with_an_event_and_those_of_the_row_filter() {
        let rules = [("agg", "first(page)"), ("dedup", "id"), ("where", "event=login")];
        let mut columns = RuleTexts::collect(rules).unwrap().columns();
        columns.sort_unstable();
        assert_eq!(columns, ["event", "id", "page"]);
        assert_eq!(RuleTexts::default().columns(), Vec::<String>::new());
    }
}
