//! The end of a file: rows behind its events that have a time and are none, such as totals, and a row that is cut short.

use super::dialect::Dialect;
use super::header::{FirstRow, first_row, rows_of};
use super::schema::Schema;
use crate::input::intake::Intake;
use crate::input::reason::Reason;
use crate::input::time::TimeShape;
use std::ops::Range;

/// More small numbers at the end of a file are no totals.
const MOST_TOTALS: usize = 10;

/// Tells the last rows of one file from others, by what the first time of the file says.
pub(super) struct Ending<'e> {
    pub(super) schema: &'e Schema,
    pub(super) dialect: Dialect,
    pub(super) intake: &'e mut Intake,
    /// What the first time of the file says.
    pub(super) usual: TimeShape,
}

impl Ending<'_> {
    /// Which of the `rows` at the end of a file are no events, although they have a time, and why. Goes back to the first row
    /// that has a usual time; all `rows` are looked at only where there is something to reject.
    pub(super) fn odd_rows(&mut self, rows: &[u8]) -> Vec<(Range<usize>, Reason)> {
        let mut odd = Vec::new();
        let mut rest = rows;
        let mut is_last = true;
        while let Some(line) = last_line(rest) {
            rest = &rest[..line.start];
            let raw = &rows[line.clone()];
            if self.dialect.comment_line(raw).is_some() {
                continue;
            }
            // A quote that is closed shows that a field is whole.
            let is_cut = is_last && !raw.ends_with(b"\n") && !raw.contains(&b'"');
            is_last = false;
            let Some(shape) = first_row(raw, self.dialect).and_then(|row| self.shape_of(&row)) else {
                continue;
            };
            match self.oddity(shape, is_cut) {
                Some(reason) if odd.len() < MOST_TOTALS => odd.push((line, reason)),
                Some(_) => return Vec::new(),
                None => break,
            }
        }
        odd.reverse();
        if !odd.is_empty() {
            self.keep_unlike_others(rows, &mut odd);
        }
        odd
    }

    fn oddity(&self, shape: TimeShape, is_cut: bool) -> Option<Reason> {
        if shape.is_total_among(self.usual) {
            Some(Reason::StrayNumber)
        } else {
            (is_cut && shape.lacks_part_of(self.usual)).then_some(Reason::CutTime)
        }
    }

    /// Leaves only those that are rows, and unlike all rows before them: where others say no more, a time is whole.
    fn keep_unlike_others(&mut self, rows: &[u8], odd: &mut Vec<(Range<usize>, Reason)>) {
        let first = odd.first().map_or(rows.len(), |(line, _)| line.start);
        let mut last_rows = Vec::new();
        let mut others = Vec::new();
        for row in rows_of(rows, self.dialect) {
            if row.start < first {
                others.extend(self.shape_of(&row));
            } else {
                last_rows.push(row.start..row.end);
            }
        }
        // A line may stand in a quoted field, or go on in one.
        odd.retain_mut(|(place, reason)| {
            let is_like = |shape: &TimeShape| self.oddity(*shape, true) == Some(*reason);
            let Some(row) = last_rows.iter().find(|row| row.start == place.start) else { return false };
            place.end = row.end;
            !others.iter().any(is_like)
        });
    }

    fn shape_of(&mut self, row: &FirstRow) -> Option<TimeShape> {
        let field = |position: usize| row.fields.get(position).map_or(&[][..], Vec::as_slice);
        let is_whole = row.fields.len() == self.schema.fields;
        if is_whole { self.intake.shape(&self.schema.columns, field) } else { None }
    }
}

/// Where the last line that is not blank stands, with its line end.
fn last_line(rows: &[u8]) -> Option<Range<usize>> {
    let text = rows.trim_ascii_end();
    let start = memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', &rows[start..]).map_or(rows.len(), |at| start + at + 1);
    (!text.is_empty()).then_some(start..end)
}
