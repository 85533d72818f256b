//! Units of rows to events, side by side.

use super::output::FrameTable;
use super::side::SideTable;
use super::units::FrameUnit;
use crate::core::event::Timestamp;
use crate::core::gap::Gap;
use crate::core::reducer::LocalFold;
use crate::error::{Error, ErrorKind, Result};
use crate::input::arrow::RecordDecoder;
use crate::input::time::TimeParser;
use crate::input::{EventBatch, Intake, PathColumns, Reason, RowRules};
use crate::ledger::Counts;
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use rayon::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Decodes rows, and accounts for each.
pub(super) struct Reading {
    /// `None` where no rows come.
    decoder: Option<FrameDecoder>,
    late: SideTable,
    rejects: SideTable,
    /// One for each thread that decodes: what was in the cache of a processor stays there.
    spare_folds: Mutex<Vec<LocalFold>>,
    pub(super) counts: Counts,
    /// The time of the latest event.
    pub(super) latest: Option<Timestamp>,
}

/// What makes events of rows.
pub(super) struct FrameDecoder {
    pub(super) schema: SchemaRef,
    pub(super) decoder: RecordDecoder,
    pub(super) times: TimeParser,
    pub(super) rules: RowRules,
}

impl Reading {
    /// `given` are the columns with which late and rejected rows come back, unless they may not be shown.
    pub(super) fn new(given: &Schema, decoder: Option<FrameDecoder>) -> Self {
        let are_hidden = decoder.as_ref().is_some_and(|decoder| decoder.rules.key_hasher.is_some());
        let none = Schema::empty();
        let shown = if are_hidden { &none } else { given };
        let (late, rejects) = (SideTable::new(shown), SideTable::new(shown));
        let spare_folds = Mutex::default();
        Self { decoder, late, rejects, spare_folds, counts: Counts::default(), latest: None }
    }

    /// Refuses rows with other columns.
    pub(super) fn check_schema(&self, records: &RecordBatch) -> Result<()> {
        let fields = |schema: &Schema| -> Vec<_> {
            schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
        };
        let is_same = |decoder: &FrameDecoder| {
            Arc::ptr_eq(&decoder.schema, records.schema_ref())
                || fields(&decoder.schema) == fields(records.schema_ref())
        };
        if self.decoder.as_ref().is_some_and(is_same) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::DataRefused, "the batches have different columns")
            .remedy("give batches with one schema")
            .nothing_changed())
    }

    /// Decodes as many `units` of rows as `decoded` has place for, on the threads of this pool. Where events are folded by a
    /// gap alone, in the order of their times, they may come to parts of sessions at once.
    pub(super) fn decode(
        &self,
        units: &[RecordBatch],
        decoded: &mut [FrameUnit],
        gap: Option<Gap>,
    ) -> Result<()> {
        let Some(FrameDecoder { decoder, times, rules, .. }) = &self.decoder else { return Ok(()) };
        let decode = |(records, FrameUnit { batch, parts }): (&RecordBatch, &mut FrameUnit)| {
            batch.clear();
            parts.clear();
            let mut intake = Intake::new(times.clone(), &PathColumns::default(), rules.clone());
            let Some(gap) = gap else { return decoder.decode(records, &mut intake, batch) };
            let mut fold = self.spare_folds().pop().unwrap_or_else(|| LocalFold::new(gap));
            decoder.fold(records, &mut intake, batch, &mut fold)?;
            fold.finish(parts);
            self.spare_folds().push(fold);
            Ok(())
        };
        units.par_iter().zip(decoded).map(decode).collect()
    }

    fn spare_folds(&self) -> MutexGuard<'_, Vec<LocalFold>> {
        self.spare_folds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a decoded unit to the accounts; `given` are its rows as they came.
    pub(super) fn book(&mut self, given: &RecordBatch, batch: &EventBatch) -> Result<()> {
        let first = self.counts.rows_read;
        self.counts.rows_read += batch.rows;
        self.counts.rows_filtered += batch.filtered;
        self.counts.events_accepted += batch.accepted;
        self.latest = self.latest.max(batch.latest.map(|(time, _)| time));
        if batch.side_rows.is_empty() {
            return Ok(());
        }
        let rows = batch.side_rows.iter().map(|side| (side.line, side.reason));
        let (late, rejects): (Vec<_>, Vec<_>) = rows.partition(|(_, reason)| *reason == Reason::Late);
        self.counts.events_late += late.len() as u64;
        for (_, reason) in &rejects {
            *self.counts.rejects.entry(reason.name().to_owned()).or_default() += 1;
        }
        self.late.push(given, first, &late)?;
        self.rejects.push(given, first, &rejects)
    }

    /// Late rows and rejects.
    pub(super) fn into_side_tables(self) -> [FrameTable; 2] {
        [self.late.into_table(), self.rejects.into_table()]
    }
}
