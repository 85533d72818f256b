//! Blocks to events.
//!
//! Where no quote stands in a block, a row ends at a newline and a field at a delimiter, and a plain search for those two bytes finds
//! all rows. Where quotes stand, a search for all three finds the rows of which little is wanted and nothing is unusual. The fields
//! of all others are found one by one ([`Fields`]); a property test holds those against the `csv` crate, and others hold the
//! paths against each other.
#![expect(clippy::cast_possible_truncation, reason = "positions in a block")]

use super::common_row::CommonRows;
use super::dialect::Dialect;
use super::ending::Ending;
use super::fields::Fields;
use super::header::{MAX_COLUMNS, first_row, stated_delimiter};
use super::line_end::{trim_line_end, trim_row};
use super::quotes::QuoteMarks;
use super::schema::Schema;
use super::separators::Separators;
use super::wide::first_wide_row;
use crate::input::batch::EventBatch;
use crate::input::blocks::Block;
use crate::input::intake::{Intake, Row};
use crate::input::lines::lines_in;
use crate::input::reason::Reason;
use std::cmp::Ordering;
use std::ops::Range;

/// Rows whose fields are found before the first of them is read.
const WINDOW_BYTES: usize = 16 << 10;

/// Reads the rows of one block.
pub(super) struct BlockRows<'b> {
    pub(super) schema: &'b Schema,
    pub(super) dialect: Dialect,
    pub(super) intake: &'b mut Intake,
    pub(super) batch: &'b mut EventBatch,
    /// Lines of the block before the next row.
    pub(super) line: u64,
}

impl BlockRows<'_> {
    pub(super) fn read(&mut self, block: &Block<QuoteMarks>, separators: &mut Separators) {
        let QuoteMarks { quoted, unclosed } = block.marks;
        let (rows, cut_row) = block.bytes().split_at(unclosed.unwrap_or(block.bytes().len()));
        let rows = if block.is_first { self.skip_stated_delimiter(rows) } else { rows };
        let rows = if block.is_first && self.schema.header { self.skip_header(rows) } else { rows };
        let odd = if block.is_last && cut_row.is_empty() { self.odd_rows(rows) } else { Vec::new() };
        let mut read = 0;
        for (place, reason) in odd {
            self.read_lines(&rows[read..place.start], quoted, separators);
            self.reject_odd(&rows[place.clone()], reason);
            read = place.end;
        }
        self.read_lines(&rows[read..], quoted, separators);
        if !cut_row.is_empty() {
            self.reject(cut_row, Reason::UnclosedQuote);
        }
    }

    /// The rows at the end of the file that are no events, although they have a time.
    fn odd_rows(&mut self, rows: &[u8]) -> Vec<(Range<usize>, Reason)> {
        let Self { schema, dialect, ref mut intake, .. } = *self;
        let ending = schema.first_time.map(|usual| Ending { schema, dialect, intake, usual });
        ending.map_or_else(Vec::new, |mut ending| ending.odd_rows(rows))
    }

    /// Rejects a row for its time, unless the row filter leaves it out.
    fn reject_odd(&mut self, raw: &[u8], reason: Reason) {
        let Some(row) = first_row(raw, self.dialect) else { return };
        let field = |position: usize| row.fields.get(position).map_or(&[][..], Vec::as_slice);
        let place = Row { line: self.line, bytes: trim_row(raw) };
        self.intake.reject(place, reason, &self.schema.columns, field, self.batch);
        self.batch.lines.continuation += lines_in(raw) - 1;
        self.line += lines_in(raw);
    }

    /// Reads rows and the comments between them.
    fn read_lines(&mut self, mut rows: &[u8], quoted: bool, separators: &mut Separators) {
        while let Some(comment) = next_comment(rows, self.dialect, quoted) {
            self.read_run(&rows[..comment.start], quoted, separators);
            self.batch.lines.comment += 1;
            self.line += 1;
            rows = &rows[comment.end..];
        }
        self.read_run(rows, quoted, separators);
    }

    /// Reads rows without a comment between them.
    fn read_run(&mut self, mut rows: &[u8], quoted: bool, separators: &mut Separators) {
        // All paths make a table of the fields of a row. In a block that one long row has stretched, rows that have too many of
        // them are taken out before.
        while rows.len() > MAX_COLUMNS
            && let Some(wide) = first_wide_row(rows, self.dialect, self.schema.fields)
        {
            self.read_rows(&rows[..wide.start], quoted, separators);
            self.reject(&rows[wide.clone()], Reason::TooManyFields);
            rows = &rows[wide.end..];
        }
        self.read_rows(rows, quoted, separators);
    }

    /// The rows behind the line that states the delimiter, if that stands in `rows`.
    fn skip_stated_delimiter<'r>(&mut self, rows: &'r [u8]) -> &'r [u8] {
        let Some((_, end)) = stated_delimiter(rows) else { return rows };
        self.batch.lines.header += 1;
        self.line += 1;
        &rows[end..]
    }

    /// The rows behind the header, if that stands in `rows`.
    fn skip_header<'r>(&mut self, rows: &'r [u8]) -> &'r [u8] {
        let Some(header) = first_row(rows, self.dialect) else { return rows };
        let (bytes, rest) = rows.split_at(header.end);
        let lines = lines_in(bytes);
        self.batch.lines.blank += header.blank_lines;
        self.batch.lines.comment += header.comment_lines;
        self.batch.lines.header += lines - header.blank_lines - header.comment_lines;
        self.line += lines;
        rest
    }

    /// Rejects a row of which no fields are wanted, with its line end.
    fn reject(&mut self, raw: &[u8], reason: Reason) {
        let lines = lines_in(raw);
        self.batch.lines.continuation += lines - 1;
        self.batch.reject(Row { line: self.line, bytes: trim_row(raw) }, reason);
        self.line += lines;
    }

    fn read_rows(&mut self, bytes: &[u8], quoted: bool, separators: &mut Separators) {
        let common = CommonRows::of(self.schema).filter(|_| self.intake.is_plain());
        if quoted {
            self.read_quoted(bytes, common.filter(|_| !self.dialect.escapes), separators);
        } else {
            self.read_plain(bytes, common, separators);
        }
    }

    /// Reads rows with quotes, most of which are `common` ones.
    fn read_quoted(&mut self, mut bytes: &[u8], common: Option<CommonRows>, separators: &mut Separators) {
        let mut fields = Fields::default();
        while !bytes.is_empty() {
            let length = match common {
                Some(common) => self.read_quoted_window(bytes, common, separators, &mut fields),
                None => self.take_first_row(bytes, &mut fields),
            };
            bytes = &bytes[length..];
        }
    }

    /// Reads the rows that begin in the first window of `bytes`. Returns how many bytes they have.
    fn read_quoted_window(
        &mut self,
        bytes: &[u8],
        common: CommonRows,
        separators: &mut Separators,
        fields: &mut Fields,
    ) -> usize {
        let window = &bytes[..bytes.len().min(WINDOW_BYTES)];
        let mut marks = separators.find(window, [self.dialect.delimiter, b'\n', b'"']);
        let mut start = 0;
        while start < window.len() {
            if let Some((row, rest)) = common.first_quoted(window, start, marks)
                && self.intake.take_common(row.key, row.time, self.line, self.batch)
            {
                self.line += 1;
                (marks, start) = (rest, row.end + 1);
            } else {
                start += self.take_first_row(&bytes[start..], fields);
                let passed = marks.iter().take_while(|&&at| (at as usize) < start).count();
                marks = &marks[passed..];
            }
        }
        start
    }

    /// Takes the first of some rows, whatever is in it, and returns its length.
    fn take_first_row(&mut self, bytes: &[u8], fields: &mut Fields) -> usize {
        let length = fields.read(bytes, self.dialect);
        let raw = &bytes[..length];
        let row = Row { line: self.line, bytes: trim_line_end(raw) };
        let lines = lines_in(raw);
        self.line += lines;
        if row.bytes.is_empty() {
            self.batch.lines.blank += 1;
        } else {
            self.batch.lines.continuation += lines - 1;
            self.take_row(row, fields.len(), |position| fields.get(position));
        }
        length
    }

    fn read_plain(&mut self, mut bytes: &[u8], common: Option<CommonRows>, separators: &mut Separators) {
        while !bytes.is_empty() {
            let (window, rest) = bytes.split_at(window_end(bytes));
            self.read_window(window, common, separators);
            bytes = rest;
        }
    }

    /// Reads whole rows, of which only the last may lack its newline.
    fn read_window(&mut self, bytes: &[u8], common: Option<CommonRows>, separators: &mut Separators) {
        let mut ends = separators.find(bytes, [self.dialect.delimiter, b'\n']);
        let mut start = 0;
        loop {
            // Most rows have as many fields as they should have, and are taken in.
            if let Some((row, rest)) = common.and_then(|common| common.first(bytes, start, ends))
                && self.intake.take_common(row.key, row.time, self.line, self.batch)
            {
                self.line += 1;
                (ends, start) = (rest, row.end + 1);
                continue;
            }
            let Some(last) = ends.iter().position(|&at| bytes[at as usize] == b'\n') else { break };
            let (of_row, rest) = ends.split_at(last + 1);
            let end = of_row[last] as usize;
            self.take_plain_row(bytes, start..end, of_row);
            ends = rest;
            start = end + 1;
        }
        if start < bytes.len() {
            let ends = [ends, &[bytes.len() as u32]].concat();
            self.take_plain_row(bytes, start..bytes.len(), &ends);
        }
    }

    /// Takes the row at `place` in `bytes`, which has a line of its own; `ends` is where each of its fields ends.
    fn take_plain_row(&mut self, bytes: &[u8], place: Range<usize>, ends: &[u32]) {
        let row = &bytes[place.clone()];
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        let line = self.line;
        self.line += 1;
        if row.is_empty() {
            self.batch.lines.blank += 1;
            return;
        }
        let field = |position: usize| {
            let from = if position == 0 { 0 } else { ends[position - 1] as usize + 1 - place.start };
            // The last field ends where its newline stands: the carriage return before it is none of its bytes.
            &row[from..row.len().min(ends[position] as usize - place.start)]
        };
        self.take_row(Row { line, bytes: row }, ends.len(), field);
    }

    /// Takes in a row that has as many fields as it should have; `field` gives them by position.
    fn take_row<'f>(&mut self, row: Row<'_>, fields: usize, field: impl Fn(usize) -> &'f [u8]) {
        match fields.cmp(&self.schema.fields) {
            Ordering::Less => self.batch.reject(row, Reason::TooFewFields),
            Ordering::Greater => self.batch.reject(row, Reason::TooManyFields),
            Ordering::Equal => self.intake.take(row, &self.schema.columns, field, self.batch),
        }
    }
}

/// The first comment in `rows`, its line end included. They begin where a row begins, and may be `quoted`.
fn next_comment(rows: &[u8], dialect: Dialect, quoted: bool) -> Option<Range<usize>> {
    let mark = dialect.comment?;
    let mut start = 0;
    loop {
        if let Some(length) = dialect.comment_line(&rows[start..]) {
            return Some(start..start + length);
        }
        if start == rows.len() {
            return None;
        }
        start += if quoted {
            dialect.row_end(&rows[start..])
        } else {
            memchr::memmem::find(&rows[start..], &[b'\n', mark])? + 1
        };
    }
}

/// Where the rows end that are read in one go: few enough that they are still in the fastest memory when they are read
/// again.
fn window_end(bytes: &[u8]) -> usize {
    let first = &bytes[..bytes.len().min(WINDOW_BYTES)];
    let end = memchr::memrchr(b'\n', first).or_else(|| memchr::memchr(b'\n', bytes));
    end.map_or(bytes.len(), |at| at + 1)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
