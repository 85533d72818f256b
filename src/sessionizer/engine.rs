//! The sessionizer: events in, completed sessions out.

use super::definition::StreamDefinition;
use super::error::SessionizerError;
use super::saved::{PartitionBytes, Saved};
use crate::core::event::{Event, EventBuffer, MAX_KEY_BYTES, Timestamp, push_value, unpack};
use crate::core::partition::{KeyHash, PARTITIONS};
use crate::core::reducer::{PartitionReducer, SessionFold};
use crate::core::rules::{FilteredSessions, ProjectedColumn};
use crate::core::session::{OutOfOrder, SessionBatch};
use crate::core::watermark::{Advance, EventTime, Watermark};
use crate::state::rows;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// What [`Sessionizer::push`] did with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The event belongs to the batch.
    Accepted,
    /// The event is late: its time is before the watermark, or further back if completed sessions are correctable. It changes nothing.
    Late,
    /// The row filter excludes the event. It changes nothing.
    Filtered,
}

/// Turns events into sessions, batch after batch.
///
/// A batch consists of the events pushed between two calls that end one: [`Sessionizer::advance`], [`Sessionizer::advance_to`] or
/// [`Sessionizer::finish`]. The events of a batch may come in any order. As long as no event is late, the sessions do not depend on
/// how the events are cut into batches.
///
/// Memory: the open sessions, and for each event of the batch 16 bytes, its key and its values. A sessionizer uses no thread, file
/// or clock. To share the work, give each of several sessionizers its own keys.
#[derive(Debug)]
pub struct Sessionizer {
    definition: StreamDefinition,
    fold: SessionFold,
    watermark_delay_us: i64,
    reducers: Vec<PartitionReducer>,
    /// The events of the batch, for each partition.
    batch: Vec<EventBuffer>,
    /// The time of the latest one.
    latest: Option<Timestamp>,
    completed: SessionBatch,
    filtered: FilteredSessions,
    payload: Vec<u8>,
    columns_wanted: usize,
}

impl Sessionizer {
    pub(super) fn new(
        definition: StreamDefinition,
        watermark_delay_us: i64,
        event_time: EventTime,
    ) -> Result<Self, SessionizerError> {
        let rules = Arc::new(definition.rule_set()?);
        let wanted = rules.kept().iter().filter(|(column, _)| *column != ProjectedColumn::Row).count();
        let columns_wanted = wanted + definition.event_columns.len();
        let fold = SessionFold::new(definition.gap, rules, event_time);
        Ok(Self {
            reducers: (0..PARTITIONS).map(|_| fold.reducer()).collect(),
            batch: vec![EventBuffer::default(); PARTITIONS],
            latest: None,
            completed: SessionBatch::default(),
            filtered: FilteredSessions::default(),
            payload: Vec::new(),
            columns_wanted,
            definition,
            fold,
            watermark_delay_us,
        })
    }

    /// Returns the open state and the events of the batch as bytes, with a version and a checksum.
    /// [`super::SessionizerBuilder::load`] continues from them.
    ///
    /// Linear in the open state. Without rules, about 30 bytes for each key besides the key itself.
    pub fn save(&mut self) -> Vec<u8> {
        let Self { reducers, batch, .. } = self;
        let partitions = reducers.iter_mut().zip(batch).map(|(reducer, events)| PartitionBytes {
            open: rows::write(reducer),
            events: events.bytes().to_vec(),
        });
        let partitions = partitions.collect();
        let event_time = self.fold.event_time().with(self.latest);
        Saved { definition: self.definition.words(), event_time, partitions }.to_bytes()
    }

    pub(super) fn restore(&mut self, partitions: &[PartitionBytes]) -> Result<(), SessionizerError> {
        let places = self.reducers.iter_mut().zip(&mut self.batch);
        for ((reducer, batch), PartitionBytes { open, events }) in places.zip(partitions) {
            rows::read(open, reducer).map_err(SessionizerError::Damaged)?;
            let mut rest = &events[..];
            while let Some((event, behind)) = unpack(rest) {
                batch.push(event);
                rest = behind;
            }
            if !rest.is_empty() {
                return Err(SessionizerError::Damaged("an event of the batch is truncated".to_owned()));
            }
        }
        Ok(())
    }

    /// Returns the columns whose values [`Sessionizer::push`] takes, in this order: first the columns of the rules, then those of
    /// emitted events.
    pub fn columns(&self) -> Vec<ProjectedColumn> {
        let wanted = self.fold.rules().kept().iter().map(|(column, _)| column.clone());
        let event_columns = self.definition.event_columns.iter().cloned().map(ProjectedColumn::Column);
        wanted.filter(|column| *column != ProjectedColumn::Row).chain(event_columns).collect()
    }

    /// Adds an event to the batch. `values` has one value for each of [`Sessionizer::columns`]; an empty value is a missing one. The
    /// rule `null` applies to values, not to the key.
    ///
    /// Costs one copy of the key and the values.
    ///
    /// # Errors
    /// [`SessionizerError::Rejected`] if the key is empty or longer than 32,767 bytes, the time is the last microsecond of the
    /// calendar, a value is not what its rule needs, or the number of values is wrong. A rejected event changes nothing.
    pub fn push(
        &mut self,
        key: &[u8],
        time: Timestamp,
        values: &[&[u8]],
    ) -> Result<Pushed, SessionizerError> {
        if values.len() != self.columns_wanted {
            return Err(WRONG_COUNT);
        }
        if !self.selects(values) {
            return Ok(Pushed::Filtered);
        }
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(SessionizerError::Rejected("a key has from 1 to 32,767 bytes"));
        }
        if time > Timestamp::LAST_EVENT {
            return Err(SessionizerError::Rejected(
                "no event may have the last microsecond of the year 9999 as its time",
            ));
        }
        self.pack(values)?;
        if self.fold.event_time().is_late(time) {
            return Ok(Pushed::Late);
        }
        let hash = KeyHash::of(key);
        let event = Event { key, table_hash: hash.table(), time, payload: &self.payload };
        self.batch[hash.partition().index()].push(event);
        self.latest = self.latest.max(Some(time));
        Ok(Pushed::Accepted)
    }

    /// Ends the batch, and moves the watermark to the latest event minus the watermark delay. Returns the sessions that are now
    /// complete. They are grouped by partition (256, by a hash of the key) and follow each other as the fold completes them.
    ///
    /// Sorts the batch: O(n log n) in its events, plus one visit of each open session.
    ///
    /// # Errors
    /// [`SessionizerError::Damaged`] if the loaded state contradicts itself.
    pub fn advance(&mut self) -> Result<&SessionBatch, SessionizerError> {
        self.end(Advance::Delay(self.watermark_delay_us))
    }

    /// Ends the batch, and moves the watermark to `watermark`: the data is complete up to this time. The watermark never moves back.
    ///
    /// # Errors
    /// As [`Sessionizer::advance`].
    pub fn advance_to(&mut self, watermark: Timestamp) -> Result<&SessionBatch, SessionizerError> {
        self.end(Advance::Stated(watermark))
    }

    /// Ends the batch, and closes every session. The watermark moves to one microsecond after the latest event; the sessionizer can
    /// continue from there.
    ///
    /// # Errors
    /// As [`Sessionizer::advance`].
    pub fn finish(&mut self) -> Result<&SessionBatch, SessionizerError> {
        self.end(Advance::Finalize)
    }

    /// Returns the watermark. Events before it are late, unless completed sessions are correctable.
    pub const fn watermark(&self) -> Watermark {
        self.fold.event_time().watermark
    }

    /// Returns how many events of ended batches were dropped as duplicates. Starts at 0 after a load.
    pub fn duplicates(&self) -> u64 {
        self.reducers.iter().map(PartitionReducer::duplicates).sum()
    }

    /// Returns how many sessions of ended batches the session filter excluded. Starts at 0 after a load.
    pub const fn filtered(&self) -> FilteredSessions {
        self.filtered
    }

    /// Appends every open session to `open`, as it would be if no further event came. The events of the current batch are not
    /// included.
    pub fn open_sessions(&mut self, open: &mut SessionBatch) {
        let watermark = self.watermark();
        for reducer in &mut self.reducers {
            reducer.show_open(watermark, open);
        }
    }

    fn end(&mut self, advance: Advance) -> Result<&SessionBatch, SessionizerError> {
        let end = self.fold.batch_end(advance, self.latest.take());
        let Self { fold, reducers, batch, completed, filtered, .. } = self;
        completed.clear();
        for (reducer, events) in reducers.iter_mut().zip(batch) {
            reducer.fold(&events.sorted_by_time(), end, completed).map_err(|OutOfOrder| {
                SessionizerError::Damaged("an open session is after the watermark".to_owned())
            })?;
            events.clear();
        }
        *filtered += fold.rules().select_sessions(completed);
        fold.begin_next(end);
        Ok(&self.completed)
    }

    /// How many values of [`Sessionizer::columns`] the rules keep, besides those of emitted events.
    fn payload_values(&self) -> usize {
        self.fold.rules().kept().payload_len() - usize::from(self.fold.rules().emit().events)
    }

    /// Whether the row filter selects the event with these values.
    fn selects(&self, values: &[&[u8]]) -> bool {
        let selection = self.fold.rules().selection();
        // The row of an emitted event is the last part of the payload, and its values are the last ones.
        let behind = self.fold.rules().kept().payload_len();
        let value = |place: usize| {
            values[if place < behind { place } else { place - behind + self.payload_values() }]
        };
        selection.selects(|place| selection.present(value(place)))
    }

    fn pack(&mut self, values: &[&[u8]]) -> Result<(), SessionizerError> {
        const TOO_LONG: SessionizerError =
            SessionizerError::Rejected("its values have more than 65,535 bytes");
        self.payload.clear();
        let kept = self.fold.rules().kept();
        let of_row = &values[values.len() - self.definition.event_columns.len()..];
        let mut rest = values.iter().copied();
        for (column, demand) in kept.iter().take(kept.payload_len()) {
            let fits = if *column == ProjectedColumn::Row {
                let mut row = Vec::new();
                of_row.iter().all(|value| push_value(&mut row, value)) && push_value(&mut self.payload, &row)
            } else if *column == ProjectedColumn::RowDigest {
                let row = rest.next().ok_or(WRONG_COUNT)?;
                push_value(&mut self.payload, &xxh3_128(row).to_le_bytes())
            } else {
                let value = self.fold.rules().selection().present(rest.next().ok_or(WRONG_COUNT)?);
                demand.check(value).map_err(|unmet| SessionizerError::Rejected(unmet.words()))?;
                push_value(&mut self.payload, value)
            };
            if !fits {
                return Err(TOO_LONG);
            }
        }
        Ok(())
    }
}

const WRONG_COUNT: SessionizerError = SessionizerError::Rejected("push takes one value for each column");
