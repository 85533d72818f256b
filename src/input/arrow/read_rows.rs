//! Rows of one batch on their way into an intake.

use super::cells::Cells;
use super::fields::Fields;
use super::row_text::RowText;
use super::scatter::Scatter;
use crate::core::partition::KeyHash;
use crate::core::reducer::LocalFold;
use crate::input::batch::EventBatch;
use crate::input::intake::{Intake, Row};
use std::io;

/// Rows that were read together.
#[derive(Clone, Copy)]
pub(in crate::input) struct ReadRows<'r> {
    pub(in crate::input) first_line: u64,
    pub(in crate::input) count: usize,
    pub(in crate::input) fields: &'r Fields,
    pub(in crate::input) cells: &'r [Cells],
}

impl ReadRows<'_> {
    /// Takes in all rows. The first `texts` cells make the text of a row, if events need it.
    ///
    /// # Errors
    /// If a text cannot be made.
    pub(in crate::input) fn take_all(
        &self,
        texts: Option<usize>,
        intake: &mut Intake,
        batch: &mut EventBatch,
    ) -> io::Result<()> {
        match (self.fields.common(self.cells).filter(|_| intake.is_plain()), texts) {
            (Some(common), _) => self.take_common(common, intake, batch),
            (None, Some(texts)) => return self.take_with_text(&self.cells[..texts], intake, batch),
            (None, None) => (0..self.count).for_each(|row| self.take(row, b"", intake, batch)),
        }
        Ok(())
    }

    #[inline]
    fn take(&self, row: usize, bytes: &[u8], intake: &mut Intake, batch: &mut EventBatch) {
        let field = |position: usize| self.fields.get(self.cells, position, row);
        intake.take(Row { line: self.line(row), bytes }, &self.fields.columns, field, batch);
    }

    const fn line(&self, row: usize) -> u64 {
        self.first_line + row as u64
    }

    /// Takes in all rows with their texts, which are made of `columns`.
    fn take_with_text(
        &self,
        columns: &[Cells],
        intake: &mut Intake,
        batch: &mut EventBatch,
    ) -> io::Result<()> {
        let mut text = RowText::default();
        for row in 0..self.count {
            let bytes = text.of(columns.iter().map(|cell| cell.get(row)))?;
            self.take(row, bytes, intake, batch);
        }
        Ok(())
    }

    /// Folds all rows by the gap alone, and returns whether that was possible. If not, they must be taken in anew: a row is an event that
    /// only [`Intake::take`] can read, or they are out of order.
    pub(super) fn fold_all(&self, intake: &mut Intake, batch: &mut EventBatch, fold: &mut LocalFold) -> bool {
        let Some((keys, times)) = self.fields.common(self.cells).filter(|_| intake.is_plain()) else {
            return false;
        };
        (0..self.count).all(|row| {
            let key = keys.get(row);
            if let Some(time) = intake.common_time(key, times.get(row)) {
                batch.rows += 1;
                batch.count_accepted(time, self.line(row));
                return fold.take(key, KeyHash::of(key).table(), time).is_ok();
            }
            let before = batch.accepted;
            self.take(row, b"", intake, batch);
            batch.accepted == before
        })
    }

    /// Takes in all rows where nothing but key and time is wanted of them. Only for a plain intake.
    fn take_common(&self, (keys, times): (&Cells, &Cells), intake: &mut Intake, batch: &mut EventBatch) {
        let mut scatter = Scatter::with_room(self.count);
        for row in 0..self.count {
            let key = keys.get(row);
            if let Some(time) = intake.common_time(key, times.get(row)) {
                batch.rows += 1;
                batch.count_accepted(time, self.line(row));
                scatter.push(time, key);
            } else {
                // It may become an event of the same key.
                scatter.flush(batch);
                self.take(row, b"", intake, batch);
            }
        }
        scatter.flush(batch);
    }
}
