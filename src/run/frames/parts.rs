//! The partitions of a run in memory, some of them in each task.

use super::output::FrameTable;
use super::settings::Ordering;
use super::state::FrameState;
use super::units::FrameUnit;
use crate::core::event::EventBuffer;
use crate::core::partition::PartitionId;
use crate::core::reducer::{BatchEnd, PartitionReducer, SessionFold, SessionPart};
use crate::core::session::{Op, OutOfOrder, SessionBatch};
use crate::core::watermark::Watermark;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{OutputKind, OutputSchema, RecordBuilder, SessionCounts};
use crate::state::{EncodedPartition, Stored};
use arrow_array::{Array, RecordBatch};

/// The rows of a batch of sessions. Every part collects its own.
const BATCH_ROWS: usize = 1 << 11;

/// Above it, a part gives up what it keeps of sessions that are complete: a quarter of a gigabyte for all parts.
const MOST_BYTES: usize = 8 << 20;

/// How far a round is folded, and up to where sessions are evicted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Horizons {
    pub(super) reached: Watermark,
    pub(super) safe_watermark: Watermark,
}

/// Why a part cannot go on.
pub(super) enum PartError {
    /// An event comes before one of its key that is folded.
    OutOfOrder,
    Failed(Error),
}

impl From<OutOfOrder> for PartError {
    fn from(_: OutOfOrder) -> Self {
        Self::OutOfOrder
    }
}

impl From<Error> for PartError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// One partition.
struct PartitionFold {
    id: PartitionId,
    reducer: PartitionReducer,
    /// The events so far, where all are sorted at the end.
    events: EventBuffer,
}

impl PartitionFold {
    /// Whether parts of sessions can be taken in the place of events: there are no rules, which look at every event, and none waits.
    fn takes_parts(&self) -> bool {
        matches!(&self.reducer, PartitionReducer::Gap(reducer) if !reducer.has_waiting())
    }

    fn take_part(&mut self, part: SessionPart<'_>, completed: &mut SessionBatch) -> Result<(), OutOfOrder> {
        let PartitionReducer::Gap(reducer) = &mut self.reducer else { return Err(OutOfOrder) };
        reducer.take_part_in_order(part, &mut |session| completed.push(Op::Insert, &session))
    }
}

/// A group of partitions, and the tables of their sessions.
pub(super) struct Part {
    group: usize,
    fold: SessionFold,
    partitions: Vec<PartitionFold>,
    completed: SessionBatch,
    sessions: Table,
    events: Option<Table>,
    pub(super) counts: SessionCounts,
    pub(super) duplicates: u64,
}

/// A growing table.
struct Table {
    builder: RecordBuilder,
    batches: Vec<RecordBatch>,
}

impl Table {
    fn new(schema: &OutputSchema, kind: OutputKind) -> Self {
        Self { builder: RecordBuilder::new(schema, kind), batches: Vec::new() }
    }

    fn push(&mut self, sessions: &SessionBatch) -> Result<()> {
        self.builder.push(sessions)?;
        if self.builder.len() >= BATCH_ROWS { self.cut() } else { Ok(()) }
    }

    fn cut(&mut self) -> Result<()> {
        if !self.builder.is_empty() {
            self.batches.push(fitted(self.builder.finish()?)?);
        }
        Ok(())
    }

    fn into_table(mut self) -> Result<FrameTable> {
        self.cut()?;
        Ok(FrameTable { schema: self.builder.schema().clone(), batches: self.batches })
    }
}

/// The same rows without the room for more: they stay in memory until somebody takes them.
fn fitted(records: RecordBatch) -> Result<RecordBatch> {
    let (schema, mut columns, _) = records.into_parts();
    columns.iter_mut().for_each(Array::shrink_to_fit);
    RecordBatch::try_new(schema, columns).map_err(|error| Error::new(ErrorKind::Failed, error.to_string()))
}

impl Part {
    /// The open state of the group of this number.
    pub(super) fn load(
        state: &FrameState,
        fold: &SessionFold,
        schema: &OutputSchema,
        group: usize,
    ) -> Result<Self> {
        let partitions = PartitionId::all().filter(|id| id.group().0 == group);
        let load = |id: PartitionId| {
            let mut reducer = fold.reducer();
            state.load(id, &mut reducer)?;
            Ok(PartitionFold { id, reducer, events: EventBuffer::default() })
        };
        let emit = fold.rules().emit();
        Ok(Self {
            group,
            partitions: partitions.map(load).collect::<Result<_>>()?,
            completed: SessionBatch::default(),
            sessions: Table::new(schema, OutputKind::Sessions),
            events: emit.events.then(|| Table::new(schema, OutputKind::Events)),
            counts: SessionCounts::default(),
            duplicates: 0,
            fold: fold.clone(),
        })
    }

    /// Whether its reducers take parts of sessions.
    pub(super) fn takes_parts(&self) -> bool {
        self.partitions.iter().all(PartitionFold::takes_parts)
    }

    /// Takes a round: folds it as far as its horizon reaches, or keeps it for the end.
    pub(super) fn take(
        &mut self,
        round: &[FrameUnit],
        horizons: Horizons,
        ordering: Ordering,
    ) -> Result<(), PartError> {
        let group = self.group;
        for unit in round {
            for event in unit.batch.groups[group].iter() {
                let (_, place) = PartitionId::of_table_hash(event.table_hash).group();
                let PartitionFold { reducer, events, .. } = &mut self.partitions[place];
                match ordering {
                    Ordering::ByKey => reducer.take_event(event, horizons.reached, &mut self.completed)?,
                    Ordering::Unknown => events.push(event),
                }
            }
            for part in unit.parts.of_group(group) {
                let (_, place) = PartitionId::of_table_hash(part.table_hash).group();
                self.partitions[place].take_part(part, &mut self.completed)?;
            }
        }
        if ordering == Ordering::Unknown {
            return Ok(());
        }
        for PartitionFold { reducer, .. } in &mut self.partitions {
            reducer.advance(horizons.reached, horizons.safe_watermark, &mut self.completed)?;
        }
        let bytes: usize = self.partitions.iter().map(|partition| partition.reducer.memory_bytes()).sum();
        if bytes > MOST_BYTES {
            self.partitions.iter_mut().for_each(|partition| partition.reducer.forget_tombstones());
        }
        Ok(self.emit()?)
    }

    /// Ends the batch.
    pub(super) fn finish(
        &mut self,
        end: BatchEnd,
        ordering: Ordering,
    ) -> Result<Vec<(PartitionId, EncodedPartition)>, PartError> {
        let mut encoded = Vec::with_capacity(self.partitions.len());
        for PartitionFold { id, reducer, events } in &mut self.partitions {
            match ordering {
                Ordering::ByKey => reducer.finish(end, &mut self.completed)?,
                Ordering::Unknown => {
                    let events = std::mem::take(events);
                    reducer.fold(&events.sorted_by_time(), end, &mut self.completed)?;
                }
            }
            self.duplicates += reducer.duplicates();
            encoded.push((*id, reducer.encode()));
        }
        self.emit()?;
        Ok(encoded)
    }

    /// The sessions that were completed, and are not taken yet.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if they are too many for one batch.
    pub(super) fn take_sessions(&mut self) -> Vec<RecordBatch> {
        std::mem::take(&mut self.sessions.batches)
    }

    /// The rest of the sessions, and the events.
    pub(super) fn into_tables(self) -> Result<(FrameTable, Option<FrameTable>)> {
        Ok((self.sessions.into_table()?, self.events.map(Table::into_table).transpose()?))
    }

    fn emit(&mut self) -> Result<()> {
        let completed = &mut self.completed;
        self.counts += SessionCounts::select(self.fold.rules(), completed);
        if self.fold.rules().emit().sessions {
            self.sessions.push(completed)?;
        }
        if let Some(events) = &mut self.events {
            events.push(completed)?;
        }
        completed.clear();
        Ok(())
    }
}

impl PartError {
    /// The error for the user. Sorted events are never out of order, so only damage can cause `OutOfOrder` there.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::OutOfOrder => {
                Error::new(ErrorKind::Checkpoint, "the state has an open session after its watermark")
                    .remedy("begin with the state of an earlier batch")
            }
        }
    }
}
