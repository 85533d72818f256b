//! One run over batches of rows.

use super::output::{FrameOutput, FrameTable};
use super::parts::{Horizons, Part, PartError};
use super::reading::{FrameDecoder, Reading};
use super::row_numbers::{ROW_COLUMN, with_row_column, with_row_numbers};
use super::settings::{FrameSettings, Ordering};
use super::state::{EndedBatch, FrameState};
use super::units::{FrameUnit, UNIT_ROWS};
use crate::core::event::Timestamp;
use crate::core::partition::GROUPS;
use crate::core::reducer::SessionFold;
use crate::core::rules::RuleFlag;
use crate::core::watermark::Advance;
use crate::definition::{Definition, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::input::arrow::RecordDecoder;
use crate::input::{Projection, RowRules};
use crate::ledger::RunKind;
use crate::output::{OutputKind, OutputSchema, RecordBuilder};
use crate::run::order::Order;
use crate::run::plan::{check_names, check_secret, rule_set, time_parser};
use crate::run::workers::Workers;
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use rayon::prelude::*;
use std::sync::Arc;

/// A run over batches of rows with one schema: rows in, completed sessions out.
///
/// Memory: what is open, and two rounds. Where the order of the rows is not known, all events. Besides them the sessions that nobody
/// has taken.
pub struct FrameRun {
    state: Arc<FrameState>,
    settings: FrameSettings,
    workers: Arc<Workers>,
    definition: Definition,
    fold: SessionFold,
    reading: Reading,
    parts: Vec<Part>,
    order: Order,
    /// The last round, which is folded while the next one is decoded.
    decoded: Vec<FrameUnit>,
    units_decoded: usize,
    next: Vec<FrameUnit>,
    numbers_rows: bool,
}

/// What became of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is taken.
    Whole,
    /// An event comes before one of its key that is folded: this run ends here, and one that expects no order can do it.
    OutOfOrder,
}

impl FrameRun {
    /// Begins a run that goes on from `state`, over rows with the columns of `schema`.
    ///
    /// # Errors
    /// [`ErrorKind::Definition`] if the state has another definition, [`ErrorKind::DataRefused`] if a column is missing or of a kind
    /// that does not fit, [`ErrorKind::Usage`] if the rules do not go together.
    pub fn begin(
        state: Arc<FrameState>,
        settings: FrameSettings,
        workers: Arc<Workers>,
        schema: &SchemaRef,
    ) -> Result<Self> {
        Self::with_columns(state, settings, workers, schema, None)
    }

    /// The same for labels: the events of the sessions are emitted, and each is the number of its row.
    pub(super) fn begin_numbered(
        state: Arc<FrameState>,
        mut settings: FrameSettings,
        workers: Arc<Workers>,
        schema: &SchemaRef,
    ) -> Result<Self> {
        settings.request.rules.set(RuleFlag::Emit, vec!["events".to_owned()]);
        Self::with_columns(state, settings, workers, schema, Some(vec![ROW_COLUMN.to_owned()]))
    }

    fn with_columns(
        state: Arc<FrameState>,
        settings: FrameSettings,
        workers: Arc<Workers>,
        given: &SchemaRef,
        event_columns: Option<Vec<String>>,
    ) -> Result<Self> {
        let numbers_rows = event_columns.is_some();
        let mut definition = state.definition(&settings.request)?;
        check_secret(&definition, settings.key_hasher.as_ref())?;
        definition.event_columns = event_columns.or(definition.event_columns);
        let schema = if numbers_rows { with_row_column(given) } else { Arc::clone(given) };
        let rules = rule_set(&definition)?;
        let mut event_columns = definition.event_columns.take();
        let source = only_source(&mut definition)?;
        let mut times = time_parser(source)?;
        let mut projection = Projection { kept: rules.kept(), event_columns: &mut event_columns };
        let decoder = RecordDecoder::open(&schema, source, &mut times, &mut projection)?;
        definition.event_columns = event_columns;
        check_names(&definition)?;
        let row_rules = RowRules {
            accepts_from: state.event_time().accepts_from,
            purged: state.purged(),
            latest_allowed: settings
                .as_of
                .saturating_add_us(settings.max_future_us)
                .min(Timestamp::LAST_EVENT),
            selection: rules.selection().clone(),
            key_hasher: settings.key_hasher.clone(),
        };
        let reading = Reading::new(given, Some(FrameDecoder { schema, decoder, times, rules: row_rules }));
        Ok(Self { numbers_rows, ..Self::over(state, settings, workers, definition, reading)? })
    }

    /// A run without rows, which goes on from a state: it only moves the watermark.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] before the first batch; else as [`FrameRun::begin`].
    pub fn without_rows(
        state: Arc<FrameState>,
        settings: FrameSettings,
        workers: Arc<Workers>,
    ) -> Result<Self> {
        let none = || Error::new(ErrorKind::Failed, "there is nothing to close: the state has no batch");
        let definition = state.head().map(|head| head.definition.clone()).ok_or_else(none)?;
        let reading = Reading::new(&Schema::empty(), None);
        Self::over(state, settings, workers, definition, reading)
    }

    fn over(
        state: Arc<FrameState>,
        settings: FrameSettings,
        workers: Arc<Workers>,
        definition: Definition,
        reading: Reading,
    ) -> Result<Self> {
        let rules = rule_set(&definition)?;
        let output = OutputSchema::of(&definition, &rules);
        let fold = SessionFold::new(definition.gap, rules, state.event_time());
        let load = |group| Part::load(&state, &fold, &output, group);
        let parts = workers.pool.install(|| (0..GROUPS).into_par_iter().map(load).collect::<Result<_>>())?;
        Ok(Self {
            state,
            settings,
            workers,
            definition,
            fold,
            reading,
            parts,
            order: Order::default(),
            decoded: Vec::new(),
            units_decoded: 0,
            next: Vec::new(),
            numbers_rows: false,
        })
    }

    /// Whether the rows may come in any order: corrections compare whole keys before and after the batch.
    fn ordering(&self) -> Ordering {
        match self.fold.rules().allowed_lateness_us() {
            Some(_) => Ordering::Unknown,
            None => self.settings.ordering,
        }
    }

    /// Whether the events of a unit may come to parts of sessions before the partitions take them.
    fn folds_units(&self) -> bool {
        self.ordering() == Ordering::ByKey
            && self.settings.advance.reaches_all()
            && self.parts.iter().all(Part::takes_parts)
    }

    /// Takes the next rows: decodes them, while the rows before them are folded.
    ///
    /// # Errors
    /// [`ErrorKind::DataRefused`] if the rows have other columns than those before.
    pub fn take(&mut self, records: &[RecordBatch]) -> Result<Taken> {
        let mut given = Vec::new();
        for records in records {
            for from in (0..records.num_rows()).step_by(UNIT_ROWS) {
                given.push(records.slice(from, UNIT_ROWS.min(records.num_rows() - from)));
            }
        }
        let mut first = self.reading.counts.rows_read;
        let mut units = Vec::with_capacity(given.len());
        for unit in &given {
            units.push(if self.numbers_rows { with_row_numbers(unit, first)? } else { unit.clone() });
            first += unit.num_rows() as u64;
        }
        units.iter().try_for_each(|unit| self.reading.check_schema(unit))?;
        self.next.resize_with(self.next.len().max(units.len()), FrameUnit::default);
        let mut next = std::mem::take(&mut self.next);
        let (decoded, folded) = {
            let (ordering, horizons, folds) = (self.ordering(), self.horizons(), self.folds_units());
            let (reading, gap) = (&self.reading, self.definition.gap);
            let (parts, round) = (&mut self.parts, &self.decoded[..self.units_decoded]);
            self.workers.pool.join(
                || reading.decode(&units, &mut next[..units.len()], folds.then_some(gap)),
                || fold_round(parts, round, horizons, ordering),
            )
        };
        decoded?;
        self.next = std::mem::replace(&mut self.decoded, next);
        self.units_decoded = units.len();
        for (unit, decoded) in given.iter().zip(&self.decoded) {
            self.reading.book(unit, &decoded.batch)?;
        }
        taken(folded)
    }

    /// Completed sessions so far, which the output at the end then lacks.
    pub fn take_sessions(&mut self) -> Vec<RecordBatch> {
        self.parts.iter_mut().flat_map(Part::take_sessions).collect()
    }

    /// The rows that were read.
    pub const fn rows(&self) -> u64 {
        self.reading.counts.rows_read
    }

    /// The columns of completed sessions.
    pub fn session_schema(&self) -> SchemaRef {
        let schema = OutputSchema::of(&self.definition, self.fold.rules());
        RecordBuilder::new(&schema, OutputKind::Sessions).schema().clone()
    }

    /// Ends the batch; `None` if its last rows were out of order.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the state contradicts itself.
    pub fn end(mut self) -> Result<Option<FrameOutput>> {
        if self.take(&[])? == Taken::OutOfOrder {
            return Ok(None);
        }
        let end = self.fold.batch_end(self.settings.advance, self.reading.latest);
        let ordering = self.ordering();
        let finish = |part: &mut Part| part.finish(end, ordering);
        let ends = self
            .workers
            .pool
            .install(|| self.parts.par_iter_mut().map(finish).collect::<Result<Vec<_>, _>>());
        let ends = match ends {
            Err(PartError::OutOfOrder) if ordering == Ordering::ByKey => return Ok(None),
            ends => ends.map_err(PartError::into_error)?,
        };
        let mut counts = self.reading.counts.clone();
        for part in &self.parts {
            part.counts.add_to(&mut counts);
            counts.events_duplicate += part.duplicates;
        }
        let batch = EndedBatch {
            kind: if self.settings.advance == Advance::Finalize { RunKind::Finalize } else { RunKind::Batch },
            as_of: self.settings.as_of,
            definition: self.definition,
            event_time: end.event_time,
            counts,
        };
        let (state, counts) = self.state.after(batch, ends.into_iter().flatten())?;
        let tables = self
            .workers
            .pool
            .install(|| self.parts.into_par_iter().map(Part::into_tables).collect::<Result<Vec<_>>>())?;
        let (sessions, events) = joined(tables)?;
        let [late, rejects] = self.reading.into_side_tables();
        Ok(Some(FrameOutput { sessions, events, late, rejects, counts, state }))
    }

    fn horizons(&mut self) -> Horizons {
        let reached = self.fold.batch_end(self.settings.advance, self.reading.latest).close.horizon();
        let round = self.decoded[..self.units_decoded].iter().map(|unit| &unit.batch);
        let safe_watermark = self.order.safe_watermark(round).min(reached);
        Horizons { reached, safe_watermark }
    }
}

fn fold_round(
    parts: &mut [Part],
    round: &[FrameUnit],
    horizons: Horizons,
    ordering: Ordering,
) -> Result<(), PartError> {
    if round.is_empty() {
        return Ok(());
    }
    parts.par_iter_mut().try_for_each(|part| part.take(round, horizons, ordering))
}

fn taken(folded: Result<(), PartError>) -> Result<Taken> {
    match folded {
        Ok(()) => Ok(Taken::Whole),
        Err(PartError::OutOfOrder) => Ok(Taken::OutOfOrder),
        Err(PartError::Failed(error)) => Err(error),
    }
}

/// The tables of all parts, in order.
fn joined(tables: Vec<(FrameTable, Option<FrameTable>)>) -> Result<(FrameTable, Option<FrameTable>)> {
    let mut tables = tables.into_iter();
    let (mut sessions, mut events) =
        tables.next().ok_or_else(|| Error::new(ErrorKind::Failed, "there are no partitions"))?;
    for (more_sessions, more_events) in tables {
        sessions.batches.extend(more_sessions.batches);
        if let (Some(events), Some(more)) = (&mut events, more_events) {
            events.batches.extend(more.batches);
        }
    }
    Ok((sessions, events))
}

/// The source of the rows.
fn only_source(definition: &mut Definition) -> Result<&mut Source> {
    match &mut definition.sources[..] {
        [source] => Ok(source),
        sources => {
            let names: Vec<String> = sources.iter().filter_map(|source| source.name.clone()).collect();
            let what = format!("the state has several sources: {}", names.join(", "));
            Err(Error::new(ErrorKind::Usage, what)
                .remedy("go on with the command, which tells their files apart"))
        }
    }
}
