//! Events in, completed sessions out.

use super::definition::StreamDefinition;
use super::error::SessionizerError;
use super::saved::{PartitionBytes, Saved};
use crate::core::event::{Event, EventBuffer, MAX_KEY_BYTES, Timestamp, push_value, unpack};
use crate::core::partition::{KeyHash, PARTITIONS};
use crate::core::reducer::{BatchEnd, PartitionReducer};
use crate::core::rules::{FilteredSessions, ProjectedColumn, RuleSet};
use crate::core::session::SessionBatch;
use crate::core::watermark::{Advance, EventTime, Watermark};
use crate::state::rows;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It is part of the batch.
    Accepted,
    /// It lies before the time from which on events are accepted; it changes nothing.
    Late,
    /// The row filter leaves it out; it changes nothing.
    Filtered,
}

/// Turns events into sessions, batch after batch.
///
/// A batch is what is pushed between two calls of [`Sessionizer::advance`] (or of the others that end one): its events may come
/// in any order. The sessions are the same however the events were cut into batches, as long as none of them is late.
/// Memory: the open sessions, and 16 bytes, the key and the values of each event of the batch.
///
/// It starts no thread, opens no file and asks no clock.
#[derive(Debug)]
pub struct Sessionizer {
    definition: StreamDefinition,
    rules: Arc<RuleSet>,
    watermark_delay_us: i64,
    event_time: EventTime,
    reducers: Vec<PartitionReducer>,
    /// The events of the batch, by partition.
    batch: Vec<EventBuffer>,
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
        let reducer = |_| PartitionReducer::new(definition.gap, &rules, event_time.watermark);
        Ok(Self {
            reducers: (0..PARTITIONS).map(reducer).collect(),
            batch: vec![EventBuffer::default(); PARTITIONS],
            completed: SessionBatch::default(),
            filtered: FilteredSessions::default(),
            payload: Vec::new(),
            columns_wanted,
            definition,
            rules,
            watermark_delay_us,
            event_time,
        })
    }

    /// What is open, and the events of the batch, as bytes; [`super::SessionizerBuilder::load`] goes on from there.
    ///
    /// Linear; about 30 bytes a key beside the key itself, and what the rules keep.
    pub fn save(&mut self) -> Vec<u8> {
        let Self { reducers, batch, .. } = self;
        let partitions = reducers.iter_mut().zip(batch).map(|(reducer, events)| PartitionBytes {
            open: rows::write(reducer),
            events: events.bytes().to_vec(),
        });
        let partitions = partitions.collect();
        Saved { definition: self.definition.words(), event_time: self.event_time, partitions }.to_bytes()
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
                return Err(SessionizerError::Damaged("an event of the batch is cut short".to_owned()));
            }
        }
        Ok(())
    }

    /// The columns whose values the rules want, in the order in which [`Sessionizer::push`] takes them; at the end those of
    /// events that are emitted.
    pub fn columns(&self) -> Vec<ProjectedColumn> {
        let wanted = self.rules.kept().iter().map(|(column, _)| column.clone());
        let event_columns = self.definition.event_columns.iter().cloned().map(ProjectedColumn::Column);
        wanted.filter(|column| *column != ProjectedColumn::Row).chain(event_columns).collect()
    }

    /// Takes an event in; `values` are those of [`Sessionizer::columns`], an empty one is a missing one. Nulls are looked for in
    /// values, not in the key.
    ///
    /// Costs a copy of the key and the values.
    ///
    /// # Errors
    /// [`SessionizerError::Rejected`] for an event that cannot be one: an empty or too long key, a time at the end of the
    /// calendar, a value that is not what its rule needs, another number of values than there are columns. It changes
    /// nothing.
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
                "the last microsecond of the year 9999 is no event's time",
            ));
        }
        self.pack(values)?;
        if self.event_time.is_late(time) {
            return Ok(Pushed::Late);
        }
        let hash = KeyHash::of(key);
        let event = Event { key, table_hash: hash.table(), time, payload: &self.payload };
        self.batch[hash.partition().index()].push(event);
        self.event_time = self.event_time.with(Some(time));
        Ok(Pushed::Accepted)
    }

    /// Ends the batch: the watermark follows the latest event at the watermark delay. Returns the sessions that are complete
    /// by that, keys in the order in which they were first seen within each of 256 partitions.
    ///
    /// # Errors
    /// [`SessionizerError::Damaged`] if a loaded state cannot be one that was saved.
    pub fn advance(&mut self) -> Result<&SessionBatch, SessionizerError> {
        self.end(Advance::Delay(self.watermark_delay_us))
    }

    /// Ends the batch: the data is complete up to `watermark`, whatever the events say.
    ///
    /// # Errors
    /// As [`Sessionizer::advance`].
    pub fn advance_to(&mut self, watermark: Timestamp) -> Result<&SessionBatch, SessionizerError> {
        self.end(Advance::Stated(watermark))
    }

    /// Ends the batch and closes every session. The watermark goes one microsecond past the latest event: the sessionizer
    /// can go on from there.
    ///
    /// # Errors
    /// As [`Sessionizer::advance`].
    pub fn finish(&mut self) -> Result<&SessionBatch, SessionizerError> {
        self.end(Advance::Finalize)
    }

    /// Where the watermark stands. Events before it are late, unless completed sessions stay correctable.
    pub const fn watermark(&self) -> Watermark {
        self.event_time.watermark
    }

    /// Events of ended batches that were dropped because they were there already.
    pub fn duplicates(&self) -> u64 {
        self.reducers.iter().map(PartitionReducer::duplicates).sum()
    }

    /// Sessions that ended batches have completed and that the session filter has left out.
    pub const fn filtered(&self) -> FilteredSessions {
        self.filtered
    }

    /// Appends every open session to `open`, as it would be if nothing came any more; events of the batch are not part of
    /// it yet.
    pub fn open_sessions(&mut self, open: &mut SessionBatch) {
        for reducer in &mut self.reducers {
            reducer.show_open(self.event_time.watermark, open);
        }
    }

    fn end(&mut self, advance: Advance) -> Result<&SessionBatch, SessionizerError> {
        let allowed_lateness_us = self.rules.allowed_lateness_us().unwrap_or(0);
        let end = BatchEnd::of(advance, self.event_time.advanced(advance, allowed_lateness_us));
        let Self { rules, reducers, batch, completed, filtered, .. } = self;
        completed.clear();
        for (reducer, events) in reducers.iter_mut().zip(batch) {
            reducer
                .take(&events.sorted_by_time(), end.close.horizon(), completed)
                .and_then(|()| reducer.finish(end, completed))
                .map_err(|_| {
                    SessionizerError::Damaged("an open session lies after the watermark".to_owned())
                })?;
            events.clear();
        }
        *filtered += rules.select_sessions(completed);
        self.event_time = end.event_time;
        Ok(&self.completed)
    }

    /// How many values of [`Sessionizer::columns`] travel with the event, beside those of emitted events.
    fn payload_values(&self) -> usize {
        self.rules.kept().payload_len() - usize::from(self.rules.emit().events)
    }

    /// Whether the row filter makes an event of these values.
    fn selects(&self, values: &[&[u8]]) -> bool {
        let selection = self.rules.selection();
        // The row of an emitted event is the last part of the payload; its values are the last of all.
        let behind = self.rules.kept().payload_len();
        let value = |place: usize| {
            values[if place < behind { place } else { place - behind + self.payload_values() }]
        };
        selection.selects(|place| selection.present(value(place)))
    }

    fn pack(&mut self, values: &[&[u8]]) -> Result<(), SessionizerError> {
        const TOO_LONG: SessionizerError =
            SessionizerError::Rejected("its values have more than 65,535 bytes");
        self.payload.clear();
        let kept = self.rules.kept();
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
                let value = self.rules.selection().present(rest.next().ok_or(WRONG_COUNT)?);
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

const WRONG_COUNT: SessionizerError = SessionizerError::Rejected("there are not as many values as columns");
